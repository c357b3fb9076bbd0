"""Chat models by name, and the one way to ask them. `offline` is built in; everything else is a LangChain
`init_chat_model` string."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from langchain_core.language_models import LanguageModelInput
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool

from renum.agent.failures import model_error
from renum.errors import ModelError
from renum.log import Log
from renum.settings import settings
from renum.shapes import AgentInfo, ReportWork, Use

OFFLINE = "offline"

Tool = type | BaseTool | dict[str, Any]
Model = Runnable[LanguageModelInput, AIMessage]
Load = Callable[[str, Sequence[Tool], str | None], Model]

log = Log("models")


@dataclass(frozen=True)
class Asked:
    """What came of asking: the answer, the model that gave it, and what every call used, those of no use included."""

    answer: AIMessage
    model: str
    uses: list[Use]


@lru_cache(maxsize=32)
def chat_model(name: str) -> BaseChatModel:
    """The chat model called `name`, made once. Raises ModelError (`model_unavailable`) when its package or key is
    missing."""
    config = settings()
    if name == OFFLINE:
        from renum.agent.offline import OfflineChatModel

        return OfflineChatModel(delay_ms=config.model_delay_ms)
    try:
        from langchain.chat_models import init_chat_model

        # The task's attempts are the database's to count and to space: RENUM_MODEL_RETRIES is 0 unless someone sets it.
        model: BaseChatModel = init_chat_model(name, timeout=config.model_timeout_s, max_retries=config.model_retries)
    except Exception as error:
        # The reason may quote a key; the class is enough to find it.
        raise ModelError(
            "model_unavailable", f"model {name} cannot be loaded ({type(error).__name__})", retryable=False
        ) from error
    return model


@lru_cache(maxsize=64)
def _bound_once(name: str, tools: tuple[type, ...], tool_choice: str | None) -> Model:
    return chat_model(name).bind_tools(list(tools), tool_choice=tool_choice)


def bound(name: str, tools: Sequence[Tool], tool_choice: str | None) -> Model:
    """The model called `name` with `tools` bound to it; bound once where all of them are classes. Raises ModelError."""
    if not tools:
        return chat_model(name)
    classes = tuple(tool for tool in tools if isinstance(tool, type))
    if len(classes) == len(tools):
        return _bound_once(name, classes, tool_choice)
    return chat_model(name).bind_tools(list(tools), tool_choice=tool_choice)


def forget() -> None:
    """Drops the models made so far: for tests that change the environment."""
    chat_model.cache_clear()
    _bound_once.cache_clear()


def models_for(agent: AgentInfo | ReportWork, own: str | None = None) -> list[str]:
    """The models to ask for `agent` (or a report), the fall-back last; `own` is a sub-agent's.

    An agent whose budget is used up (`degraded`) has the offline model alone, whatever it or its sub-agents name. The
    offline model costs nothing and does not fail, so nothing stands in for it.
    """
    config = settings()
    first = OFFLINE if agent.get("degraded") else own or agent["model"] or config.model
    second = agent.get("fallback_model") or config.fallback_model
    return [first] if first == OFFLINE or not second or second == first else [first, second]


async def ask(
    names: Sequence[str],
    messages: Sequence[BaseMessage],
    *,
    tools: Sequence[Tool] = (),
    tool_choice: str | None = None,
    timeout_s: float,
    check: Callable[[AIMessage], object] | None = None,
    load: Load = bound,
) -> Asked:
    """Asks the first of `names` (see `models_for`), each for at most `timeout_s` seconds, and the next one when it
    fails in whatever way: too late, away, throttled, refused, not installed, or with an answer of no use.

    An answer is of no use when `tool_choice` is given and no tool is called, or when `check` raises ValueError for it
    (pydantic's ValidationError is one). Raises the first ModelError that a later attempt may survive, else the first;
    its `uses` are those of all calls.
    """
    uses: list[Use] = []
    failures: list[ModelError] = []
    for name in names:
        try:
            answer = await _call(name, load, messages, tools, tool_choice, timeout_s)
            _note(uses, name, answer)
            _check(name, answer, tool_choice, check)
        except ModelError as error:
            failures.append(error)
            if name != names[-1]:
                log.warning(
                    "A model failed; the next one is asked.", action="model.fallback", model=name, code=error.code
                )
            continue
        return Asked(answer, name, uses)
    worst = next((error for error in failures if error.retryable), failures[0])
    worst.uses = uses
    raise worst


async def _call(
    name: str,
    load: Load,
    messages: Sequence[BaseMessage],
    tools: Sequence[Tool],
    tool_choice: str | None,
    timeout_s: float,
) -> AIMessage:
    model = load(name, tools, tool_choice)
    try:
        async with asyncio.timeout(timeout_s):
            return await model.ainvoke(list(messages))
    except TimeoutError as error:
        raise ModelError("model_timeout", f"{name} did not answer within {timeout_s:g} s", retryable=True) from error
    except Exception as error:
        raise model_error(name, error) from error


def _note(uses: list[Use], name: str, answer: AIMessage) -> None:
    if usage := answer.usage_metadata:
        uses.append({"model": name, "input_tokens": usage["input_tokens"], "output_tokens": usage["output_tokens"]})


def _check(name: str, answer: AIMessage, tool_choice: str | None, check: Callable[[AIMessage], object] | None) -> None:
    if tool_choice is not None and not answer.tool_calls:
        raise ModelError("model_malformed", f"{name} did not call its tool", retryable=True)
    if check is None:
        return
    try:
        check(answer)
    except ValueError as error:
        raise ModelError("model_malformed", f"{name} broke the schema of its tool", retryable=True) from error
