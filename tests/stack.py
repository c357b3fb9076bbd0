"""One whole stack for the session: started by the first test that asks for it, shared by all, stopped at the end."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psycopg
import pytest
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from devstack import stack as stacks
from devstack.demo.access import Access
from devstack.postgres import Cluster
from devstack.simulator.client import SimulatorClient
from devstack.state import StackDirectory

T = TypeVar("T")

_OURS = ("RENUM_", "SUPABASE_", "WHATSAPP_", "TWILIO_", "ZAPI_", "ZENVIA_", "RESEND_", "FUNCTIONS_URL", "SIMULATOR_")
_KEPT = ("RENUM_CACHE_DIR",)


def until(look: Callable[[], T | None], seconds: float = 15.0, what: str = "it") -> T:
    """Looks again until there is something to see (not false, not empty), and returns it. Fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        seen = look()
        if seen:
            return seen
        assert time.monotonic() < deadline, f"{what} did not happen within {seconds:g} s; seen last: {seen!r}"
        time.sleep(0.02)


class Stack:
    """A running stack from outside: its doors, its database and its processes."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.environment = stacks.environment(directory)
        self.access = Access.of_stack(directory)
        self.http = httpx.Client(timeout=30, trust_env=False)
        self.simulator = SimulatorClient(self.access.simulator_url)
        self._connection: psycopg.Connection[dict[str, Any]] | None = None
        self._measure_kept = False

    def close(self) -> None:
        """Closes the connections."""
        self.http.close()
        self.simulator.close()
        if self._connection is not None:
            self._connection.close()

    def rows(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        """Rows of a statement as role postgres; [] from one without a result. The truth that tests compare with."""
        connection = self._connection
        if connection is None or connection.closed:
            connection = self._connection = psycopg.connect(
                self.access.database_url, autocommit=True, row_factory=dict_row
            )
        try:
            cursor = connection.execute(statement.encode(), values)
        except psycopg.OperationalError:
            # The server was restarted since; the next statement connects again.
            connection.close()
            raise
        return cursor.fetchall() if cursor.description else []

    def value(self, statement: str, *values: Any) -> Any:
        """The first column of the only row."""
        (row,) = self.rows(statement, *values)
        return next(iter(row.values()))

    def superuser(self) -> psycopg.Connection:
        """A connection that sees every table of every schema."""
        port = StackDirectory(self.directory).read_ports()["postgres"]
        return psycopg.connect(Cluster(self.directory, port).dsn(), autocommit=True)

    def tables(self) -> list[tuple[str, str]]:
        """(schema, table) of every table that holds rows of its own."""
        with self.superuser() as connection:
            return connection.execute(
                "select n.nspname::text, c.relname::text from pg_class as c join pg_namespace as n on n.oid = "
                "c.relnamespace"
                " where c.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema') order by 1, 2"
            ).fetchall()

    def tables_with(self, *texts: str) -> list[str]:
        """Which tables, in whatever schema, hold one of the texts in any column of any row."""
        found = []
        with self.superuser() as connection:
            for schema, table in self.tables():
                query = sql.SQL("select exists (select from {} as t where t::text like any(%s))")
                patterns = [f"%{text}%" for text in texts]
                if connection.execute(query.format(sql.Identifier(schema, table)), (patterns,)).fetchone() == (True,):
                    found.append(f"{schema}.{table}")
        return found

    def counts(self, *client_ids: str) -> dict[str, int]:
        """How many rows of these clients each table of ours has; of a table that knows no client, how many in all."""
        tables = self.rows(
            "select format('%%I.%%I', n.nspname, c.relname) as name, exists ("
            "  select from pg_attribute as a where a.attrelid = c.oid and a.attname = 'client_id'"
            ") as by_client from pg_class as c join pg_namespace as n on n.oid = c.relnamespace"
            " where c.relkind in ('r', 'p') and (n.nspname = 'public' or n.nspname = 'private' and exists ("
            "  select from pg_attribute as a where a.attrelid = c.oid and a.attname = 'client_id'))"
        )
        return {
            str(table["name"]): self.value(
                f"select count(*) from {table['name']} where client_id = any(%s::uuid[])", list(client_ids)
            )
            if table["by_client"]
            else self.value(f"select count(*) from {table['name']}")
            for table in tables
        }

    @contextmanager
    def setting(self, key: str, value: Any) -> Iterator[None]:
        """Another value of one of private.settings for the block."""
        before = self.value("select value from private.settings where key = %s", key)
        self.rows("update private.settings set value = %s where key = %s", Jsonb(value), key)
        try:
            yield
        finally:
            self.rows("update private.settings set value = %s where key = %s", Jsonb(before), key)

    def pid(self, part: str) -> int | None:
        """The process of daemon, postgres, postgrest or functions, as `renum status` has it; None while it is gone."""
        pid: int | None = stacks.status(self.directory)["processes"][part]
        return pid

    def keep_measure(self) -> None:
        """Ends the functions' process in order, once and only under coverage: a later `kill -9` takes less with it."""
        pid = self.pid("functions")
        if "COVERAGE_PROCESS_CONFIG" in os.environ and not self._measure_kept and pid is not None:
            self._measure_kept = True
            os.kill(pid, signal.SIGTERM)
            until(lambda: self.pid("functions") not in (None, pid) and self.answers(), 30, "a new functions process")

    def answers(self) -> bool:
        """Whether database, PostgREST, gateway and functions all work at this moment."""
        try:
            self.value("select 1")
            key = {"apikey": self.access.secret_key}
            rest = self.http.get(f"{self.access.url}/rest/v1/clients?limit=1", headers=key)
            functions = self.http.get(f"{self.access.functions_url.removesuffix('/functions/v1')}/health")
        except (httpx.HTTPError, psycopg.Error):
            return False
        return rest.status_code == 200 and functions.status_code == 200 and functions.json()["loading"] == []


_STACK = pytest.StashKey[Stack]()


@pytest.fixture(scope="session")
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """The session's stack: migrations as they are on disk, not durable, nothing of the shell's own settings in it.

    Folders import this fixture into their conftest; whichever comes first starts the stack. Its logs stay where
    pytest keeps temporary folders.
    """
    session = request.session
    if _STACK not in session.stash:
        directory = tmp_path_factory.mktemp("stack") / ".renum"
        session.addfinalizer(lambda: end(directory))
        start(directory)
        made = session.stash[_STACK] = Stack(directory)
        session.addfinalizer(made.close)
    return session.stash[_STACK]


def start(directory: Path, **environment: str) -> None:
    """Starts a stack in `directory`, not durable, with `environment` and nothing of the shell's own settings."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(_OURS) and name not in _KEPT:
                patch.delenv(name)
        for name, value in {"RENUM_DURABLE": "0", **environment}.items():
            patch.setenv(name, value)
        stacks.start(directory)


def end(directory: Path) -> None:
    """Stops it and throws its data away; its logs stay."""
    stacks.stop(directory)
    shutil.rmtree(directory / "data", ignore_errors=True)
