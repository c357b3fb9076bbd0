"""`renum demo`: the main job from start to end."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from devstack.commands.options import DEFAULT_DIRECTORY, AsJson, Directory


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(demo)


def demo(
    directory: Directory = DEFAULT_DIRECTORY,
    leads: Annotated[int, typer.Option(min=1, help="How many people are interviewed.")] = 20,
    as_json: AsJson = False,
    keep: Annotated[
        bool, typer.Option("--keep/--down", help="What happens afterwards to a stack that the demo started.")
    ] = True,
    patience: Annotated[float, typer.Option(min=1, help="Give up after so many seconds without any news.")] = 60.0,
) -> None:
    """Play a company's survey from its first sign-in to its report, on the local stack.

    Starts the stack when it is not running. A bakery's owner imports leads and starts a project; scripted people
    answer over simulated WhatsApp, all at the same time. Every run makes a company of its own. With --json the last
    line of stdout is one JSON object and everything else goes to stderr. Exit code 1 when not everybody comes to the
    end of the story.
    """
    from devstack.demo.access import sentences
    from devstack.demo.printing import Printer
    from devstack.demo.run import demo as play

    with sentences():
        outcome = play(directory, leads=leads, printer=Printer(to_stderr=as_json), patience_s=patience, keep=keep)
    if as_json:
        typer.echo(json.dumps(asdict(outcome)))
