"""`renum`: the one command behind the Makefile. Each group of commands is a module in `commands/`."""

from __future__ import annotations

import importlib
import sys
from importlib.util import find_spec

import typer

from devstack.errors import StackError

# In the order in which `renum --help` lists them.
GROUPS = ("stack", "demo", "chat", "seed", "admin", "leads", "channel", "isa", "keys", "chaos", "migrations")

app = typer.Typer(
    name="renum",
    help="The local stack, and what one does with it. Start with `renum up`.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,  # locals hold secrets
)


def load() -> typer.Typer:
    """The command line with every group that is there."""
    for group in GROUPS:
        module = f"devstack.commands.{group}"
        if find_spec(module) is not None:
            importlib.import_module(module).register(app)
    return app


def main() -> None:
    """Runs the command line; an error that is a sentence for a person is printed as one."""
    try:
        load()()
    except StackError as error:
        typer.secho(str(error), fg=typer.colors.RED, err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
