"""Rules about a database, each a query in `lints/` that returns one sentence per finding."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import psycopg

_FOLDER = Path(__file__).with_name("lints")
_HEAD = re.compile(r"-- title: (?P<title>.+)\n-- why: (?P<why>.+)\n")
_OURS = ("public", "worker", "private", "agent_tools")


@dataclass(frozen=True, slots=True)
class Lint:
    """One rule: `name` is the file's, number included; `query` returns one text column."""

    name: str
    title: str
    why: str
    query: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One place where a rule does not hold."""

    rule: str
    text: str


def all_lints() -> list[Lint]:
    """The rules in the order of their numbers. ValueError for a file without its two head lines."""
    found: list[Lint] = []
    for path in sorted(_FOLDER.glob("*.sql")):
        text = path.read_text(encoding="utf-8")
        head = _HEAD.match(text)
        if head is None:
            raise ValueError(f"{path.name} does not begin with `-- title:` and `-- why:`")
        found.append(Lint(path.stem, head["title"], head["why"], text[head.end() :].strip().rstrip(";")))
    return found


def run_lints(connection: psycopg.Connection, names: list[str] | None = None) -> list[Finding]:
    """Runs the rules (all, or those named) and returns what they found, in their order. Leaves nothing behind."""
    found: list[Finding] = []
    with connection.transaction(force_rollback=True):
        # Names come out schema-qualified.
        connection.execute("set local search_path = ''")
        for lint in all_lints():
            if names is None or lint.name in names:
                found += [Finding(lint.name, str(text)) for (text,) in connection.execute(lint.query.encode())]
    return found


def body_findings(connection: psycopg.Connection) -> list[Finding]:
    """Creates every function again with `check_function_bodies` on, now that all it may name exists; takes it back."""
    found: list[Finding] = []
    with connection.transaction(force_rollback=True):
        connection.execute("set local check_function_bodies = on")
        functions = connection.execute(
            """select p.oid::regprocedure::text, pg_catalog.pg_get_functiondef(p.oid)
               from pg_catalog.pg_proc as p join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
               where n.nspname = any (%s) and p.prokind in ('f', 'p')
               order by 1""",
            [list(_OURS)],
        ).fetchall()
        for name, definition in functions:
            try:
                with connection.transaction(force_rollback=True):
                    connection.execute(str(definition).encode())
            except psycopg.Error as error:
                found.append(Finding("function_body", f"{name}: {' '.join(str(error).split())}"))
    return found
