"""The `isa` graph: one model call says which tools are meant; reading is done at once, acts are planned, never done.

START ─► understand ─┬─► plan ───► END     at least one act: a plan and a token, or what stands in its way
                     ├─► read ───► END     rows and figures
                     └─► explain ► END     nothing that ISA does
"""

from __future__ import annotations

import asyncio
from typing import Any, Literal, cast

from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage
from langchain_core.runnables import Runnable
from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime
from pydantic import ValidationError

from renum import user_rpc
from renum.agent.failures import model_error
from renum.agent.models import chat_model
from renum.errors import ModelError
from renum.isa.context import IsaContext
from renum.isa.offline import NOT_UNDERSTOOD
from renum.isa.planning import acts_of
from renum.isa.prompts import command_messages
from renum.isa.reading import Found, count, show
from renum.isa.state import TOOLS, Count, IsaState, Plan, Show
from renum.isa.targets import Target, Unclear
from renum.shapes import JSON

MOST_CALLS = 8
SAID_LIMIT = 2000
TARGETS = ("client", "lead")
CONFIRM = "\nConfirme em até 5 minutos para que seja feito; até lá, nada mudou."


async def understand(state: IsaState, runtime: Runtime[IsaContext]) -> IsaState:
    """The one model call. Raises ModelError."""
    context = runtime.context
    try:
        async with asyncio.timeout(context.timeout_s):
            answer = await context.model.ainvoke(command_messages(state["command"], state["today"]))
    except TimeoutError as error:
        raise ModelError(
            "model_timeout", f"{context.model_name} did not answer within {context.timeout_s:g} s", retryable=True
        ) from error
    except Exception as error:
        raise model_error(context.model_name, error) from error
    try:
        calls = [TOOLS[call["name"]].model_validate(call["args"]) for call in answer.tool_calls[:MOST_CALLS]]
    except (ValidationError, KeyError) as error:
        raise ModelError(
            "model_malformed", f"{context.model_name} broke the schema of its tools", retryable=True
        ) from error
    return {"calls": calls, "said": answer.text.strip()[:SAID_LIMIT]}


async def route(state: IsaState) -> Literal["plan", "read", "explain"]:
    """Which way a command goes."""
    if any(isinstance(call, Plan) for call in state["calls"]):
        return "plan"
    return "read" if state["calls"] else "explain"


async def explain(state: IsaState) -> IsaState:
    """Nothing to read or to plan: the model's own sentence, or what can be asked."""
    return {"reply": state["said"] or NOT_UNDERSTOOD, "data": [], "result": {"outcome": "not_understood"}}


async def read(state: IsaState, runtime: Runtime[IsaContext]) -> IsaState:
    """Rows and figures, at once, under the admin's own rights."""
    parts, kept, target = await _read(state, runtime.context.authorization)
    return {
        "reply": "\n\n".join(part.text for part in parts),
        "data": [part.data for part in parts],
        "result": {"outcome": "answered", "found": kept},
        "target": target,
    }


async def plan(state: IsaState, runtime: Runtime[IsaContext]) -> IsaState:
    """What would be done, and the token that confirms it. What is only read beside it is read, too."""
    authorization = runtime.context.authorization
    acts: list[JSON] = []
    for call in state["calls"]:
        if isinstance(call, Plan):
            acts += await acts_of(call, authorization)
    parts, _, _ = await _read(state, authorization)
    planned = cast(
        JSON, await user_rpc.call("plan_isa_command", {"command_id": state["id"], "acts": acts}, authorization)
    )
    told = [part.text for part in parts]
    data = [part.data for part in parts]
    if planned["plan"] is None:
        told.append("\n".join(planned["problems"]) + "\nNada foi feito.")
        return {
            "reply": "\n\n".join(told),
            "data": data,
            "result": {"outcome": "nothing_to_do", "problems": planned["problems"]},
        }
    told.append(planned["plan"]["text"] + CONFIRM)
    return {
        "reply": "\n\n".join(told),
        "data": data,
        "plan": planned["plan"],
        "token": planned["token"],
        "expires_at": planned["expires_at"],
    }


async def _read(state: IsaState, authorization: str) -> tuple[list[Found], list[JSON], tuple[str | None, str | None]]:
    parts: list[Found] = []
    for call in state["calls"]:
        if isinstance(call, Show):
            parts.append(await show(call, state["today"], authorization))
        elif isinstance(call, Count):
            parts.append(await count(call, state["today"], authorization))
    target = next((part.target for part in parts if part.target is not None), None)
    return parts, [part.kept for part in parts], target_of(target)


def target_of(target: Target | None) -> tuple[str | None, str | None]:
    """What a command was about, as isa_commands has it: a project is its client's."""
    if target is None:
        return None, None
    return (target.kind, target.id) if target.kind in TARGETS else ("client", target.client_id)


def _compile() -> Any:
    graph = StateGraph(IsaState, context_schema=IsaContext)
    graph.add_node("understand", understand)
    graph.add_node("explain", explain)
    graph.add_node("read", read)
    graph.add_node("plan", plan)
    graph.add_edge(START, "understand")
    graph.add_conditional_edges("understand", route)
    for last in ("explain", "read", "plan"):
        graph.add_edge(last, END)
    return graph.compile(name="isa")


isa = _compile()


async def run(command_id: str, command: str, today: str, context: IsaContext) -> IsaState:
    """One command through the graph. Raises ModelError, RequestError, DatabaseUnavailable."""
    state: IsaState = {"id": command_id, "command": command, "today": today}
    try:
        return cast(IsaState, await isa.ainvoke(state, context=context))
    except Unclear as unclear:
        return {
            **state,
            "reply": unclear.reply,
            "data": [{"what": "candidates", "rows": [one.row() for one in unclear.candidates]}]
            if unclear.candidates
            else [],
            "result": {"outcome": "unclear", "candidates": [one.id for one in unclear.candidates]},
        }


def bound(name: str) -> Runnable[LanguageModelInput, AIMessage]:
    """The chat model called `name`, given ISA's tools. Raises ModelError."""
    return chat_model(name).bind_tools(list(TOOLS.values()))
