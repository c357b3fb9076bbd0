"""`renum admin`: RENUM's own people."""

from __future__ import annotations

from typing import Annotated

import typer

from devstack.commands.options import DEFAULT_DIRECTORY, Directory


def register(app: typer.Typer) -> None:
    """Adds the group."""
    group = typer.Typer(help="RENUM's own people.", no_args_is_help=True)
    # A callback keeps `create` a subcommand although it is the only one.
    group.callback()(lambda: None)
    group.command()(create)
    app.add_typer(group, name="admin")


def create(
    email: Annotated[str, typer.Argument(help="The admin's e-mail address.")],
    name: Annotated[str | None, typer.Option(help="Full name.")] = None,
    password: Annotated[
        str | None, typer.Option(help="A password to set; without it a new admin gets one that is printed once.")
    ] = None,
    directory: Directory = DEFAULT_DIRECTORY,
) -> None:
    """Make somebody an admin and an owner of the house client RENUM.

    Works on the local stack in DIR, or on the project that SUPABASE_URL, SUPABASE_SECRET_KEY and SUPABASE_DB_URL in
    the environment name. Can be repeated: somebody who is there already keeps the own password unless --password is
    given.
    """
    from devstack.demo.access import Access, sentences
    from devstack.demo.admin import create_admin

    access = Access.for_operator(directory)
    with sentences():
        made = create_admin(access, email, name=name, password=password)
    typer.echo(f"{made.email} is an admin of {access.url}.")
    if made.new and password is None:
        typer.echo(f"Password (shown only now): {made.password}")
