"""A lead who waits sees that an answer is being written; one who does not wait costs no call."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from renum import rpc, turns
from renum.agent.graph import run_interview
from renum.channels import whatsapp_cloud_send
from renum.crypto import seal
from renum.settings import settings
from renum.shapes import Task
from tests.unit.doubles import KEY, Server, refusal, server, until
from tests.unit.turns import turn

ACCOUNT = "7d9f3a52-0000-4000-8000-000000000001"


@pytest.fixture
async def side(monkeypatch: pytest.MonkeyPatch, environment: None) -> AsyncIterator[Server]:
    """The database and the provider, and a turn that is slow from 50 ms on."""
    async with server() as other_side:
        monkeypatch.setenv("RENUM_REST_URL", other_side.url)
        monkeypatch.setenv("WHATSAPP_GRAPH_URL", other_side.url)
        monkeypatch.setenv("RENUM_TYPING_AFTER_MS", "50")
        settings.cache_clear()
        sealed = seal({"access_token": "EAAG"}, channel_account_id=ACCOUNT, key=KEY, key_id="1")
        other_side.answer(
            "channel_account",
            {
                "id": ACCOUNT,
                "client_id": "c",
                "channel": "whatsapp",
                "provider": "whatsapp_cloud",
                "external_id": "1000",
                "status": "active",
                "config": None,
                "credentials": sealed,
            },
        )
        other_side.answer("messages", {"success": True})
        verdict = {"thread_id": "t1", "lease": "l1", "verdict": "committed", "task": None, "delivery": None}
        other_side.answer("commit_turns", [verdict])
        yield other_side
        await rpc.rpc().close()
        await whatsapp_cloud_send._clients.get().aclose()


def task(**more: Any) -> Task:
    """A turn whose last message the provider calls wamid.in."""
    work: Any = {
        **turn("8", current="nota"),
        "seen": {"channel_account_id": ACCOUNT, "message_id": "wamid.in"},
        **more,
    }
    return {
        "task": "agent_turn",
        "queue": "high_priority",
        "msg_id": 1,
        "id": "t1",
        "client_id": "c",
        "attempt": 1,
        "claim": "l1",
        "wait_ms": 0,
        "work": work,
    }


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch, side: Server) -> asyncio.Event:
    """A graph that ends when the event is set."""
    finish = asyncio.Event()

    async def slowly(given: Any, context: Any) -> Any:
        await finish.wait()
        return await run_interview(given, context)

    monkeypatch.setattr(turns, "run_interview", slowly)
    return finish


async def test_a_slow_turn_shows_it_once(side: Server, slow: asyncio.Event) -> None:
    """While it runs, and the turn ends as any other."""
    running = asyncio.create_task(turns.run_turn(task()))
    await until(lambda: len(side.calls("messages")) == 1)
    assert side.calls("messages")[0]["message_id"] == "wamid.in"
    assert side.calls("commit_turns") == []
    await asyncio.sleep(0.2)
    slow.set()
    await running
    assert (len(side.calls("messages")), len(side.calls("commit_turns"))) == (1, 1)


async def test_a_fast_turn_costs_no_call(side: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither while it runs nor after its reply, when the time has come at which it would have been shown."""
    monkeypatch.setenv("RENUM_TYPING_AFTER_MS", "1500")
    settings.cache_clear()
    await turns.run_turn(task())
    await asyncio.sleep(1.6)
    assert side.calls("messages") == []
    assert len(side.calls("commit_turns")) == 1


@pytest.mark.parametrize("more", [{"reruns": 1}, {"seen": None}])
async def test_it_is_shown_once_per_turn_and_only_where_it_can_be(
    side: Server, slow: asyncio.Event, more: dict[str, Any]
) -> None:
    """A turn that runs again has shown it; a message without a provider's id cannot be marked."""
    running = asyncio.create_task(turns.run_turn(task(**more)))
    await asyncio.sleep(0.2)
    slow.set()
    await running
    assert side.calls("messages") == []


async def test_what_goes_wrong_with_it_neither_fails_nor_holds_up_the_turn(side: Server, slow: asyncio.Event) -> None:
    """The provider is silent, then the database refuses: the turn commits."""
    asked = asyncio.Event()

    async def silence(_: Any) -> Any:
        asked.set()
        await asyncio.sleep(5)

    side.on["messages"] = silence
    running = asyncio.create_task(turns.run_turn(task()))
    await asyncio.wait_for(asked.wait(), 3)
    slow.set()
    await asyncio.wait_for(running, 3)

    async def broken(_: Any) -> Any:
        return refusal(400, "XX000")

    side.on["channel_account"] = broken
    slow.clear()
    other = "7d9f3a52-0000-4000-8000-000000000002"
    running = asyncio.create_task(turns.run_turn(task(seen={"channel_account_id": other, "message_id": "w"})))
    await until(lambda: {"channel_account_id": other} in side.calls("channel_account"))
    slow.set()
    await running
    assert len(side.calls("commit_turns")) == 2
