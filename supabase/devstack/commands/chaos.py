"""`renum chaos`: parts die in the middle of the work, and what came of it is counted."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Annotated

import typer

from devstack.commands.options import AsJson


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(chaos)


def chaos(
    turns: Annotated[int, typer.Option(min=1, max=1_000_000, help="Replies to wait for, over all leads.")] = 2000,
    leads: Annotated[int, typer.Option(min=1, max=10_000, help="How many people write, one thread each.")] = 20,
    instances: Annotated[int, typer.Option(min=1, max=64, help="How many processes serve the functions.")] = 8,
    seed: Annotated[int | None, typer.Option(help="Who writes what, what is killed after which turn.")] = None,
    as_json: AsJson = False,
    keep: Annotated[bool, typer.Option("--keep", help="Keep logs and data also when all was well.")] = False,
    directory: Annotated[
        Path | None, typer.Option("--dir", help="An empty or new directory for the run's stack; a temporary one.")
    ] = None,
) -> None:
    """Let leads write in bursts while instances, PostgREST and Postgres are killed, and count what came of it.

    Runs on a stack of its own. Webhooks are doubled and overtaken on the way. What is counted comes from the rows and
    from what the simulator received. With --json the last line of stdout is one JSON object and everything else goes
    to stderr: inbound, answered, failed (in failed_tasks), lost, duplicated, reordered, overlapping_leases, deadlocks,
    kills, seconds. Exit code 1 when one of lost, duplicated, reordered, overlapping_leases and deadlocks is not 0, or
    when it does not come to rest; then the stack's logs and data are kept.
    """
    from devstack.chaos.run import chaos as run
    from devstack.demo.access import sentences
    from devstack.demo.printing import Printer

    printer = Printer(to_stderr=as_json)
    chosen = secrets.randbelow(10**6) if seed is None else seed
    printer.done(f"{turns} turns of {leads} leads; --seed {chosen}")
    with sentences():
        outcome = run(
            directory, turns=turns, leads=leads, instances=instances, seed_value=chosen, keep=keep, printer=printer
        )
    if as_json:
        typer.echo(json.dumps(outcome.figures()))
    else:
        printer.pairs({**outcome.figures()})
    if not outcome.good:
        raise typer.Exit(1)
