"""`renum check`: what must be true of source, migrations, dump and database before a change goes in."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from devstack import database
from devstack.errors import StackError
from devstack.postgres import Cluster
from devstack.schema import migrations, text_lints
from devstack.schema.beyond import beyond_the_dump
from devstack.schema.database_lints import all_lints, run_lints
from devstack.schema.dump import difference, schema_dump
from devstack.schema.function_bodies import body_findings

SCHEMA_FILE = Path("supabase/schema.sql")
_SCHEMA_HEAD = """\
-- The whole schema as PostgreSQL prints it, so that a review sees what a change does to the database.
-- Made by `renum check --write`; `make check` compares it. Nothing reads it to build a database.

"""


@dataclass(frozen=True, slots=True)
class Section:
    """One heading of the report, with what is wrong under it; no problems means that it holds."""

    title: str
    problems: list[str] = field(default_factory=list)
    advice: str = ""


Report = Callable[[Section], None]


def check(root: Path, report: Report, *, write: bool = False) -> bool:
    """Checks the repository at `root` and returns whether all holds; each section goes to `report` as it is known.

    `write` brings the committed schema dump up to date instead of comparing it. Two servers are started in temporary
    folders and removed again: roles belong to the server, so each way of building gets its own.
    """
    everything_holds = True

    def tell(section: Section) -> None:
        nonlocal everything_holds
        everything_holds = everything_holds and not section.problems
        report(section)

    for section in text_sections(root):
        tell(section)
    with _server() as migrated, _server() as source:
        _database_sections(root, migrated, source, tell, write=write)
    return everything_holds


def text_sections(root: Path) -> list[Section]:
    """What can be said without a database."""
    directory = root / "supabase" / "migrations"
    sections = [
        Section("frozen migrations are as they were", migrations.frozen_problems(directory)),
        Section(
            "migrations are finished", migrations.places(directory), "write the statements there and remove the line"
        ),
    ]
    try:
        behind = [f"{c.path} is {c.kind}" for c in migrations.changes(root, directory)]
        sections.append(Section("migrations carry the source", behind, "run `make migration NAME=…`"))
        for rule in text_lints.RULES:
            title = (rule.__doc__ or rule.__name__).partition("\n")[0]
            sections.append(Section(title, rule(root)))
    except ValueError as error:
        sections.append(Section("source files can be read", [str(error)]))
    return sections


@contextmanager
def _server() -> Iterator[Cluster]:
    with tempfile.TemporaryDirectory(prefix="renum-check-") as folder:
        cluster = Cluster(Path(folder), durable=False)
        try:
            cluster.start()
            database.prepare_roles(cluster)
            yield cluster
        finally:
            cluster.stop()


def _database_sections(root: Path, first: Cluster, second: Cluster, tell: Report, *, write: bool) -> None:
    built = [_build(first, "migrated", lambda dsn: database.migrate(dsn, root / "supabase" / "migrations"))]
    built.append(_build(second, "source", lambda dsn: database.load_source(dsn, root)))
    tell(Section("both databases can be built", [problem for problem in built if problem]))
    if built[1]:
        return
    migrated, source = first.dsn("migrated"), second.dsn("source")
    dump = schema_dump(source)
    if not built[0]:
        drift = difference(schema_dump(migrated), dump, "from the migrations", "from the source")
        tell(
            Section("migrations and source build the same schema", drift, "write into the last migration what it lacks")
        )
        more = difference(beyond_the_dump(migrated), beyond_the_dump(source), "from the migrations", "from the source")
        tell(
            Section(
                "they make the same jobs, queues, partitions, roles and rows",
                more,
                "write into the last migration what it lacks",
            )
        )
    tell(_committed_dump(root / SCHEMA_FILE, dump, write=write))
    with psycopg.connect(source) as connection:
        bodies, findings = body_findings(connection), run_lints(connection, root=root)
    tell(Section("every function body is accepted", [f.text for f in bodies]))
    for lint in all_lints():
        tell(Section(f"{lint.name[:4]} {lint.title}", [f.text for f in findings if f.rule == lint.name], lint.why))


def _build(cluster: Cluster, name: str, fill: Callable[[str], object]) -> str:
    """Makes the database `name` and fills it as role postgres; returns what went wrong, or ''."""
    database.create_database(cluster, name)
    try:
        fill(cluster.dsn(name, "postgres"))
    except (psycopg.Error, StackError) as error:
        notes = " ".join(getattr(error, "__notes__", ()))
        return f"{name}: {' '.join(f'{error} {notes}'.split())}"
    return ""


def _committed_dump(path: Path, dump: str, *, write: bool) -> Section:
    wanted = _SCHEMA_HEAD + dump
    if write:
        path.write_text(wanted, encoding="utf-8")
        return Section(f"{SCHEMA_FILE} written")
    known = path.read_text(encoding="utf-8") if path.exists() else ""
    changed = difference(known, wanted, f"{SCHEMA_FILE}, as committed", "from the source")
    return Section(
        f"{SCHEMA_FILE} is up to date", changed, "read the difference, then run `.venv/bin/renum check --write`"
    )
