"""One running stack for the tests of the demonstration, and a way to run the command line against it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from devstack import stack
from devstack.demo.access import Access

Renum = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="package")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The directory of a running stack that is thrown away afterwards."""
    folder = tmp_path_factory.mktemp("demo") / ".renum"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RENUM_DURABLE", "0")
        for name in ("WHATSAPP_GRAPH_URL", "RENUM_DEBOUNCE_MS", "RENUM_MODEL", "RENUM_MODEL_DELAY_MS", "SUPABASE_URL"):
            patch.delenv(name, raising=False)
        try:
            stack.start(folder)
            yield folder
        finally:
            stack.stop(folder)


@pytest.fixture
def access(directory: Path) -> Access:
    """The running stack's addresses and keys."""
    return Access.of_stack(directory)


@pytest.fixture(scope="package")
def renum(directory: Path) -> Renum:
    """Runs `renum …` against the running stack; `stdin` is piped in."""
    environment = {name: value for name, value in os.environ.items() if name != "SUPABASE_URL"}

    def run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "devstack.cli", *arguments, "--dir", str(directory)]
        return subprocess.run(
            command, input=stdin, capture_output=True, text=True, timeout=120, check=False, env=environment
        )

    return run
