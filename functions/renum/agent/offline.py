"""The built-in chat model: deterministic rules behind LangChain's own interface, so that no network is needed.

It reads the messages a real model would get, takes the data out of the delimited JSON block, and answers a turn with a
call of the bound tool and a report with plain text. The same input gives the same output.
"""

from __future__ import annotations

import asyncio
import json
import time
import zlib
from collections.abc import Callable, Sequence
from typing import Any, cast

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import LanguageModelInput
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

from renum.agent.offline_conversation import converse
from renum.agent.offline_conversation_steps import Step
from renum.agent.offline_conversation_summary import summarise_conversation
from renum.agent.offline_interview import Interviewer
from renum.agent.prompts import read_data

CHARACTERS_PER_TOKEN = 4
"""A usual estimate for counting tokens without a tokenizer."""


class OfflineChatModel(BaseChatModel):
    """A chat model of rules. `delay_ms` makes each call as slow as a real model's, without using the processor."""

    delay_ms: int = 0

    @property
    def _llm_type(self) -> str:
        return "renum-offline"

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Binds tools as any LangChain model does; the first one is what a turn is answered with."""
        return self.bind(tools=[convert_to_openai_tool(tool) for tool in tools], tool_choice=tool_choice, **kwargs)

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        if self.delay_ms:
            await asyncio.sleep(self.delay_ms / 1000)
        return _answer(messages, kwargs.get("tools"))

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        if self.delay_ms:
            time.sleep(self.delay_ms / 1000)
        return _answer(messages, kwargs.get("tools"))


def _answer(messages: list[BaseMessage], tools: list[dict[str, Any]] | None) -> ChatResult:
    human = str(next(message for message in reversed(messages) if isinstance(message, HumanMessage)).content)
    data = read_data(human)
    read = sum(len(str(message.content)) for message in messages)
    if data.get("task") == "summary":
        from renum.report.offline_summary import summarise

        return _result(summarise(data), [], read)
    if data.get("task") == "conversation_summary":
        return _result(summarise_conversation(data), [], read)
    if data.get("task") == "conversation":
        steps = steps_of(messages)
        wanted = converse(data, [tool["function"]["name"] for tool in tools or []], steps)
        # Of the same data and the same step it is the same call: the database runs it once.
        made = f"call_{zlib.crc32(human.encode()):08x}_{len(steps)}"
        return _result("", [{**call, "id": f"{made}_{place}"} for place, call in enumerate(wanted)], read)
    if data.get("task") == "isa":
        from renum.isa.offline import answer

        text, asked = answer(data)
        calls = [{"name": tool, "args": given, "id": f"call_{place}"} for place, (tool, given) in enumerate(asked)]
        return _result(text, calls, read)
    arguments = Interviewer(data).understand()
    name = tools[0]["function"]["name"] if tools else "Understanding"
    call = {"name": name, "args": arguments, "id": f"call_{zlib.crc32(human.encode()):08x}"}
    return _result("", [call], read)


def steps_of(messages: list[BaseMessage]) -> list[Step]:
    """The tools called since the data was given, each with what came of it."""
    results = {message.tool_call_id: message for message in messages if isinstance(message, ToolMessage)}
    steps: list[Step] = []
    for message in messages:
        for call in message.tool_calls if isinstance(message, AIMessage) else ():
            result = results.get(str(call["id"]))
            if result is not None:
                steps.append(cast(Step, {"name": call["name"], "args": call["args"], **_outcome(str(result.content))}))
    return steps


def _outcome(content: str) -> dict[str, Any]:
    """What a tool's message says: {"result"} or {"error"}; a text that is neither is an error."""
    try:
        said = json.loads(content)
    except ValueError:
        return {"error": content[:500]}
    if isinstance(said, dict) and ("error" in said or "result" in said):
        return {key: said[key] for key in ("result", "error") if said.get(key) is not None}
    return {"result": said}


def _result(content: str, tool_calls: list[dict[str, Any]], characters_read: int) -> ChatResult:
    written = len(content) + sum(len(str(call["args"])) for call in tool_calls)
    tokens_in, tokens_out = characters_read // CHARACTERS_PER_TOKEN + 1, written // CHARACTERS_PER_TOKEN + 1
    usage = {"input_tokens": tokens_in, "output_tokens": tokens_out, "total_tokens": tokens_in + tokens_out}
    message = AIMessage(content=content, tool_calls=tool_calls, usage_metadata=usage)
    return ChatResult(generations=[ChatGeneration(message=message)])
