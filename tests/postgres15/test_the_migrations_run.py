"""PostgreSQL 15 takes the migrations from a role that is no superuser, and every function body can work there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from devstack import database
from devstack.paths import CHECKOUT
from devstack.schema.beyond import beyond_the_dump
from devstack.schema.database_lints import run_lints
from devstack.schema.dump import difference, schema_dump
from devstack.schema.function_bodies import body_findings, plpgsql_findings
from devstack.server import Server

OLD_PGMQ = Path(__file__).with_name("signatures_of_pgmq_1_4_4.sql")


@pytest.fixture
def superuser(live: str) -> Iterator[psycopg.Connection]:
    """A superuser in the migrated database, every statement committed at once."""
    with psycopg.connect(live, autocommit=True) as connection:
        yield connection


def test_this_is_debians_server_with_the_real_extensions(superuser: psycopg.Connection) -> None:
    """15, with a pg_cron that knows minutes only; none of the local stack's stand-in for it."""
    assert superuser.info.server_version // 10000 == 15
    functions = "select count(*) from pg_proc where pronamespace = 'cron'::regnamespace and probin like '%pg_cron'"
    assert superuser.execute(functions).fetchone() != (0,)


def test_migrations_and_source_build_the_same_here(live: str, cluster: Server) -> None:
    """The dump, and what it does not show: jobs (by the minute), queues, settings."""
    database.create_database(cluster, "source")
    database.load_source(cluster.dsn("source", "postgres"), CHECKOUT)
    source = cluster.dsn("source")
    assert difference(schema_dump(live), schema_dump(source), "from the migrations", "from the source") == []
    assert difference(beyond_the_dump(live), beyond_the_dump(source), "from the migrations", "from the source") == []


def test_the_database_keeps_every_rule(superuser: psycopg.Connection) -> None:
    assert run_lints(superuser) == []


def test_every_function_body_can_work(superuser: psycopg.Connection) -> None:
    """Created again by PostgreSQL, and looked through by plpgsql_check: no error, no warning without a reason."""
    assert body_findings(superuser) == []
    assert plpgsql_findings(superuser) == []


def test_a_body_that_cannot_work_is_found(superuser: psycopg.Connection) -> None:
    """Names that only a run would look up, in a function and in a trigger's NEW."""
    with superuser.transaction(force_rollback=True):
        superuser.execute("create function private.probe() returns void language plpgsql as"
                          " 'begin perform absent from public.leads; end'")  # fmt: skip
        superuser.execute("create function private.probe_new() returns trigger language plpgsql as"
                          " 'begin new.absent := 1; return new; end'")  # fmt: skip
        superuser.execute(
            "create trigger probe before insert on public.leads for each row execute function private.probe_new()"
        )
        texts = [finding.text for finding in plpgsql_findings(superuser)]
    assert [t.partition(": ")[0] for t in texts] == ["private.probe():1", "private.probe_new() on public.leads:1"]
    assert 'column "absent" does not exist' in texts[0]
    assert 'record "new" has no field "absent"' in texts[1]


def test_pgmq_1_4_4_has_everything_that_is_called(superuser: psycopg.Connection) -> None:
    """With its signatures in the place of the installed ones, every call still finds its function."""
    with superuser.transaction(force_rollback=True):
        superuser.execute(OLD_PGMQ.read_bytes())
        assert body_findings(superuser) == []
        assert plpgsql_findings(superuser) == []
        superuser.execute("create function private.probe() returns void language plpgsql as"
                          " $$begin perform pgmq.send('q', '{}'::jsonb, now()); end$$")  # fmt: skip
        (found,) = plpgsql_findings(superuser)
        assert "function pgmq.send(unknown, jsonb, timestamp with time zone) does not exist" in found.text
