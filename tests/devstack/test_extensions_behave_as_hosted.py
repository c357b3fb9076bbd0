"""The extensions can be created by role postgres, who then has the rights it has on hosted, and no more."""

from __future__ import annotations

import psycopg
import pytest

CREATE = (
    "create extension if not exists pgmq; "
    "create extension if not exists pg_net with schema extensions; "
    "create extension if not exists pg_cron;"
)


@pytest.fixture
def installed(postgres: psycopg.Connection) -> psycopg.Connection:
    """Role postgres, with the three extensions created by it, twice."""
    postgres.execute(CREATE)
    postgres.execute(CREATE)
    return postgres


def test_postgres_is_no_superuser_and_owns_pgmq_but_not_the_platforms_tables(installed: psycopg.Connection) -> None:
    """As on hosted: pgmq is postgres's own, pg_net's and pg_cron's tables are the superuser's."""
    row = installed.execute(
        """
        select (select rolsuper from pg_roles where rolname = current_user),
          (select extowner::regrole::text from pg_extension where extname = 'pgmq'),
          (select relowner::regrole::text from pg_class where oid = 'cron.job'::regclass),
          (select relowner::regrole::text from pg_class where oid = 'net.http_request_queue'::regclass)
        """
    ).fetchone()
    assert row == (False, "postgres", "supabase_admin", "supabase_admin")


def test_a_message_goes_through_a_queue(installed: psycopg.Connection) -> None:
    """pgmq is the real thing."""
    installed.execute("select pgmq.create('default')")
    installed.execute("select pgmq.send('default', '{\"id\": 7}', 0)")
    assert installed.execute("select message from pgmq.read('default', 30, 10)").fetchall() == [({"id": 7},)]


@pytest.mark.parametrize(
    ("statement", "error"),
    [
        ("update cron.job set command = 'select 2'", psycopg.errors.InsufficientPrivilege),
        ("select cron.unschedule('nobody knows it')", psycopg.errors.RaiseException),
        (
            "select cron.schedule_in_database('x', '* * * * *', 'select 1', 'postgres', 'supabase_admin')",
            psycopg.errors.InsufficientPrivilege,
        ),
        ("create table auth.mine ()", psycopg.errors.InsufficientPrivilege),
        ("alter table auth.users add column mine text", psycopg.errors.InsufficientPrivilege),
        (
            "select net.http_post('http://x', headers => '{\"Content-Type\": \"text/plain\"}')",
            psycopg.errors.RaiseException,
        ),
    ],
)
def test_postgres_is_refused_what_hosted_refuses(
    installed: psycopg.Connection, statement: str, error: type[psycopg.Error]
) -> None:
    """What would work only here must fail here."""
    with pytest.raises(error):
        installed.execute(statement)


@pytest.mark.parametrize(
    "schedule", ["60 seconds", "0 seconds", "* * * *", "60 * * * *", "* * 0 * *", "* * * 13 *", "a * * * *", ""]
)
def test_an_invalid_schedule_is_refused(installed: psycopg.Connection, schedule: str) -> None:
    """pg_cron says what is wrong when the job is made, not when it should run."""
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="invalid schedule"):
        installed.execute("select cron.schedule(%s, 'select 1')", (schedule,))


def test_a_named_schedule_is_replaced(installed: psycopg.Connection) -> None:
    """Scheduling a name again keeps its id and changes schedule and command."""
    first = installed.execute("select cron.schedule('sweep', '1 second', 'select 1')").fetchone()
    second = installed.execute("select cron.schedule('sweep', '*/5 1-3,4 $ jan mon', 'select 2')").fetchone()
    assert first == second
    jobs = installed.execute("select schedule, command, database = current_database(), username from cron.job")
    assert jobs.fetchall() == [("*/5 1-3,4 $ jan mon", "select 2", True, "postgres")]


def test_postgres_may_watch_auth_users(installed: psycopg.Connection) -> None:
    """A trigger of ours on auth.users fires for a row that the auth service inserts."""
    installed.execute(
        """
        create table public.seen (id uuid);
        create function public.see() returns trigger language plpgsql security definer set search_path = '' as
          'begin insert into public.seen values (new.id); return new; end';
        create trigger see after insert on auth.users for each row execute function public.see();
        """
    )
    installed.execute("insert into auth.users (id, email) values (gen_random_uuid(), 'ana@example.com')")
    assert installed.execute("select count(*) from public.seen join auth.users using (id)").fetchone() == (1,)
