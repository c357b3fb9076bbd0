"""`renum chat`: be a lead in the terminal."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from devstack.commands.options import DEFAULT_DIRECTORY, Directory


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(chat)


def chat(
    phone: Annotated[
        str | None, typer.Option(help="Be the lead with this number: goes on with its interview if it has one.")
    ] = None,
    name: Annotated[str, typer.Option(help="Your name, in a survey made for this chat.")] = "Ana",
    directory: Directory = DEFAULT_DIRECTORY,
) -> None:
    """Be a lead: read what RENUM sends and answer it, until the interview ends.

    Without --phone a small survey with you as its only lead is made; the stack is started when it is not running. Lines
    are read from stdin, so a script can be piped in: then each line waits for the answer to the one before. /audio
    sends a voice note, /sair opts out, /quit leaves.
    """
    from devstack.demo.access import sentences
    from devstack.demo.chat import Keyboard
    from devstack.demo.chat import chat as talk
    from devstack.demo.printing import Printer

    with sentences():
        talk(directory, phone=phone, name=name, keyboard=Keyboard(sys.stdin.fileno()), printer=Printer())
