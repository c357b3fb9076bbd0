"""Calls to PostgREST: the right address and headers, brief repetition of what passes by itself, names for what does
not."""

from __future__ import annotations

from typing import Any

import pytest

from renum.errors import DatabaseUnavailable, RpcError
from renum.rpc import Rpc
from tests.unit.doubles import config, free_port_url, refusal, server


async def test_a_call_goes_to_the_worker_schema_with_the_workers_key() -> None:
    """POST rpc/<name>, Content-Profile worker, the worker's JWT, and the gateway's key when there is one."""
    async with server() as rest:
        rest.answer("claim_tasks", {"tasks": [], "next_due_ms": None})
        rpc = Rpc(config(rest.url, publishable_key="sb"))
        assert await rpc.claim_tasks(["default"], 5, 60) == {"tasks": [], "next_due_ms": None}
        (request,) = rest.received
        assert request.path == "/rpc/claim_tasks"
        assert request.body == {"queues": ["default"], "max": 5, "visibility_s": 60}
        assert (request.headers["Content-Profile"], request.headers["Authorization"], request.headers["apikey"]) == (
            "worker",
            "Bearer worker-jwt",
            "sb",
        )
        await rpc.close()


async def test_every_call_has_the_contracts_arguments() -> None:
    """Names and shapes of all of them, as PostgREST sees them."""
    task: Any = {"task": "delivery", "queue": "default", "msg_id": 7, "id": "d", "claim": "k", "work": None}
    async with server() as rest:
        rpc = Rpc(config(rest.url))
        rest.answer("channel_account", None)
        rest.answer("ingest", {"messages": 1})
        rest.answer("begin_turns", {"tasks": []})
        rest.answer("save_report", {"verdict": "saved"})
        rest.answer("fail_task", {"outcome": "dead", "retry_in_ms": None})
        rest.answer("extend_task", False)
        assert await rpc.channel_account("a") is None
        await rpc.ingest("a", [])
        await rpc.begin_turns([task], 60)
        assert await rpc.save_report("r", "k", summary="s", markdown="m", model="offline", usage={}) == "saved"
        await rpc.fail_task(task, {"code": "x", "message": "y"}, retryable=False)
        assert await rpc.extend_task("delivery", "d", "k", 60) is False
        assert [request.body for request in rest.received] == [
            {"channel_account_id": "a"},
            {"channel_account_id": "a", "events": []},
            {"tasks": [{"msg_id": 7, "id": "d"}], "visibility_s": 60},
            {"report_id": "r", "claim": "k", "summary": "s", "markdown": "m", "model": "offline", "usage": {}},
            {"task": "delivery", "id": "d", "claim": "k", "error": {"code": "x", "message": "y"}, "retryable": False},
            {"task": "delivery", "id": "d", "claim": "k", "visibility_s": 60},
        ]
        await rpc.close()


@pytest.mark.parametrize("code", ["40P01", "55P03"])
async def test_a_deadlock_or_lock_timeout_is_called_again(code: str) -> None:
    """They arrive as HTTP 500 and pass by themselves."""
    async with server() as rest:
        rest.answer("ingest", refusal(500, code), {"messages": 1})
        rpc = Rpc(config(rest.url))
        assert (await rpc.ingest("a", []))["messages"] == 1
        assert len(rest.calls("ingest")) == 2
        await rpc.close()


async def test_a_deadlock_that_stays_is_told() -> None:
    """Briefly means briefly."""
    async with server() as rest:

        async def deadlock(_: Any) -> Any:
            return refusal(500, "40P01")

        rest.on["ingest"] = deadlock
        rpc = Rpc(config(rest.url))
        with pytest.raises(RpcError) as refused:
            await rpc.ingest("a", [])
        assert (refused.value.code, refused.value.retryable) == ("40P01", True)
        assert len(rest.calls("ingest")) > 2
        await rpc.close()


@pytest.mark.parametrize(
    ("status", "code"), [(400, "P0001"), (404, "PGRST202"), (401, "PGRST301"), (403, "42501"), (500, "XX000")]
)
async def test_a_refusal_is_told_at_once(status: int, code: str) -> None:
    """With PostgREST's code; repeating would not help."""
    async with server() as rest:

        async def refuse(_: Any) -> Any:
            return refusal(status, code, "the rule's sentence")

        rest.on["ingest"] = refuse
        rpc = Rpc(config(rest.url))
        with pytest.raises(RpcError, match="the rule's sentence") as refused:
            await rpc.ingest("a", [])
        assert (refused.value.code, refused.value.status, refused.value.retryable) == (code, status, status >= 500)
        assert len(rest.received) == 1
        await rpc.close()


@pytest.mark.parametrize(
    ("status", "code"),
    [(503, "PGRST001"), (503, ""), (502, ""), (504, "PGRST003"), (500, "57P01"), (500, "53300"), (400, "")],
)
async def test_a_database_that_is_away_has_its_own_error(status: int, code: str) -> None:
    """Whatever says so: the gateway, PostgREST, a server shutting down, or a connection that broke in mid-request."""
    async with server() as rest:

        async def away(_: Any) -> Any:
            return refusal(status, code)

        rest.on["ingest"] = away
        rpc = Rpc(config(rest.url))
        with pytest.raises(DatabaseUnavailable):
            await rpc.ingest("a", [])
        assert len(rest.received) > 1
        await rpc.close()


async def test_nobody_listening_is_a_database_away() -> None:
    """Connection refused, after a brief while of trying."""
    rpc = Rpc(config(free_port_url()))
    with pytest.raises(DatabaseUnavailable):
        await rpc.ingest("a", [])
    await rpc.close()


async def test_patience_outlives_a_restart() -> None:
    """A recorded send is worth waiting for."""
    async with server() as rest:
        rest.answer(
            "complete_deliveries", *[refusal(503, "PGRST001") for _ in range(7)], [{"id": "d", "status": "sent"}]
        )
        rpc = Rpc(config(rest.url))
        result: Any = {"id": "d", "claim": "k", "outcome": "sent"}
        assert (await rpc.complete_deliveries([result], patience_s=10))[0]["status"] == "sent"
        assert len(rest.received) == 8
        await rpc.close()
