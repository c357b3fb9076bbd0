"""A database for each file, emptied between tests: a copy of the template costs 200 ms, emptying it 10."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import psycopg
import pytest
from psycopg import sql
from pytest_postgresql.executors import NoopExecutor

from devstack import database
from devstack.server import Server
from tests.database.builders import Interview, Tenant, World

# Tables whose rows come with the rules: `providers`, `prices`, `model_prices`, `policy_packs` are no test's doing.
_EMPTY = """
do $$
declare
    place record;
    dirty boolean;
begin
    set local session_replication_role = replica;
    for place in
        select n.nspname, c.relname
        from pg_class as c
        join pg_namespace as n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p') and not c.relispartition
            and not (n.nspname = 'private' and c.relname in ('providers', 'prices', 'model_prices', 'policy_packs'))
            and (
                n.nspname in ('public', 'private')
                or (n.nspname = 'auth' and c.relname = 'users')
                or (n.nspname = 'pgmq' and c.relname ~ '^[qa]_')
                or (n.nspname = 'net' and c.relname = 'http_request_queue')
            )
    loop
        execute format('select exists (select from %I.%I)', place.nspname, place.relname) into dirty;
        if dirty then
            execute format('delete from %I.%I', place.nspname, place.relname);
        end if;
    end loop;
end
$$
"""


@pytest.fixture(scope="module")
def database_of_the_file(renum_server: NoopExecutor, cluster: Server, request: pytest.FixtureRequest) -> Iterator[str]:
    """Name of a copy of the template that lives as long as the test file."""
    name = f"file_{os.getpid()}_{abs(hash(request.module.__name__)) % 10**8}"
    database.create_database(cluster, name, template=renum_server.template_dbname)
    yield name
    with psycopg.connect(cluster.dsn(), autocommit=True) as admin:
        admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture(scope="module")
def reader(cluster: Server, database_of_the_file: str) -> Iterator[World]:
    """The file's database for tests that only ask: nothing is made, so nothing has to be emptied."""
    with World(cluster, database_of_the_file) as made:
        yield made


@pytest.fixture(scope="module")
def cleaner(cluster: Server, database_of_the_file: str) -> Iterator[psycopg.Connection]:
    """The superuser, for emptying."""
    with psycopg.connect(cluster.dsn(database_of_the_file), autocommit=True) as superuser:
        yield superuser


@pytest.fixture
def empty(reader: World, cleaner: psycopg.Connection) -> Callable[[], None]:
    """Empties the database, as between two tests: for a test that is many in one."""
    settings = reader.all("select key, value::text, comment from private.settings")
    columns = "id, name, description, function_name, parameters_schema"
    tools = reader.all(f"select {columns.replace('schema', 'schema::text')} from public.tools")

    def emptied() -> None:
        cleaner.execute(_EMPTY)
        with cleaner.cursor() as cursor:
            cursor.executemany("insert into private.settings values (%s, %s::jsonb, %s)", settings)
            cursor.executemany(
                f"insert into public.tools ({columns}) values (%s, %s, %s, %s, %s::jsonb)".encode(), tools
            )

    return emptied


@pytest.fixture
def world(reader: World, empty: Callable[[], None]) -> Iterator[World]:
    """Everybody there is in an empty database: tenants, the functions, the clock. No debounce, no doorbell."""
    reader.setting("debounce_ms", 0)
    yield reader
    empty()


@pytest.fixture
def tenant(world: World) -> Tenant:
    """A client with an owner, a WhatsApp account and the templates for invitations and notifications."""
    return world.tenant()


@pytest.fixture
def other(world: World) -> Tenant:
    """Another client, with people, account and templates of its own."""
    return world.tenant()


@pytest.fixture
def interview(tenant: Tenant) -> Interview:
    """An interview whose invitation the lead has received."""
    return tenant.interview()
