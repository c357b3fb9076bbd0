"""A list of leads from a file into the database, and what became of it."""

from __future__ import annotations

import codecs
import json
from pathlib import Path
from typing import Any, NamedTuple, cast

from supabase import Client

from devstack.demo.access import Row, rows
from devstack.demo.printing import Printer
from devstack.errors import StackError

# Excel's formats: a zip archive (xlsx, also LibreOffice's ods), and the older compound file (xls).
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_SHOWN = 50


class LeadList(NamedTuple):
    """What `import_leads` takes: `csv` or `rows`, the other is None. `note`: what a person should know, or ''."""

    csv: str | None
    rows: list[Any] | None
    note: str = ""


def read_list(file: Path) -> LeadList:
    """Reads a CSV or JSON file. Raises StackError with a sentence on what to do when it is neither."""
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise StackError(f"{file} cannot be read: {error.strerror}.") from error
    if raw.startswith(_WORKBOOKS):
        raise StackError(f"{file.name} is a workbook: open it and save it as “CSV UTF-8”.")
    text, note = _decoded(file.name, raw)
    if file.suffix.lower() != ".json":
        return LeadList(text, None, note)
    try:
        found = json.loads(text)
        # NaN and halves of characters can be read but are no JSON to send.
        json.dumps(found, ensure_ascii=False, allow_nan=False).encode()
    except ValueError as error:
        raise StackError(f"{file.name} is not valid JSON: {error}.") from error
    if not isinstance(found, list):
        raise StackError(f"{file.name} must hold a list of objects, one for each lead.")
    return LeadList(None, found, note)


def _decoded(name: str, raw: bytes) -> tuple[str, str]:
    """The text, and a note when the encoding had to be guessed."""
    encodings = ["utf-16"] if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        # A NUL is in no text, but in every other kind of file.
        if "\0" not in text:
            guessed = encoding == "cp1252"
            return text, f"{name} is not UTF-8; it is read as Windows-1252: check the accents." if guessed else ""
    raise StackError(f"{name} is not a text file in UTF-8 or Windows-1252: save it as “CSV UTF-8”.")


def import_list(
    person: Client, given: LeadList, *, client: str | None, legal_basis: str, evidence: str | None, dry_run: bool
) -> dict[str, Any]:
    """Imports the list as the signed-in person. Returns the report of the RPC `import_leads`.

    `client`: name or id of one of the person's clients; None when there is just one. Raises StackError when it is none
    of them, APIError when the list is refused as a whole.
    """
    arguments = {
        "csv": given.csv,
        "rows": given.rows,
        "client_id": None if client is None else client_id_of(person, client),
        "legal_basis": legal_basis,
        "evidence": evidence,
        "dry_run": dry_run,
    }
    answer = person.rpc("import_leads", {key: value for key, value in arguments.items() if value is not None})
    return cast("dict[str, Any]", answer.execute().data)


def client_id_of(person: Client, wanted: str) -> str:
    """The id of one of the person's clients, by name or id. Raises StackError when it is none of them."""
    own = rows(person.table("clients").select("id,company_name").order("company_name").execute())
    found = [one for one in own if wanted.strip().casefold() in (one["id"], str(one["company_name"]).casefold())]
    if len(found) == 1:
        return str(found[0]["id"])
    names = ", ".join(f"{one['company_name']} ({one['id']})" for one in (found or own)[:10])
    problem = "names several of your clients" if found else "is no client of yours"
    raise StackError(f"“{wanted}” {problem}; yours are: {names or 'none'}.")


def show(report: dict[str, Any], printer: Printer) -> None:
    """Tells a person what became of the rows, with a table of those that were refused."""
    would = "would be " if report["dry_run"] else ""
    printer.done(f"{report['rows']} rows: {report['added']} {would}added, {report['already_there']} already there")
    if report["completed"]:
        printer.done(f"{report['completed']} of those lacked something that {would or 'was '}filled in")
    if report["opted_out"]:
        lines = ", ".join(str(one["line"]) for one in report["opted_out"][:_SHOWN])
        printer.note(f"{len(report['opted_out'])} opted out and stay so: lines {lines}")
    refusals: list[Row] = report["refusals"]
    if refusals:
        printer.note(f"{len(refusals)} {would}refused:")
        printer.table(refusals[:_SHOWN], empty="")
        if len(refusals) > _SHOWN:
            printer.note(f"and {len(refusals) - _SHOWN} more; --json lists them all")
