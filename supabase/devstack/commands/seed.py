"""`renum seed`: demonstration data for measurements."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from devstack.commands.options import DEFAULT_DIRECTORY, AsJson, Directory


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(seed)


def seed(
    leads: Annotated[int, typer.Option(min=1, max=1_000_000, help="How many leads.")] = 100,
    questions: Annotated[int, typer.Option(min=1, max=100, help="How many questions the questionnaire has.")] = 5,
    phone_number_id: Annotated[str, typer.Option(help="The number's id with the provider.")] = "1000",
    app_secret: Annotated[str, typer.Option(help="What the provider signs its webhooks with.")] = "app-secret",
    as_json: AsJson = False,
    directory: Directory = DEFAULT_DIRECTORY,
) -> None:
    """Make a started project whose leads are all invited and ready to answer; the stack must be up.

    The leads' numbers are 5511900000000, 5511900000001, … Nothing is sent for the invitations, and the account has no
    throughput limit. One message begins an interview and each question takes one more; whatever a lead writes after
    its interview is stored and not answered. With --json the last line is one JSON object.
    """
    from devstack.demo.access import sentences
    from devstack.demo.printing import Printer
    from devstack.demo.seed import seed as fill

    printer = Printer(to_stderr=as_json)
    with sentences():
        made = fill(
            directory,
            leads=leads,
            questions=questions,
            phone_number_id=phone_number_id,
            app_secret=app_secret,
            printer=printer,
        )
    if as_json:
        typer.echo(json.dumps(asdict(made)))
    else:
        printer.pairs(asdict(made))
