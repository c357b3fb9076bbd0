"""The deployed `agent_turn`, from a ring to a sent reply: claim, graph, commit, send, complete."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiohttp import web

from renum import rpc
from renum.channels import whatsapp_cloud_send
from renum.crypto import seal
from renum.settings import settings
from tests.unit.doubles import KEY, Server, deployed, refusal, server
from tests.unit.turns import turn

SOURCE = Path(__file__).parents[2] / "functions" / "agent_turn.py"
ACCOUNT = "7d9f3a52-0000-4000-8000-000000000001"


def claimed(kind: str, name: str, work: Any, **more: Any) -> Any:
    """A claimed task."""
    base = {"task": kind, "queue": "high_priority", "msg_id": 1, "id": name, "client_id": "c", "attempt": 1}
    return {**base, "claim": f"claim-{name}", "wait_ms": 0, "work": work, **more}


def reply(name: str) -> Any:
    """A delivery task with a text."""
    work = {
        "id": name,
        "kind": "reply",
        "channel": "whatsapp",
        "channel_account_id": ACCOUNT,
        "to": {"phone": "+5511999990000", "wa_id": None, "bsuid": None, "email": None},
        "content": {"type": "text", "text": "Obrigado!"},
    }
    return claimed("delivery", name, work)


class World:
    """The deployed function with its database and the provider, both on loopback."""

    def __init__(self, other_side: Server) -> None:
        self.side = other_side
        self.http = deployed(SOURCE)

    def queue(self, *tasks: Any) -> None:
        """What the first claim gives."""
        self.side.answer("claim_tasks", {"tasks": list(tasks), "next_due_ms": None}, {"tasks": [], "next_due_ms": None})

    async def ring(self) -> httpx.Response:
        """The doorbell."""
        return await self.http.post("/", json={})


@pytest.fixture
async def world(monkeypatch: pytest.MonkeyPatch, environment: None) -> AsyncIterator[World]:
    """A running World."""
    async with server() as other_side:
        monkeypatch.setenv("RENUM_REST_URL", other_side.url)
        monkeypatch.setenv("WHATSAPP_GRAPH_URL", other_side.url)
        settings.cache_clear()
        sealed = seal({"access_token": "EAAG"}, channel_account_id=ACCOUNT, key=KEY, key_id="1")
        row = {
            "id": ACCOUNT,
            "client_id": "c",
            "channel": "whatsapp",
            "provider": "whatsapp_cloud",
            "external_id": "1000",
        }
        other_side.answer("channel_account", {**row, "status": "active", "config": None, "credentials": sealed})
        other_side.answer("messages", {"messages": [{"id": "wamid.out"}]})

        async def complete(body: dict[str, Any]) -> Any:
            return [{"id": result["id"], "status": result["outcome"], "task": None} for result in body["results"]]

        other_side.on["complete_deliveries"] = complete
        yield World(other_side)
        await rpc.rpc().close()
        await whatsapp_cloud_send._clients.get().aclose()


async def test_a_turn_is_committed_and_its_reply_sent_in_one_ring(world: World) -> None:
    """Claim, graph, commit, send, complete: and the ring's answer counts both tasks."""
    verdict = {
        "thread_id": "thread-1",
        "lease": "claim-thread-1",
        "verdict": "committed",
        "task": None,
        "delivery": reply("d1"),
    }
    world.side.answer("commit_turns", [verdict])
    world.queue(claimed("agent_turn", "thread-1", turn("8", current="nota")))
    answer = await world.ring()
    assert (answer.status_code, answer.json()) == (200, {"done": 2, "failed": 0})
    ((result,),) = [body["results"] for body in world.side.calls("commit_turns")]
    assert (result["thread_id"], result["lease"], result["model"], result["graph"]) == (
        "thread-1",
        "claim-thread-1",
        "offline",
        "interview",
    )
    assert result["proposal"]["answers"][0]["value"] == 8
    assert [sent["text"]["body"] for sent in world.side.calls("messages")] == ["Obrigado!"]
    ((done,),) = [body["results"] for body in world.side.calls("complete_deliveries")]
    assert done == {
        "id": "d1",
        "claim": "claim-d1",
        "outcome": "sent",
        "provider_message_id": "wamid.out",
        "error": None,
        "retry_after_ms": None,
    }


async def test_a_superseded_turn_runs_again_on_the_merged_input(world: World) -> None:
    """The same lease, both messages, one reply."""
    merged = claimed("agent_turn", "thread-1", turn("8", "melhor 9", current="nota"), claim="claim-thread-1")
    base = {"thread_id": "thread-1", "lease": "claim-thread-1", "delivery": None}
    world.side.answer(
        "commit_turns",
        [{**base, "verdict": "superseded", "task": merged}],
        [{**base, "verdict": "committed", "task": None}],
    )
    world.queue(claimed("agent_turn", "thread-1", turn("8", current="nota")))
    await world.ring()
    values = [body["results"][0]["proposal"]["answers"][0]["value"] for body in world.side.calls("commit_turns")]
    assert values == [8, 9]


async def test_turns_of_one_moment_are_committed_in_one_call(world: World) -> None:
    """Twenty threads, one transaction."""

    async def commit(body: dict[str, Any]) -> Any:
        return [
            {"thread_id": result["thread_id"], "lease": result["lease"], "verdict": "committed"}
            for result in body["results"]
        ]

    world.side.on["commit_turns"] = commit
    world.queue(*(claimed("agent_turn", f"t{place}", turn("8", current="nota")) for place in range(20)))
    assert (await world.ring()).json()["done"] == 20
    calls = world.side.calls("commit_turns")
    assert sum(len(body["results"]) for body in calls) == 20
    assert len(calls) < 8


async def test_a_refused_message_is_completed_with_its_decision(world: World) -> None:
    """SQL decides what to do about it: the task itself did not fail."""

    async def refuse(_: Any) -> Any:
        return web.json_response({"error": {"code": 131047, "message": "Re-engagement message"}}, status=400)

    world.side.on["messages"] = refuse
    world.queue(reply("d1"))
    assert (await world.ring()).json() == {"done": 1, "failed": 0}
    ((done,),) = [body["results"] for body in world.side.calls("complete_deliveries")]
    assert (done["outcome"], done["provider_message_id"]) == ("failed", None)
    assert done["error"] == {
        "code": "131047",
        "message": "Re-engagement message",
        "retryable": False,
        "scope": "message",
    }


async def test_an_account_put_right_is_not_stopped_by_what_was_kept_of_it(world: World) -> None:
    """Credentials that came while the old ones are kept: they are looked up once more before the account is told off;
    where nothing is new, the refusal stands after one send."""
    sealed = seal({"access_token": "NEW"}, channel_account_id=ACCOUNT, key=KEY, key_id="1")
    old = await world.side.on["channel_account"]({})
    tokens: list[str] = []

    async def by_token(request: Any) -> Any:
        tokens.append("sent")
        if len(tokens) == 1:
            world.side.answer("channel_account", {**old, "credentials": sealed})
            return web.json_response({"error": {"code": 190, "message": "Access token has expired"}}, status=401)
        return {"messages": [{"id": "wamid.out"}]}

    world.side.on["messages"] = by_token
    world.queue(reply("d1"))
    assert (await world.ring()).json() == {"done": 1, "failed": 0}
    ((done,),) = [body["results"] for body in world.side.calls("complete_deliveries")]
    assert (done["outcome"], done["provider_message_id"], done["error"]) == ("sent", "wamid.out", None)
    assert len(tokens) == 2


async def test_a_refused_account_is_asked_once_where_nothing_is_new(world: World) -> None:
    """The token is bad and stays so: one send, one refusal."""

    async def refuse(_: Any) -> Any:
        return web.json_response({"error": {"code": 190, "message": "Access token has expired"}}, status=401)

    world.side.on["messages"] = refuse
    world.queue(reply("d1"))
    await world.ring()
    ((done,),) = [body["results"] for body in world.side.calls("complete_deliveries")]
    assert (done["outcome"], done["error"]["code"], done["error"]["scope"]) == ("failed", "190", "account")
    assert len(world.side.calls("messages")) == 1


async def test_the_threads_next_delivery_goes_out_after_the_first(world: World) -> None:
    """Released by the first one's acceptance, sent by the same instance."""

    async def complete(body: dict[str, Any]) -> Any:
        (result,) = body["results"]
        return [{"id": result["id"], "status": "sent", "task": reply("d2") if result["id"] == "d1" else None}]

    world.side.on["complete_deliveries"] = complete
    world.queue(reply("d1"))
    assert (await world.ring()).json()["done"] == 2
    assert [sent["biz_opaque_callback_data"] for sent in world.side.calls("messages")] == ["d1", "d2"]


async def test_a_send_that_cannot_be_recorded_is_no_failed_attempt(world: World) -> None:
    """The provider has it. Told as a failure it would be sent again; left alone, its status webhook settles it."""

    async def broken(_: Any) -> Any:
        return refusal(500, "XX000")

    world.side.on["complete_deliveries"] = broken
    world.queue(reply("d1"))
    assert (await world.ring()).status_code == 200
    assert [sent["biz_opaque_callback_data"] for sent in world.side.calls("messages")] == ["d1"]
    assert world.side.calls("fail_task") == []


async def test_a_commit_that_fails_in_sql_is_left_to_its_retry(world: World) -> None:
    """SQL has put the task back by itself; reporting it again would count it twice."""
    error = {"code": "23514", "message": "violates a_rule"}
    world.side.answer(
        "commit_turns", [{"thread_id": "thread-1", "lease": "claim-thread-1", "verdict": "failed", "error": error}]
    )
    world.queue(claimed("agent_turn", "thread-1", turn("8", current="nota")))
    assert (await world.ring()).status_code == 200
    assert world.side.calls("fail_task") == []
    assert world.side.calls("messages") == []


async def test_a_turn_of_an_unknown_kind_is_a_permanent_failure(world: World) -> None:
    """A newer database with an older function: the task goes to the dead letters, named."""
    world.side.answer("fail_task", {"outcome": "dead", "retry_in_ms": None})
    world.queue(claimed("agent_turn", "thread-1", {**turn("8"), "kind": "karaoke"}))
    assert (await world.ring()).json() == {"done": 0, "failed": 1}
    (told,) = world.side.calls("fail_task")
    assert (told["error"]["code"], told["retryable"]) == ("unknown_turn", False)
    assert "8" not in json.dumps(told["error"]["message"])
