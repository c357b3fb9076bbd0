"""`renum up`, `renum down`, `renum status`."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from devstack.commands.options import DEFAULT_DIRECTORY, AsJson, Directory


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command()(up)
    app.command()(down)
    app.command()(status)


def up(
    directory: Directory = DEFAULT_DIRECTORY,
    port: Annotated[
        int | None, typer.Option(help="The gateway's port; without it a free one is picked, and kept.")
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Throw this stack's data away first.")] = False,
    instances: Annotated[
        int | None, typer.Option(min=1, max=64, help="How many processes serve the functions; one without it.")
    ] = None,
    env_file: Annotated[
        Path | None,
        typer.Option(
            exists=True, dir_okay=False, help="KEY=value lines for the stack and its functions (RENUM_MODEL, API keys)."
        ),
    ] = None,
) -> None:
    """Start the local stack in the background and write its addresses and keys to DIR/env.

    Harmless when it runs. RENUM_DEBOUNCE_MS sets the debounce, RENUM_MODEL the model, RENUM_INSTANCES the number of
    instances, WHATSAPP_GRAPH_URL where messages go.
    """
    from devstack import stack

    begun = time.monotonic()
    with _Progress() as progress:
        started = stack.start(
            directory,
            port=port,
            fresh=fresh,
            env_file=env_file,
            variables={"RENUM_INSTANCES": str(instances)} if instances is not None else None,
            progress=progress.step,
        )
    found = stack.status(directory)
    typer.echo(f"The stack is up ({time.monotonic() - begun:.1f} s)." if started else "The stack is already running.")
    if not started and (port is not None or env_file is not None or instances is not None):
        typer.echo("  --port, --env-file and --instances count from the next start: run `renum down` first.")
    _print_urls(found)
    typer.echo(f"  {'keys and URLs':<14}{directory / 'env'}")


def down(directory: Directory = DEFAULT_DIRECTORY) -> None:
    """Stop the local stack; its data stays. Also clears up after a crash."""
    from devstack import stack

    typer.echo("The stack is down." if stack.stop(directory) else "Nothing was running.")


def status(directory: Directory = DEFAULT_DIRECTORY, as_json: AsJson = False) -> None:
    """Show what runs, where, and how long the queues are. Exit code 1 when the stack is not up."""
    from devstack import stack

    found = stack.status(directory)
    if as_json:
        typer.echo(json.dumps(found))
    else:
        typer.echo(f"The stack in {found['directory']} is {'up' if found['running'] else found['phase']}.")
        _print_urls(found)
        for name, pid in found["processes"].items():
            typer.echo(f"  {name:<14}{f'pid {pid}' if pid else 'not running'}")
        for queue in found["queues"]:
            oldest = f", the oldest {queue['oldest_seconds']} s" if queue["oldest_seconds"] is not None else ""
            typer.echo(f"  queue {queue['queue']}: {queue['length']}{oldest}")
    if not found["running"]:
        raise typer.Exit(1)


def _print_urls(found: dict[str, Any]) -> None:
    for name, url in found["urls"].items():
        typer.echo(f"  {name:<14}{url}")
    for warning in found["warnings"]:
        typer.secho(f"  warning: {warning}", fg=typer.colors.YELLOW)


class _Progress:
    """A spinner that names the step on a terminal; elsewhere one plain line per step."""

    def __init__(self) -> None:
        self._status: Any = None

    def __enter__(self) -> _Progress:
        if sys.stdout.isatty():
            from rich.console import Console

            self._status = Console().status("starting …")
            self._status.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        if self._status is not None:
            self._status.__exit__(*exception)

    def step(self, name: str, seconds: float | None) -> None:
        """Called when step `name` begins (`seconds` is None) and when it is done."""
        if seconds is None and self._status is not None:
            self._status.update(f"{name} …")
        elif seconds is not None and self._status is not None:
            self._status.console.print(f"  {name} [dim]{seconds:.1f} s[/dim]", highlight=False)
        elif seconds is not None:
            typer.echo(f"  {name} {seconds:.1f} s")
