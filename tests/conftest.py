"""Fixtures for every test that needs a database: one server for the session, one template, a database per test."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from psycopg.types.json import Jsonb
from pytest_postgresql import factories
from pytest_postgresql.executors import NoopExecutor

from devstack import database
from devstack.demo.company import ALL_HOURS
from devstack.paths import CHECKOUT
from devstack.postgres import Cluster
from devstack.server import GivenServer, Server

# The address of a server to test on instead of the embedded one, and its database as hosted Supabase hands it out:
# `.ci/postgres15` sets both. What needs that server is not collected without it.
_GIVEN = os.environ.get("RENUM_TEST_SERVER")
collect_ignore = [] if _GIVEN else ["postgres15"]


@pytest.fixture(scope="session")
def cluster() -> Iterator[Server]:
    """The session's server, with hosted Supabase's roles: an embedded PostgreSQL 18 whose data is thrown away."""
    if _GIVEN:
        yield GivenServer(_GIVEN, pristine=os.environ["RENUM_TEST_PRISTINE"])
        return
    with tempfile.TemporaryDirectory(prefix="renum-tests-") as folder:
        server = Cluster(Path(folder), durable=False)
        try:
            server.start()
            database.prepare_roles(server)
            yield server
        finally:
            server.stop()


@pytest.fixture(scope="session")
def renum_server(cluster: Server) -> NoopExecutor:
    """The server as pytest-postgresql wants to know it, holding a template built from sql/ and policies/.

    The source, not the migrations, so that a test sees an edit at once; `make check` proves that both build the same.
    """
    address = conninfo_to_dict(cluster.dsn())
    server = NoopExecutor(
        host=str(address["host"]), port=str(address["port"]), user=str(address["user"]), options="", dbname="renum"
    )
    database.create_database(cluster, server.template_dbname)
    database.load_source(cluster.dsn(server.template_dbname, "postgres"), CHECKOUT)
    with psycopg.connect(cluster.dsn(server.template_dbname, "postgres"), autocommit=True) as connection:
        # Tests run at any hour of any day; what is about hours sets its own.
        connection.execute("update private.settings set value = %s where key = 'sending_hours'", (Jsonb(ALL_HOURS),))
        connection.execute("update private.settings set value = 'true' where key = 'sending_holidays'")
    return server


postgresql_noproc = factories.postgresql_noproc(depends_on="renum_server")
postgresql = factories.postgresql("postgresql_noproc", dbname="test")


@pytest.fixture
def dsn(postgresql: psycopg.Connection, cluster: Server) -> str:
    """Address of a fresh copy of the database, for role `postgres` (no superuser, as on hosted)."""
    name = postgresql.info.dbname
    # A copy belongs to whoever made it and loses the template's grants on the database itself.
    postgresql.execute(sql.SQL("alter database {} owner to postgres").format(sql.Identifier(name)))
    postgresql.commit()
    return cluster.dsn(name, "postgres")


@pytest.fixture
def db(dsn: str) -> Iterator[psycopg.Connection]:
    """A connection as role `postgres` to the test's own database, every statement committed at once."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        yield connection
