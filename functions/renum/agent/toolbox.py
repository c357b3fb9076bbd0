"""Tools as a model sees them, and what comes of its calls. Which tools there are, and what they may do, is SQL's."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from langchain_core.messages import AIMessage, ToolMessage
from langchain_core.messages.tool import ToolCall

from renum.channels.payload import storable
from renum.errors import LeaseLost
from renum.shapes import Dialogue, SubAgentInfo, ToolInfo, ToolOutcome

CallTool = Callable[[str, str, dict[str, Any], str | None], Awaitable[ToolOutcome]]
"""(call's name within the turn, tool, arguments, the specialist's id) → outcome; raises RenumError."""

RESULT_LIMIT = 8000


def bindable(tool: ToolInfo) -> dict[str, Any]:
    """A tool in the form that LangChain's `bind_tools` takes (OpenAI's)."""
    return {
        "type": "function",
        "function": {"name": tool["name"], "description": tool["description"], "parameters": tool["parameters"]},
    }


def tools_of(turn: Dialogue, specialist: SubAgentInfo | None) -> list[ToolInfo]:
    """The tools of whoever has the dialogue."""
    names = specialist["tools"] if specialist else turn["own_tools"]
    return [tool for tool in turn["tools"] if tool["name"] in names]


@dataclass
class Toolbox:
    """Calls the tools of one turn. `called` are the names of those that were, in order."""

    call_tool: CallTool
    reruns: int
    called: list[str] = field(default_factory=list)

    async def run(self, name: str, arguments: dict[str, Any], specialist: SubAgentInfo | None) -> ToolOutcome:
        """One call. Raises LeaseLost when the turn is nobody's business any more."""
        self.called.append(name)
        place = f"{self.reruns}.{len(self.called)}"
        try:
            given = json.loads(json.dumps(storable(arguments), allow_nan=False))
        except (ValueError, RecursionError):
            return {"verdict": "refused", "error": "the arguments are not JSON"}
        outcome = await self.call_tool(place, name[:100], given, specialist["id"] if specialist else None)
        if outcome["verdict"] == "stale":
            raise LeaseLost
        return outcome


def told(call: ToolCall, outcome: ToolOutcome) -> ToolMessage:
    """What the model reads of an outcome: JSON whose `<` is escaped, so that nothing in it closes a block of data."""
    content = {"error": outcome["error"]} if "error" in outcome else {"result": outcome.get("result")}
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    if len(text) > RESULT_LIMIT:
        text = json.dumps({"result": text[:RESULT_LIMIT], "cut": True}, ensure_ascii=False)
    return ToolMessage(text.replace("<", "\\u003c"), tool_call_id=call["id"] or "")


def refusal(identity: str | None, why: str) -> ToolMessage:
    """What the model reads of a call that was not made."""
    return ToolMessage(json.dumps({"error": why}, ensure_ascii=False), tool_call_id=identity or "")


def unreadable(answer: AIMessage) -> list[ToolMessage]:
    """Refusals for calls whose arguments were no JSON object."""
    return [refusal(call["id"], "the arguments are not a JSON object") for call in answer.invalid_tool_calls]
