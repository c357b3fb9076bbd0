"""The scheduler behind the pg_cron stand-in: runs the jobs of `cron.job`, one instance of a job at a time.

Semantics as in `../extensions/README.md` (pg_cron 1.6): a minute job that is due while it still runs is counted and
made up for one after the other; a seconds job is due N seconds after its last start and never piles up.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg

from devstack.cron_schedule import EverySeconds, Schedule, parse
from devstack.reconnect import keep_connected

_LOG = logging.getLogger("devstack.cron")
_MAX_RUNNING = 32  # cron.max_running_jobs
# A tick may come a little early by the other clock; a job of N seconds is not to wait for the next tick because of
# that.
_EARLY_S = 0.05

_JOBS = "select jobid, schedule, command, database, username from cron.job where active order by jobid"
_BEGIN = """
insert into cron.job_run_details (jobid, job_pid, database, username, command, status, start_time)
values (%s, %s, %s, %s, %s, 'running', clock_timestamp()) returning runid
"""
_END = "update cron.job_run_details set status = %s, return_message = %s, end_time = clock_timestamp() where runid = %s"
_CRASHED = """
update cron.job_run_details set status = 'failed', return_message = 'server restarted', end_time = now()
where status in ('starting', 'running')
"""


@dataclass(slots=True)
class _Job:
    number: int
    text: str
    schedule: Schedule
    command: str
    database: str
    user: str
    since: float
    """When a seconds job last started (or was first seen), on the monotonic clock."""
    pending: int = 0


class CronScheduler:
    """Runs the jobs of one database. `dsn(database, user)` gives the login of a superuser and of the jobs' users."""

    def __init__(self, dsn: Callable[[str, str], str], database: str, superuser: str) -> None:
        self._dsn = dsn
        self._database = database
        self._superuser = superuser
        self._jobs: dict[int, _Job] = {}
        self._running: dict[int, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Until cancelled, whatever the database does. Jobs that are running then are cut off."""
        try:
            await keep_connected("cron", self._session)
        finally:
            self._cut_off()

    async def _session(self) -> None:
        dsn = self._dsn(self._database, self._superuser)
        async with await psycopg.AsyncConnection.connect(
            dsn, autocommit=True, application_name="pg_cron scheduler"
        ) as books:
            try:
                known = False
                minute = _this_minute()
                while True:
                    known = known or await self._extension_is_there(books)
                    if known:
                        await self._refresh(books)
                        now = _this_minute()
                        self._start_due(books, now if now != minute else None)
                        minute = now
                    # Ticks are at whole seconds, so that a minute job starts when its minute does.
                    await asyncio.sleep(1.0 - time.time() % 1.0)
            finally:
                self._cut_off()

    async def _extension_is_there(self, books: psycopg.AsyncConnection) -> bool:
        found = await (await books.execute("select to_regclass('cron.job') is not null")).fetchone()
        if found != (True,):
            return False
        await books.execute(_CRASHED)
        return True

    async def _refresh(self, books: psycopg.AsyncConnection) -> None:
        """Brings the jobs in line with the table. A job that is gone, or has another schedule, is not due any more."""
        rows = await (await books.execute(_JOBS)).fetchall()
        for gone in self._jobs.keys() - {row[0] for row in rows}:
            self._jobs.pop(gone).pending = 0
        for number, text, command, database, user in rows:
            job = self._jobs.get(number)
            if job is None or job.text != text:
                try:
                    schedule = parse(text)
                except ValueError:
                    _LOG.warning("cron job %s has an invalid schedule, it does not run", number)
                    continue
                if job is not None:
                    job.pending = 0
                self._jobs[number] = _Job(number, text, schedule, command, database, user, time.monotonic())
            else:
                job.command, job.database, job.user = command, database, user

    def _start_due(self, books: psycopg.AsyncConnection, new_minute: datetime | None) -> None:
        """Counts what became due (`new_minute` is the minute that just began, if one did) and starts what may start."""
        for job in self._jobs.values():
            if isinstance(job.schedule, EverySeconds):
                if time.monotonic() - job.since >= job.schedule.seconds - _EARLY_S:
                    job.pending = 1
            elif new_minute is not None and job.schedule.matches(new_minute):
                job.pending += 1
            if job.pending and job.number not in self._running and len(self._running) < _MAX_RUNNING:
                self._running[job.number] = asyncio.create_task(self._run_pending(books, job))

    async def _run_pending(self, books: psycopg.AsyncConnection, job: _Job) -> None:
        while job.pending:
            job.pending -= 1
            job.since = time.monotonic()
            try:
                await self._run_once(books, job)
            except (psycopg.Error, OSError) as error:
                _LOG.warning("cron job %s could not be run or recorded: %s", job.number, type(error).__name__)
        self._running.pop(job.number, None)

    async def _run_once(self, books: psycopg.AsyncConnection, job: _Job) -> None:
        dsn = self._dsn(job.database, job.user)
        run: int | None = None
        try:
            async with await psycopg.AsyncConnection.connect(
                dsn, autocommit=True, application_name="pg_cron"
            ) as connection:
                arguments = (job.number, connection.info.backend_pid, job.database, job.user, job.command)
                row = await (await books.execute(_BEGIN, arguments)).fetchone()
                run = row[0] if row else None
                status, message = await _execute(connection, job.command)
        except (psycopg.OperationalError, OSError) as error:
            status, message = "failed", str(error).strip()
        if run is None:
            row = await (
                await books.execute(_BEGIN, (job.number, None, job.database, job.user, job.command))
            ).fetchone()
            run = row[0] if row else None
        await books.execute(_END, (status, message, run))

    def _cut_off(self) -> None:
        for task in self._running.values():
            task.cancel()
        self._running.clear()
        self._jobs.clear()


async def _execute(connection: psycopg.AsyncConnection, command: str) -> tuple[str, str]:
    """Runs a job's command (one transaction) and returns its status and message as pg_cron words them."""
    try:
        cursor = await connection.execute(command.encode())
    except psycopg.Error as error:
        return "failed", f"ERROR: {error.diag.message_primary or error}"
    while cursor.nextset():
        pass
    if cursor.description is not None:
        return "succeeded", f"{cursor.rowcount} row{'' if cursor.rowcount == 1 else 's'}"
    return "succeeded", cursor.statusmessage or ""


def _this_minute() -> datetime:
    return datetime.now(UTC).replace(second=0, microsecond=0)
