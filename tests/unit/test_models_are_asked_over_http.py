"""A turn of a real model's client against a server that speaks its protocol: failures, the fall-back, usage."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from langchain_core.messages import HumanMessage

from renum.agent.context import AgentContext
from renum.agent.graph import run_interview
from renum.agent.models import ask, models_for
from renum.agent.state import InterviewState, Understanding
from renum.errors import ModelError, describe
from renum.settings import settings
from tests.openai_server import OpenAIServer, Reply, calls, openai_server, refused, text
from tests.unit.turns import turn

MODEL = "openai:gpt-5-mini"
OTHER = "openai:gpt-5-nano"
GOOD = {"intent": "answer", "answers": [{"key": "nota", "value": 8, "quote": "8", "seq": 5}]}


@pytest.fixture
def openai(environment: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenAIServer]:
    """The server, and an environment that names it."""
    with openai_server() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
        monkeypatch.setenv("RENUM_MODEL", MODEL)
        settings.cache_clear()
        yield server


async def _turn(*models: str, timeout_s: float = 5) -> InterviewState:
    return await run_interview(turn("8", current="nota"), AgentContext(models or [MODEL], timeout_s, "thread-1"))


async def test_a_turn_goes_to_the_model_and_back(openai: OpenAIServer) -> None:
    """Its tool is offered, required and understood; what it read and wrote is counted."""
    openai.then(calls(("Understanding", GOOD), tokens=(1234, 56)))
    state = await _turn(*models_for(turn("8")["agent"]))
    assert [(a["key"], a["value"]) for a in state["proposal"]["answers"]] == [("nota", 8)]
    assert (state["model"], state["uses"]) == (
        MODEL,
        [{"model": MODEL, "input_tokens": 1234, "output_tokens": 56}],
    )
    (request,) = openai.requests
    assert [tool["function"]["name"] for tool in request["tools"]] == ["Understanding"]
    assert (request["model"], request["tool_choice"]) == ("gpt-5-mini", "required")
    assert openai.keys == ["Bearer sk-test"]


PAID = [{"model": MODEL, "input_tokens": 100, "output_tokens": 20}]
BAD: list[tuple[Reply, str, bool, bool]] = [
    (refused(500), "model_failed", True, False),
    (refused(503), "model_failed", True, False),
    (refused(429, retry_after="2"), "model_throttled", True, False),
    (refused(429, "insufficient_quota"), "model_refused", False, False),
    (refused(401, "invalid_api_key"), "model_refused", False, False),
    (Reply(body=b'{"id": "chatcmpl-1", "choices": ['), "model_failed", True, False),
    (text("Oi! Como posso ajudar?"), "model_malformed", True, True),
    (calls(("Convert", GOOD)), "model_malformed", True, True),
    (calls(("Understanding", '{"intent": "answer", "answers": [')), "model_malformed", True, True),
    (calls(("Understanding", {"answers": [{"value": 8}]})), "model_malformed", True, True),
    (calls(("Understanding", {"intent": "dance"})), "model_malformed", True, True),
    (calls(("Understanding", GOOD), delay_s=1), "model_timeout", True, False),
]


@pytest.mark.parametrize(("bad", "code", "retryable", "paid"), BAD)
async def test_what_a_model_does_wrong_is_one_named_error(
    openai: OpenAIServer, bad: Reply, code: str, retryable: bool, paid: bool
) -> None:
    """With what it cost where the provider said so, and without the provider's words."""
    openai.then(bad)
    with pytest.raises(ModelError) as failed:
        await _turn(timeout_s=0.5 if bad.delay_s else 5)
    told = describe(failed.value)
    assert (told["code"], failed.value.retryable) == (code, retryable)
    assert told.get("usage") == (PAID if paid else None)
    assert told.get("retry_after_ms") == (2000 if code == "model_throttled" else None)
    assert "sk-" not in str(told)
    assert "Ana" not in str(told)
    assert len(openai.requests) == 1


@pytest.mark.parametrize(("bad", "code", "retryable", "paid"), BAD)
async def test_a_second_model_answers_where_the_first_fails(
    openai: OpenAIServer, bad: Reply, code: str, retryable: bool, paid: bool
) -> None:
    """Whatever it was; both are paid for."""
    openai.then(bad, calls(("Understanding", GOOD), tokens=(7, 3)))
    state = await _turn(MODEL, OTHER, timeout_s=0.5 if bad.delay_s else 5)
    assert openai.asked() == ["gpt-5-mini", "gpt-5-nano"]
    assert [a["value"] for a in state["proposal"]["answers"]] == [8]
    assert state["model"] == OTHER
    second = [{"model": OTHER, "input_tokens": 7, "output_tokens": 3}]
    assert state["uses"] == (PAID if paid else []) + second


async def test_the_offline_model_stands_in_for_a_model_that_is_not_installed(openai: OpenAIServer) -> None:
    """It is always there."""
    state = await _turn("nobody:none", "offline")
    assert state["model"] == "offline"
    assert [a["value"] for a in state["proposal"]["answers"]] == [8]
    assert openai.requests == []


async def test_where_both_fail_the_one_that_may_be_tried_again_decides(openai: OpenAIServer) -> None:
    """And both are told of what they cost."""
    openai.then(refused(401), text("Oi"))
    with pytest.raises(ModelError) as failed:
        await _turn(MODEL, OTHER)
    assert (failed.value.code, failed.value.retryable) == ("model_malformed", True)
    assert failed.value.uses == [{"model": OTHER, "input_tokens": 100, "output_tokens": 20}]
    openai.then(refused(401))
    with pytest.raises(ModelError) as worse:
        await _turn(MODEL, OTHER)
    assert (worse.value.code, worse.value.retryable) == ("model_refused", False)


async def test_several_calls_at_once_reach_whoever_asks(openai: OpenAIServer) -> None:
    """All of them, in order; an interview takes the one that is its own."""
    openai.then(calls(("a", {"x": 1}), ("Understanding", GOOD), ("b", {})))
    tools = [{"type": "function", "function": {"name": name, "parameters": {"type": "object"}}} for name in "ab"]
    asked = await ask([MODEL], [HumanMessage("oi")], tools=[*tools, Understanding], tool_choice="any", timeout_s=5)
    assert [call["name"] for call in asked.answer.tool_calls] == ["a", "Understanding", "b"]
    assert [a["value"] for a in (await _turn())["proposal"]["answers"]] == [8]


async def test_text_is_an_answer_where_no_tool_is_asked_for(openai: OpenAIServer) -> None:
    """As a report's summary is."""
    openai.then(text("Tudo certo."))
    asked = await ask([MODEL], [HumanMessage("resuma")], timeout_s=5)
    assert asked.answer.text == "Tudo certo."
    assert "tools" not in openai.requests[0]


async def test_a_call_is_repeated_as_often_as_the_environment_says(
    openai: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the provider's own client, within the time of the call."""
    monkeypatch.setenv("RENUM_MODEL_RETRIES", "1")
    settings.cache_clear()
    openai.then(refused(500), calls(("Understanding", GOOD)))
    assert (await _turn())["model"] == MODEL
    assert openai.asked() == ["gpt-5-mini"] * 2


def test_models_are_named_by_the_agent_then_by_the_environment(
    openai: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A used-up budget is above all of them."""
    agent = turn("8")["agent"]
    assert models_for(agent) == [MODEL]
    monkeypatch.setenv("RENUM_FALLBACK_MODEL", "offline")
    settings.cache_clear()
    assert models_for(agent) == [MODEL, "offline"]
    assert models_for({**agent, "model": OTHER, "fallback_model": MODEL}) == [OTHER, MODEL]
    assert models_for({**agent, "model": OTHER}, "openai:own") == ["openai:own", "offline"]
    assert models_for({**agent, "model": "offline"}) == ["offline"]
    assert models_for({**agent, "fallback_model": MODEL}) == [MODEL]
    assert models_for({**agent, "model": "offline", "degraded": True}, "openai:own") == ["offline"]
