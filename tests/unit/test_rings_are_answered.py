"""The deployed `deliver` and `report`: what a ring answers, and what they do with their queues."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from renum import rpc
from renum.settings import settings
from tests.unit.doubles import Server, deployed, refusal, server, until

FUNCTIONS = Path(__file__).parents[2] / "functions"
WORK = {
    "report_id": "r1",
    "kind": "interview",
    "company_name": "Padaria Sol",
    "project": {"name": "Satisfação", "type": "survey", "goal": None},
    "statistics": {"lead_name": "Ana", "status": "completed", "minutes": 4, "messages": 9, "answers": []},
    "model": None,
}


def claimed(kind: str, name: str, work: Any) -> dict[str, Any]:
    """A claimed task."""
    base = {"task": kind, "queue": "low_priority", "msg_id": 1, "id": name, "client_id": "c", "attempt": 1}
    return {**base, "claim": f"claim-{name}", "wait_ms": 0, "work": work}


@pytest.fixture
async def rest(monkeypatch: pytest.MonkeyPatch, environment: None) -> AsyncIterator[Server]:
    """PostgREST on loopback, with empty queues."""
    async with server() as other_side:
        monkeypatch.setenv("RENUM_REST_URL", other_side.url)
        monkeypatch.setenv("RENUM_DRAIN_IDLE_S", "0.2")
        settings.cache_clear()
        other_side.answer("claim_tasks", {"tasks": [], "next_due_ms": None})
        yield other_side
        await rpc.rpc().close()


def function(name: str) -> httpx.AsyncClient:
    """A client of the deployed function."""
    return deployed(FUNCTIONS / f"{name}.py")


@pytest.mark.parametrize(("name", "queue"), [("deliver", "default"), ("report", "low_priority")])
async def test_each_function_drains_its_own_queue(rest: Server, name: str, queue: str) -> None:
    """And says that there was nothing."""
    answer = await function(name).post("/", json={})
    assert (answer.status_code, answer.json()) == (200, {"done": 0, "failed": 0})
    assert {tuple(call["queues"]) for call in rest.calls("claim_tasks")} == {(queue,)}


async def test_a_ring_while_draining_is_accepted_at_once(rest: Server) -> None:
    """202: the one before it is on its way."""
    gate = asyncio.Event()

    async def slow(_: Any) -> Any:
        await gate.wait()
        return {"tasks": [], "next_due_ms": None}

    rest.on["claim_tasks"] = slow
    http = function("deliver")
    first = asyncio.create_task(http.post("/", json={}))
    await until(lambda: len(rest.calls("claim_tasks")) == 1)
    second = await asyncio.wait_for(http.post("/", json={}), 1)
    assert (second.status_code, second.json()) == (202, {"draining": True})
    gate.set()
    assert (await first).status_code == 200


async def test_a_database_away_is_503(rest: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sweep rings again."""
    monkeypatch.setattr("renum.drain.CLAIM_PATIENCE_S", 0.05)

    async def away(_: Any) -> Any:
        return refusal(503, "PGRST001")

    rest.on["claim_tasks"] = away
    answer = await function("deliver").post("/", json={})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


async def test_a_report_is_written_and_saved(rest: Server) -> None:
    """Summary, Markdown, the model's name and its tokens, under the task's claim."""
    rest.answer(
        "claim_tasks",
        {"tasks": [claimed("report", "r1", WORK)], "next_due_ms": None},
        {"tasks": [], "next_due_ms": None},
    )
    rest.answer("save_report", {"verdict": "saved"})
    assert (await function("report").post("/", json={})).json() == {"done": 1, "failed": 0}
    (saved,) = rest.calls("save_report")
    assert (saved["report_id"], saved["claim"], saved["model"]) == ("r1", "claim-r1", "offline")
    assert saved["summary"].startswith("Entrevista concluída")
    assert saved["summary"] in saved["markdown"]
    assert saved["usage"]["input_tokens"] > 0


async def test_a_report_of_a_model_that_is_not_there_is_a_permanent_failure(rest: Server) -> None:
    """Named in the dead letter."""
    work = {**WORK, "model": "nobody:none"}
    rest.answer(
        "claim_tasks",
        {"tasks": [claimed("report", "r1", work)], "next_due_ms": None},
        {"tasks": [], "next_due_ms": None},
    )
    rest.answer("fail_task", {"outcome": "dead", "retry_in_ms": None})
    assert (await function("report").post("/", json={})).json() == {"done": 0, "failed": 1}
    (told,) = rest.calls("fail_task")
    assert (told["error"]["code"], told["retryable"]) == ("model_unavailable", False)
