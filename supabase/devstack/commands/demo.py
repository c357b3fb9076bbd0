"""`renum demo`: the main job from start to end."""

from __future__ import annotations

import json
from dataclasses import asdict
from enum import StrEnum
from typing import Annotated

import typer

from devstack.commands.options import DEFAULT_DIRECTORY, AsJson, Directory


class Flow(StrEnum):
    """Which story is played."""

    survey = "survey"
    conversion = "conversion"


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(demo)


def demo(
    directory: Directory = DEFAULT_DIRECTORY,
    leads: Annotated[
        int | None, typer.Option(min=1, help="How many people are interviewed (20), or become customers (1).")
    ] = None,
    flow: Annotated[
        Flow, typer.Option(help="A company's survey, or people who write to RENUM and become its clients.")
    ] = Flow.survey,
    as_json: AsJson = False,
    keep: Annotated[
        bool, typer.Option("--keep/--down", help="What happens afterwards to a stack that the demo started.")
    ] = True,
    patience: Annotated[float, typer.Option(min=1, help="Give up after so many seconds without any news.")] = 60.0,
) -> None:
    """Play a company's survey from its first sign-in to its report, on the local stack.

    Starts the stack when it is not running. A bakery's owner imports leads and starts a project; scripted people
    answer over simulated WhatsApp, all at the same time. Every run makes a company of its own. With --flow conversion
    people write to RENUM's own number instead, are qualified by rules, and become clients. With --json the last line of
    stdout is one JSON object and everything else goes to stderr. Exit code 1 when not everybody comes to the end of the
    story.
    """
    from devstack.demo.access import sentences
    from devstack.demo.printing import Printer

    printer = Printer(to_stderr=as_json)
    with sentences():
        if flow is Flow.conversion:
            from devstack.demo import conversion

            converted = conversion.demo(directory, leads=leads or 1, printer=printer, patience_s=patience, keep=keep)
            told = asdict(converted)
        else:
            from devstack.demo import run

            told = asdict(run.demo(directory, leads=leads or 20, printer=printer, patience_s=patience, keep=keep))
    if as_json:
        typer.echo(json.dumps(told))
