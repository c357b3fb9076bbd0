"""`renum isa`: commands in Portuguese, from a terminal."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

from devstack.commands.channel import Email, Password
from devstack.commands.options import DEFAULT_DIRECTORY, AsJson, Directory


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(isa)


def isa(
    command: Annotated[list[str], typer.Argument(help="What you want, in Portuguese; quotes are not needed.")],
    email: Email,
    password: Password,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Confirm the plan without being asked.")] = False,
    as_json: AsJson = False,
    directory: Directory = DEFAULT_DIRECTORY,
) -> None:
    """Ask or command the system in Portuguese, as one of RENUM's admins.

    What reads is answered at once. What changes or sends something is shown as a plan first, and done once you confirm
    it; without --yes and without a terminal nothing is done. With --json nothing is asked: one line with the answer,
    its token included. Exit code 0: answered, or done; 1: refused; 2: the plan was not confirmed.

    For example: renum isa "quantas entrevistas ontem?" --email ines@renum.example

    renum isa "mostra as conversas abertas da Padaria do Sul"; renum isa "pausa a pesquisa Satisfação" --yes
    """
    from devstack.demo.access import Access, sentences
    from devstack.demo.commanding import ask, confirm, show
    from devstack.demo.printing import Printer

    access = Access.for_person(directory)
    printer = Printer(to_stderr=as_json)
    with sentences():
        person = access.person(email, password)
        with printer.working("ISA"):
            answer = ask(access, person, " ".join(command))
        done = confirm(access, person, answer) if yes and answer["token"] else None
    if as_json:
        typer.echo(json.dumps({**answer, "done": done}, ensure_ascii=False))
        return
    show(answer, printer)
    if answer["token"] and done is None:
        if not sys.stdin.isatty():
            printer.note("Nada foi feito: confirme com --yes.")
            raise typer.Exit(2)
        if input("Confirmar? [s/N] ").strip().casefold() not in ("s", "sim", "y", "yes"):
            printer.note("Nada foi feito.")
            raise typer.Exit(2)
        with sentences():
            done = confirm(access, person, answer)
    if done is not None:
        show(done, printer)
