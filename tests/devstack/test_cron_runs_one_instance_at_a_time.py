"""The scheduler behind pg_cron runs each job as its user, one instance of it at a time, and records what came of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import psycopg
import pytest

from devstack.cron import CronScheduler
from devstack.cron_schedule import CronFields, parse
from devstack.initdb import SUPERUSER
from devstack.postgres import Cluster


@pytest.fixture
async def scheduled(cluster: Cluster, bare: str, postgres: psycopg.Connection) -> AsyncIterator[psycopg.Connection]:
    """Role postgres's connection, with a scheduler at work on its database."""
    postgres.execute("create extension pg_cron")
    task = asyncio.create_task(CronScheduler(cluster.dsn, bare, SUPERUSER).run())
    yield postgres
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_seconds_job_that_overruns_never_runs_twice_at_once(scheduled: psycopg.Connection) -> None:
    """Its runs do not overlap, and do not pile up."""
    scheduled.execute("select cron.schedule('slow', '1 second', 'select pg_sleep(1.6)')")
    await asyncio.sleep(6)
    runs = scheduled.execute("select count(*) from cron.job_run_details").fetchone()
    assert runs is not None
    assert 2 <= runs[0] <= 4
    overlaps = scheduled.execute(
        "select count(*) from cron.job_run_details a join cron.job_run_details b "
        "on b.start_time > a.start_time and b.start_time < coalesce(a.end_time, 'infinity')"
    ).fetchone()
    assert overlaps == (0,)


async def test_each_run_is_recorded_with_its_user_and_outcome(scheduled: psycopg.Connection) -> None:
    """A failure of one job does not touch another; an unscheduled job stops."""
    scheduled.execute("create table public.ran (by text)")
    scheduled.execute("select cron.schedule('good', '1 second', 'insert into public.ran values (session_user)')")
    scheduled.execute("select cron.schedule('bad', '1 second', 'select 1/0')")
    await asyncio.sleep(3.2)
    scheduled.execute("select cron.unschedule('good'), cron.unschedule('bad')")
    await asyncio.sleep(1.2)
    found = scheduled.execute(
        "select distinct command ~ 'ran', username, status, return_message from cron.job_run_details order by 1"
    ).fetchall()
    assert found == [
        (False, "postgres", "failed", "ERROR: division by zero"),
        (True, "postgres", "succeeded", "INSERT 0 1"),
    ]
    count = scheduled.execute("select count(*), min(by), max(by) from public.ran").fetchone()
    await asyncio.sleep(1.5)
    assert scheduled.execute("select count(*), min(by), max(by) from public.ran").fetchone() == count
    assert count is not None
    assert count[1:] == ("postgres", "postgres")


@pytest.mark.parametrize(
    ("schedule", "moment", "due"),
    [
        ("* * * * *", "2026-11-22T10:07", True),
        ("*/5 * * * *", "2026-11-22T10:07", False),
        ("*/5 * * * *", "2026-11-22T10:10", True),
        ("0 3 $ * *", "2026-02-28T03:00", True),
        ("0 3 $ * *", "2026-02-27T03:00", False),
        ("0 3 $ * *", "2028-02-28T03:00", False),
        ("0 9 * * mon-fri", "2026-11-22T09:00", False),  # a Sunday
        ("0 9 * * 7", "2026-11-22T09:00", True),
        ("0 9 1 * 0", "2026-11-22T09:00", True),  # day of month OR day of week
        ("0 9 1 * *", "2026-11-22T09:00", False),
        ("15,45 8-18/2 * jan,nov *", "2026-11-22T10:45", True),
        ("15,45 8-18/2 * jan,nov *", "2026-11-22T11:45", False),
        ("@daily", "2026-11-22T00:00", True),
    ],
)
def test_five_fields_mean_what_they_mean_to_cron(schedule: str, moment: str, due: bool) -> None:
    """Lists, ranges, steps, names, the last day, and Vixie's rule for two restrictions on the day."""
    fields = parse(schedule)
    assert isinstance(fields, CronFields)
    assert fields.matches(datetime.fromisoformat(moment).replace(tzinfo=UTC)) is due
