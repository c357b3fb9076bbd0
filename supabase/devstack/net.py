"""The worker behind the pg_net stand-in: takes requests from the queue, sends them, keeps the responses for a while.

Semantics as in `../extensions/README.md`. A request is deleted and committed before it is sent: at most once.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp
import psycopg

from devstack.reconnect import keep_connected

_BATCH = 200  # pg_net.batch_size
_TTL = "6 hours"  # pg_net.ttl
_CLEAN_EVERY_S = 60.0
# While connected the worker holds this lock: one worker per database, and net.check_worker_is_up() can see it.
_LOCK = (1885826660, 1)

_TAKE = f"""
with batch as (select id from net.http_request_queue order by id limit {_BATCH} for update skip locked)
delete from net.http_request_queue as queue using batch where queue.id = batch.id
returning queue.id, queue.method, queue.url, queue.headers, queue.body, queue.timeout_milliseconds
"""
_KEEP = """
insert into net._http_response (id, status_code, content_type, headers, content, timed_out, error_msg)
values (%s, %s, %s, %s, %s, %s, %s)
"""
_CLEAN = f"""
delete from net._http_response where ctid in (
  select ctid from net._http_response where created < now() - interval '{_TTL}' limit 10000
)
"""

Request = tuple[int, str, str, dict[str, Any] | None, bytes | None, int]
Response = tuple[int, int | None, str | None, str | None, str | None, bool | None, str | None]


class NetWorker:
    """Serves one database; `dsn` must log in as a superuser. `run()` works until it is cancelled."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._sending: set[asyncio.Task[None]] = set()
        self._responses: list[Response] = []
        self._arrived = asyncio.Event()

    async def run(self) -> None:
        """Until cancelled: connects, listens, sends. Requests that are under way when it is cancelled are given up."""
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector, auto_decompress=True) as http:
            try:
                await keep_connected("net", lambda: self._session(http))
            finally:
                for task in self._sending:
                    task.cancel()

    async def _session(self, http: aiohttp.ClientSession) -> None:
        async with await self._connect() as listener:
            await self._wait_for_extension(listener)
            await listener.execute("select pg_advisory_lock(%s, %s)", _LOCK)
            await listener.execute("listen pg_net")
            # Three connections; whichever fails first ends the session, and the next one begins with all of them anew.
            parts = [
                asyncio.create_task(part)
                for part in (self._listen(listener, http), self._keep_responses(), self._clean())
            ]
            try:
                done, _ = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
                for part in done:
                    part.result()
            finally:
                for part in parts:
                    part.cancel()
                await asyncio.gather(*parts, return_exceptions=True)

    async def _connect(self) -> psycopg.AsyncConnection:
        return await psycopg.AsyncConnection.connect(self._dsn, autocommit=True, application_name="pg_net")

    async def _listen(self, listener: psycopg.AsyncConnection, http: aiohttp.ClientSession) -> None:
        """Returns when somebody asks for a restart of the worker."""
        async with await self._connect() as work:
            # What was committed while nobody listened waits in the queue.
            await self._drain(work, http)
            async for notification in listener.notifies():
                if notification.payload == "restart":
                    return
                await self._drain(work, http)

    async def _wait_for_extension(self, connection: psycopg.AsyncConnection) -> None:
        while True:
            found = await (
                await connection.execute("select to_regclass('net.http_request_queue') is not null")
            ).fetchone()
            if found == (True,):
                return
            await asyncio.sleep(0.5)

    async def _drain(self, work: psycopg.AsyncConnection, http: aiohttp.ClientSession) -> None:
        while True:
            batch: list[Request] = await (await work.execute(_TAKE)).fetchall()
            for request in sorted(batch):
                task = asyncio.create_task(self._send(http, request))
                self._sending.add(task)
                task.add_done_callback(self._sending.discard)
            if len(batch) < _BATCH:
                return

    async def _send(self, http: aiohttp.ClientSession, request: Request) -> None:
        number, method, url, headers, body, timeout_ms = request
        sent = {name: str(value) for name, value in (headers or {}).items() if value is not None}
        timeout = aiohttp.ClientTimeout(total=timeout_ms / 1000)
        response: Response
        try:
            async with http.request(method.upper(), url, headers=sent, data=body, timeout=timeout) as answer:
                # NUL cannot be stored in a text column.
                content = (await answer.read()).decode("utf-8", "replace").replace("\x00", "")
                received = json.dumps({name.lower(): value for name, value in answer.headers.items()})
                response = (number, answer.status, answer.headers.get("Content-Type"), received, content, False, None)
        except TimeoutError:
            response = (number, None, None, None, None, True, f"Timeout of {timeout_ms} ms reached.")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            response = (number, None, None, None, None, False, str(error) or type(error).__name__)
        self._responses.append(response)
        self._arrived.set()

    async def _keep_responses(self) -> None:
        """Stores responses as they come; those that come meanwhile wait for the next round: a burst is a few writes."""
        async with await self._connect() as connection:
            while True:
                await self._arrived.wait()
                self._arrived.clear()
                batch, self._responses = self._responses, []
                async with connection.transaction(), connection.cursor() as cursor:
                    await cursor.executemany(_KEEP, batch)

    async def _clean(self) -> None:
        async with await self._connect() as connection:
            while True:
                await connection.execute(_CLEAN)
                await asyncio.sleep(_CLEAN_EVERY_S)
