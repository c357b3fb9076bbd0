"""The worker behind pg_net sends what was committed, once, and only that; it survives the loss of its connections."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import psycopg
import pytest
from aiohttp import web

from devstack.net import NetWorker
from devstack.postgres import Cluster


class Receiver:
    """An HTTP server that keeps the bodies it was sent."""

    def __init__(self) -> None:
        self.bodies: list[str] = []
        self.url = ""
        self._came = asyncio.Condition()

    async def answer(self, request: web.Request) -> web.Response:
        """Keeps the body; `/slow` takes longer than anybody should wait."""
        self.bodies.append(await request.text())
        async with self._came:
            self._came.notify_all()
        if request.path == "/slow":
            await asyncio.sleep(5)
        return web.Response(text="recebido\x00")

    async def until(self, count: int) -> None:
        """Waits until so many requests came."""
        async with asyncio.timeout(10), self._came:
            await self._came.wait_for(lambda: len(self.bodies) >= count)


@pytest.fixture
async def receiver(cluster: Cluster, bare: str, postgres: psycopg.Connection) -> AsyncIterator[Receiver]:
    """A receiver, and a worker that serves the bare database."""
    postgres.execute("create extension pg_net with schema extensions")
    found = Receiver()
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", found.answer)
    runner = web.AppRunner(application, shutdown_timeout=0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    found.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    worker = asyncio.create_task(NetWorker(cluster.dsn(bare)).run())
    await asyncio.to_thread(postgres.execute, "select net.wait_until_running()")
    yield found
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)
    await runner.cleanup()


async def test_nothing_is_sent_before_the_commit_nor_after_a_rollback(
    receiver: Receiver, postgres: psycopg.Connection
) -> None:
    """A request belongs to its transaction."""
    with postgres.transaction(force_rollback=True):
        postgres.execute('select net.http_post(%s, \'{"n": "rolled back"}\')', (receiver.url,))
    with postgres.transaction():
        postgres.execute('select net.http_post(%s, \'{"n": "committed"}\')', (receiver.url,))
        await asyncio.sleep(0.3)
        assert receiver.bodies == []
    await receiver.until(1)
    await asyncio.sleep(0.2)
    assert receiver.bodies == ['{"n": "committed"}']


async def test_a_slow_request_times_out_and_holds_up_nobody(receiver: Receiver, postgres: psycopg.Connection) -> None:
    """The timeout covers the whole transfer; what came of each request can be read."""
    postgres.execute(
        "select net.http_get(%s, timeout_milliseconds => 400), net.http_get(%s), net.http_get('http://127.0.0.1:1')",
        (f"{receiver.url}/slow", receiver.url),
    )
    await asyncio.sleep(1)
    rows = postgres.execute("select id, status_code, content, timed_out from net._http_response").fetchall()
    assert sorted(rows) == [(1, None, None, True), (2, 200, "recebido", False), (3, None, None, False)]


async def test_a_thousand_requests_arrive_once_each(receiver: Receiver, postgres: psycopg.Connection) -> None:
    """More than one batch."""
    postgres.execute("select net.http_post(%s, to_jsonb(n)) from generate_series(1, 1000) as n", (receiver.url,))
    await receiver.until(1000)
    await asyncio.sleep(0.2)
    assert sorted(receiver.bodies, key=int) == [str(n) for n in range(1, 1001)]


async def test_the_worker_comes_back_when_its_connections_are_cut(
    receiver: Receiver, postgres: psycopg.Connection, cluster: Cluster, bare: str
) -> None:
    """What was committed while it was away is sent when it is back."""
    with psycopg.connect(cluster.dsn(bare)) as admin:
        cut = admin.execute(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity "
            "where application_name = 'pg_net' and datname = current_database()"
        ).fetchone()
    postgres.execute("select net.http_post(%s, '{\"n\": 1}')", (receiver.url,))
    assert cut is not None
    assert cut[0] >= 3
    await receiver.until(1)
