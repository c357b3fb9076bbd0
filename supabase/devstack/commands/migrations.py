"""`renum migration` and `renum check`: from the source to migrations, and the proof that both are the same."""

from __future__ import annotations

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Adds both commands to `app`."""
    app.command("migration")(migration)
    app.command("check")(check)


def migration(
    name: Annotated[str, typer.Argument(help="What it does, in a few words: add_reminders.")] = "",
    again: Annotated[bool, typer.Option("--again", help="Write the last migration anew, unless it is frozen.")] = False,
    freeze: Annotated[
        bool, typer.Option("--freeze", help="List all migrations as final; nothing else is done.")
    ] = False,
) -> None:
    """Writes the next migration from sql/ and policies/."""
    from devstack.paths import CHECKOUT, MIGRATIONS
    from devstack.schema import migrations

    try:
        if freeze:
            names = migrations.freeze(MIGRATIONS)
            typer.echo("\n".join(f"frozen: {n}" for n in names) or "every migration was frozen already")
            return
        path, changes = migrations.write_migration(CHECKOUT, MIGRATIONS, name, again=again)
    except (migrations.MigrationError, ValueError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    if path is None:
        typer.echo("the migrations carry everything that sql/ and policies/ say: nothing to write")
        return
    for change in changes:
        typer.echo(f"{change.kind:8} {change.path}")
    typer.echo(f"written: {path.relative_to(CHECKOUT)}")
    for place in migrations.places(MIGRATIONS):
        typer.echo(f"to be written by hand: {place}")


def check(
    write: Annotated[bool, typer.Option("--write", help="Bring supabase/schema.sql up to date.")] = False,
) -> None:
    """Proves that migrations and source build the same database, and runs its rules. Exit 1 if anything is wrong."""
    from devstack.errors import StackError
    from devstack.paths import CHECKOUT
    from devstack.schema.check import Section
    from devstack.schema.check import check as run

    def tell(section: Section) -> None:
        mark = typer.style("FAIL", fg="red") if section.problems else typer.style("ok  ", fg="green")
        typer.echo(f"{mark} {section.title}")
        for problem in section.problems:
            typer.echo(f"       {problem}")
        if section.problems and section.advice:
            typer.echo(f"     → {section.advice}")

    try:
        holds = run(CHECKOUT, tell, write=write)
    except StackError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    if not holds:
        raise typer.Exit(1)
