"""`renum leads`: lists of leads."""

from __future__ import annotations

import json
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from devstack.commands.options import DEFAULT_DIRECTORY, AsJson, Directory

REFUSED = 3
"""Exit code of an import that refused rows."""


class LegalBasis(Enum):
    """The values of the database's legal_basis."""

    CONSENT = "consent"
    CONTRACT = "contract"
    LEGITIMATE_INTEREST = "legitimate_interest"
    LEGAL_OBLIGATION = "legal_obligation"
    NOT_INFORMED = "not_informed"


def register(app: typer.Typer) -> None:
    """Adds the group."""
    group = typer.Typer(help="Lists of leads.", no_args_is_help=True)
    # A callback keeps `import` a subcommand although it is the only one.
    group.callback()(lambda: None)
    group.command("import")(import_leads)
    app.add_typer(group, name="leads")


def import_leads(
    file: Annotated[Path, typer.Argument(help="A CSV file, or a .json file with a list of objects.", exists=True)],
    email: Annotated[str, typer.Option(envvar="RENUM_EMAIL", help="Who imports: a member of the client, or an admin.")],
    password: Annotated[
        str, typer.Option(envvar="RENUM_PASSWORD", prompt=True, hide_input=True, help="That person's password.")
    ],
    legal_basis: Annotated[LegalBasis, typer.Option(help="On what ground these people may be contacted (LGPD).")],
    evidence: Annotated[
        str | None, typer.Option(help='How and where that was obtained, in words: "form on the website, October".')
    ] = None,
    client: Annotated[
        str | None, typer.Option(help="Whose leads they are, by name or id; not needed by who works at one client.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")] = False,
    as_json: AsJson = False,
    directory: Directory = DEFAULT_DIRECTORY,
) -> None:
    """Import a client's leads from a spreadsheet: good rows go in, each bad one is told.

    The file's first line names its columns, in Portuguese or English: telefone, celular, whatsapp or phone; nome or
    name; email. Every other column is kept in the lead's metadata. Commas, semicolons and tabs are understood, UTF-8
    and Windows-1252 too. Numbers are completed with country and ninth digit: (11) 8765-4321 is +5511987654321. Who is
    there already is not added again and keeps the consent it has; who opted out stays opted out.

    For example: renum leads import clientes.csv --email dona@padaria.com.br --legal-basis consent --dry-run

    Works on the local stack in DIR, or on the project that SUPABASE_URL and SUPABASE_PUBLISHABLE_KEY name. Exit code 0:
    no row was refused; 3: some were, the others are in; 1: nothing was imported, and a sentence says why.
    """
    from devstack.demo.access import Access, sentences
    from devstack.demo.leads import import_list, read_list, show
    from devstack.demo.printing import Printer

    printer = Printer(to_stderr=as_json)
    given = read_list(file)
    if given.note:
        printer.note(given.note)
    access = Access.for_person(directory)
    with sentences(), printer.working(f"importing {file.name}"):
        report = import_list(
            access.person(email, password),
            given,
            client=client,
            legal_basis=legal_basis.value,
            evidence=evidence,
            dry_run=dry_run,
        )
    show(report, printer)
    if as_json:
        typer.echo(json.dumps(report, ensure_ascii=False))
    if report["refused"]:
        raise typer.Exit(REFUSED)
