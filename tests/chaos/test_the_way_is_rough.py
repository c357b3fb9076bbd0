"""What happens to webhooks between the provider and us in a chaos run, what is killed, and what the leads say."""

from __future__ import annotations

import asyncio
import json
import random
import signal
import subprocess
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from devstack.chaos import kills
from devstack.chaos.leads import BEGIN, CHATTER, TELLING
from devstack.chaos.wire import Wire
from devstack.processes import ProcessIdentity
from devstack.simulator import envelope
from devstack.simulator.state import Number
from devstack.state import StackDirectory
from renum.agent.offline_interview import Interviewer

SECRET = "app-secret"


class Webhook:
    """A webhook that takes only every third post; `posts` are all that came, (status, body, signature)."""

    def __init__(self) -> None:
        self.url = ""
        self.posts: list[tuple[int, bytes, str]] = []

    async def take(self, request: web.Request) -> web.Response:
        """200, or 503 as when the database is away."""
        status = 200 if len(self.posts) % 3 == 2 else 503
        self.posts.append((status, await request.read(), request.headers["X-Hub-Signature-256"]))
        return web.Response(status=status)

    def taken(self) -> list[str]:
        """Ids of the messages and statuses in posts that got their 200, in the order of arrival."""
        values = [
            change["value"]
            for status, body, _ in self.posts
            if status == 200
            for change in json.loads(body)["entry"][0]["changes"]
        ]
        return [item["id"] for value in values for item in [*value.get("messages", []), *value.get("statuses", [])]]


@asynccontextmanager
async def rough_way(webhook: Webhook) -> AsyncIterator[tuple[Wire, str]]:
    """A wire to `webhook`, and the address that it gives to the provider."""
    app = web.Application()
    app.router.add_post("/", webhook.take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    webhook.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    wire = Wire(Number("1", webhook.url, SECRET), random.Random(7))
    try:
        yield wire, await wire.start()
    finally:
        await wire.stop()
        await runner.cleanup()


async def arrived(wire: Wire) -> None:
    """Waits until everything has got its 200."""
    async with asyncio.timeout(60):
        while not wire.idle:
            await asyncio.sleep(0.05)


async def test_every_message_arrives_some_twice_and_not_in_order() -> None:
    """Each post is signed, and what gets no 200 comes again until it does."""
    webhook = Webhook()
    async with rough_way(webhook) as (wire, _):
        sent = [f"wamid.{place}" for place in range(60)]
        for wamid in sent:
            wire.say("5511900000000", "Oi", wamid)
        await arrived(wire)
        spoken = wire.spoken()
    times = Counter(webhook.taken())
    assert set(times) == set(sent)
    assert sum(times.values()) > len(sent)
    assert list(times) != sent
    assert {status for status, _, _ in webhook.posts} == {200, 503}
    assert all(signature == envelope.signature(body, SECRET) for _, body, signature in webhook.posts)
    assert [message.wamid for message in spoken] == sent
    assert all(m.first_sent is not None and m.acknowledged is not None for m in spoken)
    assert all((m.first_sent or 0) < (m.acknowledged or 0) for m in spoken)


async def test_statuses_go_the_same_way() -> None:
    """The provider hands them over once, and the wire answers for them from then on."""
    webhook = Webhook()
    number = Number("1", "", SECRET)
    ids = [f"wamid.{place}" for place in range(20)]
    async with rough_way(webhook) as (wire, address), aiohttp.ClientSession() as provider:
        values = [{"statuses": [{"id": wamid, "status": "sent"}]} for wamid in ids]
        async with provider.post(address, data=envelope.encode(envelope.envelope(number, values))) as answer:
            assert answer.status == 200
        assert not wire.idle
        await arrived(wire)
        assert wire.spoken() == []
    assert set(webhook.taken()) == set(ids)


@pytest.mark.parametrize("turns", [1, 80, 2000])
def test_every_kind_of_kill_comes_in_every_run(turns: int) -> None:
    """In the run's whole length, Postgres at least once by immediate shutdown; the same seed makes the same plan."""
    due = kills.plan(turns, random.Random(3))
    parts = Counter(kill.part for kill in due)
    assert parts["functions"] >= max(4, turns // 15)
    assert parts["postgrest"] >= 1
    assert {kill.signal for kill in due if kill.part == "postgres"} >= {signal.SIGQUIT, signal.SIGINT}
    assert [kill.after for kill in due] == sorted(kill.after for kill in due)
    assert all(0 <= kill.after <= turns for kill in due)
    assert due == kills.plan(turns, random.Random(3))
    assert kills.plan(2000, random.Random(3)) != kills.plan(2000, random.Random(4))


@pytest.fixture
def sleepers(tmp_path: Path) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Four processes that a stack's daemon in `tmp_path` would have written down as its instances."""
    started = [subprocess.Popen(["sleep", "60"]) for _ in range(4)]
    identities = [ProcessIdentity.of(sleeper.pid) for sleeper in started]
    names = ["functions", "functions-2", "functions-3", "functions-4"]
    children = {name: one.to_json() for name, one in zip(names, identities, strict=True) if one is not None}
    StackDirectory(tmp_path).write_state({"children": children})
    yield started
    for sleeper in started:
        sleeper.kill()
        sleeper.wait()


async def test_half_of_the_instances_are_left_to_work(
    sleepers: list[subprocess.Popen[bytes]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody starts these again: of four the third kill leaves one, and the next kill waits."""
    monkeypatch.setattr(kills, "_AT_WORK_AFTER_S", 0.5)
    killer = kills.Killer(StackDirectory(tmp_path), random.Random(1))
    due = [kills.Kill(0, "functions", signal.SIGKILL) for _ in range(4)]
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(5):
            await killer.run(due, lambda: 1)
    assert killer.done == Counter({"functions": 3})
    assert [sleeper.poll() for sleeper in sleepers].count(-signal.SIGKILL) == 3


@pytest.mark.parametrize("asked", [None, "scale", "yes_no", "text"])
def test_no_line_ends_an_interview(asked: str | None) -> None:
    """A lead who opted out or declined would write on to somebody who does not answer any more."""
    question = {
        "key": "q",
        "text": "O que achou?",
        "type": asked,
        "options": None,
        "validation": {"min": 0, "max": 10, "integer": True} if asked == "scale" else {},
        "required": True,
        "status": "open",
        "probes_left": 0,
    }
    for line in (BEGIN, *TELLING, *CHATTER):
        data = {
            "questions": [question] if asked else [],
            "current_question": "q" if asked else None,
            "input": [{"seq": 1, "type": "text", "content": line}],
        }
        assert Interviewer(data).understand()["intent"] not in ("opt_out", "decline"), line
