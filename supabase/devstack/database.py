"""Databases as hosted Supabase hands them out, and what is run in them: migrations, or the declarative source."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from devstack.errors import StackError
from devstack.server import Server

_BOOTSTRAP = Path(__file__).with_name("bootstrap")
_MIGRATION_FILE = re.compile(r"(?P<version>\d+)_(?P<name>.+)\.sql")
# Any number will do, as long as everybody who migrates a database takes the same.
_MIGRATION_LOCK = 7_236_861

_HISTORY = """
create schema if not exists supabase_migrations;
create table if not exists supabase_migrations.schema_migrations (
  version text not null primary key, statements text[], name text
);
"""


def prepare_roles(server: Server) -> None:
    """Makes the server's roles as hosted Supabase has them: no superuser but `supabase_admin`. Idempotent."""
    with psycopg.connect(server.dsn()) as connection:
        _run_file(connection, _BOOTSTRAP / "10_roles.sql")


def create_database(server: Server, name: str, *, template: str | None = None) -> None:
    """Makes database `name` (owned by role postgres) as a fresh hosted one; with `template`, as a copy of that one.

    A server that has a pristine database gives copies of it. Idempotent without a template: an existing database only
    gets what it lacks. Raises psycopg.errors.DuplicateDatabase with one. Nobody may be connected to the template.
    """
    if template is None and name != server.pristine:
        template = server.pristine
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        exists = connection.execute("select from pg_database where datname = %s", (name,)).fetchone() is not None
        if template is not None:
            statement = sql.SQL("create database {} owner postgres template {}")
            connection.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))
            _adopt_cron_jobs(server.dsn(name), template)
            return
        statement = sql.SQL(
            "alter database {} owner to postgres" if exists else "create database {} owner postgres template template0"
        )
        connection.execute(statement.format(sql.Identifier(name)))
    with psycopg.connect(server.dsn(name)) as connection:
        if connection.execute("select from pg_namespace where nspname = 'auth'").fetchone() is None:
            for file in sorted(_BOOTSTRAP.glob("*.sql"))[1:]:  # the first one makes the server's roles
                _run_file(connection, file)
        elif connection.execute("select from pg_namespace where nspname = 'storage'").fetchone() is None:
            _run_file(connection, _BOOTSTRAP / "50_storage.sql")  # a database from before there was Storage


def _adopt_cron_jobs(dsn: str, template: str) -> None:
    """Cron jobs name the database they run in: those of a copy are to run in the copy."""
    with psycopg.connect(dsn) as connection:
        if connection.execute("select to_regclass('cron.job') is not null").fetchone() == (True,):
            connection.execute("update cron.job set database = current_database() where database = %s", (template,))


def migrate(dsn: str, directory: Path) -> list[str]:
    """Runs those migrations in `directory` that this database has not had, each in a transaction, as role postgres.

    Recorded where the Supabase CLI records them. Returns the file names that were applied, [] when there was nothing to
    do. Raises StackError naming the file, and the line where Postgres tells it; what was applied before stays.
    """
    applied = []
    with _as_postgres(dsn) as connection:
        connection.execute("select pg_advisory_lock(%s)", (_MIGRATION_LOCK,))
        connection.execute(_HISTORY)
        connection.commit()
        done = {row[0] for row in connection.execute("select version from supabase_migrations.schema_migrations")}
        for file, version, name in _migration_files(directory):
            if version in done:
                continue
            _run_file(connection, file)
            connection.execute(
                "insert into supabase_migrations.schema_migrations (version, name, statements) values (%s, %s, %s)",
                (version, name, [file.read_text(encoding="utf-8")]),
            )
            # A migration's own settings (search_path, say) must not reach the next one.
            connection.execute("reset all")
            connection.commit()
            applied.append(file.name)
    return applied


def load_source(dsn: str, root: Path) -> None:
    """Runs `root/sql/**.sql`, then `root/policies/**.sql`, in path order, as role postgres, in one transaction.

    Raises StackError naming the file, and the line where Postgres tells it; then nothing was changed.
    """
    with _as_postgres(dsn) as connection:
        for folder in ("sql", "policies"):
            for file in sorted((root / folder).rglob("*.sql"), key=lambda path: path.relative_to(root).parts):
                _run_file(connection, file)


@contextmanager
def _as_postgres(dsn: str) -> Iterator[psycopg.Connection]:
    """A connection whose work is role postgres's: a superuser would hide what is refused on hosted."""
    with psycopg.connect(dsn) as connection:
        row = connection.execute(
            "select session_user::text, rolsuper from pg_roles where rolname = session_user"
        ).fetchone()
        if row is not None and row[0] != "postgres":
            if not row[1]:
                raise StackError(f"Schema changes are made by role postgres, not by {row[0]}.")
            connection.execute("set session authorization postgres")
            connection.execute('set search_path to "$user", public, extensions')
        connection.commit()
        yield connection


def _migration_files(directory: Path) -> Iterator[tuple[Path, str, str]]:
    for file in sorted(directory.glob("*.sql")):
        match = _MIGRATION_FILE.fullmatch(file.name)
        if match:
            yield file, match["version"], match["name"]


def _run_file(connection: psycopg.Connection, file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    try:
        connection.execute(text.encode())
    except psycopg.Error as error:
        raise StackError(f"{file}{_line(text, error)}: {_sentence(error)}") from error


def _line(text: str, error: psycopg.Error) -> str:
    # The position counts characters of the whole file, because it is sent as one query. Errors at run time carry none.
    position = error.diag.statement_position
    return f":{text.count(chr(10), 0, int(position) - 1) + 1}" if position else ""


def _sentence(error: psycopg.Error) -> str:
    found = error.diag
    parts = [found.message_primary or str(error).strip()]
    parts += [
        f"{label}: {part}" for label, part in (("detail", found.message_detail), ("context", found.context)) if part
    ]
    return " | ".join(parts)
