"""`renum demo`: the main job from start to end."""

from __future__ import annotations

import json
from dataclasses import asdict
from enum import Enum
from typing import Annotated, Any

import typer

from devstack.commands.options import DEFAULT_DIRECTORY, AsJson, Directory


class Flow(Enum):
    """The stories there are."""

    SURVEY = "survey"
    CONVERSION = "conversion"


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(demo)


def demo(
    directory: Directory = DEFAULT_DIRECTORY,
    flow: Annotated[
        Flow,
        typer.Option(help="survey: interviews of a company's leads; conversion: leads of RENUM's own become clients."),
    ] = Flow.SURVEY,
    leads: Annotated[
        int | None, typer.Option(min=1, help="How many people take part: 20 in a survey, 2 in a conversion.")
    ] = None,
    as_json: AsJson = False,
    keep: Annotated[
        bool, typer.Option("--keep/--down", help="What happens afterwards to a stack that the demo started.")
    ] = True,
    patience: Annotated[float, typer.Option(min=1, help="Give up after so many seconds without any news.")] = 60.0,
) -> None:
    """Play a company's survey from its first sign-in to its report, or how a lead becomes a client, on the local stack.

    Starts the stack when it is not running. A bakery's owner imports leads and starts a project; scripted people
    answer over simulated WhatsApp, all at the same time. Every run makes a company of its own. With --flow conversion
    somebody with a clinic writes to RENUM itself, is asked whether it fits, and becomes a client with a project. With
    --json the last line of stdout is one JSON object and everything else goes to stderr. Exit code 1 when not
    everybody comes to the end of the story.
    """
    from devstack.demo.access import sentences
    from devstack.demo.printing import Printer
    from devstack.demo.run import demo as play

    outcome: Any
    with sentences():
        if flow is Flow.CONVERSION:
            from devstack.demo.conversion import convert

            outcome = convert(directory, leads=leads or 2, printer=Printer(to_stderr=as_json), keep=keep)
        else:
            outcome = play(
                directory, leads=leads or 20, printer=Printer(to_stderr=as_json), patience_s=patience, keep=keep
            )
    if as_json:
        typer.echo(json.dumps(asdict(outcome)))
