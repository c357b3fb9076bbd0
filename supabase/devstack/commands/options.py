"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Directory = Annotated[Path, typer.Option("--dir", help="The stack's directory.", show_default=True)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
DEFAULT_DIRECTORY = Path(".renum")
