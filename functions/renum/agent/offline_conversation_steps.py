"""The tools of a turn: what was called is looked up, what was not yet is asked for by stopping the rules there.

The rules run from the beginning for every step and ask for the same calls in the same order, so each finds the results
of the steps before and goes on to the next one.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple, TypedDict

from renum.agent.offline_conversation_view import mapping


class Step(TypedDict, total=False):
    """A tool that was called in this turn, with its result or why it was refused."""

    name: str
    args: dict[str, Any]
    result: Any
    error: str


class ToolCall(TypedDict):
    """A call the model asks for."""

    name: str
    args: dict[str, Any]


class Outcome(NamedTuple):
    """What came of a call: its result, or its error."""

    result: dict[str, Any]
    error: str


class NeedsResult(Exception):
    """The rules cannot go on before `call` has been made."""

    def __init__(self, call: ToolCall) -> None:
        super().__init__(call["name"])
        self.call = call


MOST_CALLS = 3
"""Calls in one turn: the fourth step is the answer."""


class Steps:
    """The tools that are bound and what was called so far."""

    def __init__(self, tools: Sequence[str], steps: list[Step]) -> None:
        self.tools = frozenset(tools)
        self.made = len(steps)
        self.outcomes = {
            _key(step.get("name", ""), step.get("args")): Outcome(
                mapping(step.get("result")), str(step["error"] or "refused") if "error" in step else ""
            )
            for step in steps
        }

    def bound(self, name: str) -> bool:
        """Whether the tool can be called by whoever has the dialogue."""
        return name in self.tools

    def call(self, name: str, args: dict[str, Any]) -> Outcome | None:
        """What came of this call; None when the tool is not bound or no more can be called. Raises NeedsResult."""
        known = self.outcomes.get(_key(name, args))
        if known is not None:
            return known
        if name not in self.tools or self.made >= MOST_CALLS:
            return None
        raise NeedsResult({"name": name, "args": args})


def _key(name: str, args: object) -> str:
    return f"{name} {json.dumps(mapping(args), sort_keys=True, default=str)}"
