"""The `conversation` graph: a bounded loop of a model and its tools, then a proposal.

START ─┬─► farewell ───────────────────────► END     the lead has opted out: no model is called
       ├─► unreadable ─────────────────────► END     only audio, images and the like: says so, no model is called
       ├─► summarise ──┐                             what is too old to be read again is summed up first
       └───────────────┴─► think ⇄ act ─► settle ─► END      an answer of no use costs a step: think again

`think` is one model call of whoever has the dialogue; `act` calls the tools it asked for, or hands the dialogue to a
specialist, who then thinks in the same turn. The model proposes; tools and the commit, that is SQL, decide.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from langchain_core.messages import AIMessage, BaseMessage
from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime
from pydantic import ValidationError

from renum.agent.conversation_prompts import conversation_messages, repeats, summary_messages
from renum.agent.conversation_state import PRINCIPAL, Answer, ConversationState
from renum.agent.models import Load, Tool, ask, bound, models_for
from renum.agent.phrases import unreadable_reply
from renum.agent.toolbox import CallTool, Toolbox, bindable, refusal, told, tools_of, unreadable
from renum.channels.payload import storable
from renum.errors import ModelError
from renum.log import Log
from renum.shapes import ConversationProposal, Dialogue, Step, SubAgentInfo

HANDOFFS = 2
"""How often the dialogue may change hands within one turn."""

REPLY_LIMIT = 4000
SUMMARY_LIMIT = 2000
WITHHELD = "Desculpe, não consigo ajudar com isso. Posso ajudar em mais alguma coisa?"
EXHAUSTED = "o assistente não conseguiu concluir o atendimento"

log = Log("conversation")


@dataclass(frozen=True)
class ConversationContext:
    """How long one call of a model may take (seconds), a salt for varying phrases, and the way to SQL's tools."""

    timeout_s: float
    thread_id: str
    call_tool: CallTool
    load: Load = bound


def _proposal(reply: str, turn: Dialogue, *, opt_out: bool = False) -> ConversationProposal:
    return {
        "reply": reply,
        "sub_agent": turn["sub_agent"],
        "memory": {},
        "summary": None,
        "summary_seq": None,
        "hand_over": None,
        "opt_out": opt_out,
        "actions": [],
    }


def _timed(state: ConversationState, node: str, started: float) -> list[Step]:
    return [*state.get("steps", []), {"node": node, "ms": round((time.perf_counter() - started) * 1000, 2)}]


def _specialist(turn: Dialogue, name: str) -> SubAgentInfo | None:
    return next((one for one in turn["sub_agents"] if one["name"] == name), None)


def _who_has_it(turn: Dialogue) -> str:
    return next((one["name"] for one in turn["sub_agents"] if one["id"] == turn["sub_agent"]), PRINCIPAL)


async def route(state: ConversationState) -> Literal["farewell", "unreadable", "summarise", "think"]:
    """Which way a turn goes."""
    turn = state["turn"]
    if turn["lead"]["opted_out"]:
        return "farewell"
    if not any(item["content"].strip() for item in turn["input"]):
        return "unreadable"
    return "summarise" if turn["to_summarise"] else "think"


async def farewell(state: ConversationState) -> ConversationState:
    """Someone who opted out is left alone; SQL knows whether the one confirmation has gone out."""
    started = time.perf_counter()
    return {"proposal": _proposal("", state["turn"], opt_out=True), "steps": _timed(state, "farewell", started)}


async def unreadable_only(state: ConversationState) -> ConversationState:
    """Nothing in the input can be read: says what can."""
    started = time.perf_counter()
    reply = unreadable_reply([item["type"] for item in state["turn"]["input"]])
    return {"proposal": _proposal(reply, state["turn"]), "steps": _timed(state, "unreadable", started)}


async def summarise(state: ConversationState, runtime: Runtime[ConversationContext]) -> ConversationState:
    """Sums up what the history no longer holds. A model that fails at it costs nothing: the next turn tries again."""
    started = time.perf_counter()
    turn = state["turn"]
    messages = summary_messages(turn["company_name"], turn["summary"], turn["to_summarise"])
    uses = list(state.get("uses", []))
    summary: str | None = None
    try:
        asked = await ask(
            models_for(turn["agent"]), messages, timeout_s=runtime.context.timeout_s, load=runtime.context.load
        )
        uses += asked.uses
        summary = " ".join(asked.answer.text.split())[:SUMMARY_LIMIT] or None
    except ModelError as error:
        uses += error.uses
        log.warning("A conversation could not be summed up.", action="conversation.unsummarised", code=error.code)
    return {"summary": summary, "uses": uses, "steps": _timed(state, "summarise", started)}


async def think(state: ConversationState, runtime: Runtime[ConversationContext]) -> ConversationState:
    """One call of the model of whoever has the dialogue. Raises ModelError, with what the turn's calls have used."""
    started = time.perf_counter()
    turn, context = state["turn"], runtime.context
    agent = state.get("agent") or _who_has_it(turn)
    agents = state.get("agents") or [agent]
    specialist = _specialist(turn, agent)
    messages: Sequence[BaseMessage] = state.get("messages") or conversation_messages(
        turn,
        specialist,
        agents=agents,
        memory=state.get("memory") or turn["memory"],
        summary=state.get("summary") or turn["summary"],
        salt=context.thread_id,
    )
    number = state.get("asked", 0) + 1
    last = number >= turn["limits"]["steps"] or len(state.get("called", [])) >= turn["limits"]["tool_calls"]
    tools: list[Tool] = [] if last else [bindable(tool) for tool in tools_of(turn, specialist)]
    uses = list(state.get("uses", []))
    try:
        asked = await ask(
            models_for(turn["agent"], str(specialist["config"].get("model") or "") or None if specialist else None),
            messages,
            tools=[*tools, Answer],
            timeout_s=context.timeout_s,
            check=_says_something,
            load=lambda name, given, _: context.load(name, given, "any"),
        )
    except ModelError as error:
        uses += error.uses
        if error.code != "model_malformed":
            error.uses = uses
            raise
        # What cannot be read costs a step, not the turn.
        log.warning("A model's answer was of no use.", action="conversation.malformed", thread_id=context.thread_id)
        given_up: ConversationState = {"answer": Answer(hand_over=EXHAUSTED)} if last else {}
        read = list(messages)
    else:
        uses += asked.uses
        given_up = {"model": asked.model}
        read = [*messages, asked.answer]
    return {
        **given_up,
        "agent": agent,
        "agents": agents,
        "messages": read,
        "asked": number,
        "uses": uses,
        "steps": _timed(state, "think", started),
    }


async def after_think(state: ConversationState) -> Literal["act", "think", "settle"]:
    """Whether there is something to act on."""
    if "answer" in state:
        return "settle"
    return "act" if isinstance(state["messages"][-1], AIMessage) else "think"


def _says_something(answer: AIMessage) -> None:
    if not (answer.tool_calls or answer.invalid_tool_calls or answer.text.strip()):
        raise ValueError("neither a tool call nor a text")


async def act(state: ConversationState, runtime: Runtime[ConversationContext]) -> ConversationState:
    """Calls the tools that the model asked for. What it answered is kept in `answer` when it may stand."""
    started = time.perf_counter()
    turn = state["turn"]
    specialist = _specialist(turn, state["agent"])
    said = cast(AIMessage, state["messages"][-1])
    box = Toolbox(runtime.context.call_tool, turn["reruns"], list(state.get("called", [])))
    answer, results, refused = _read(said), unreadable(said), False
    for call in said.tool_calls:
        if call["name"] != Answer.__name__:
            outcome = await box.run(call["name"], call["args"], specialist)
            refused = refused or outcome["verdict"] == "refused"
            results.append(told(call, outcome))
    left = state["asked"] < turn["limits"]["steps"]
    if isinstance(answer, str) or (answer is not None and refused and left):
        why = answer if isinstance(answer, str) else "not sent: a tool was refused, read why and answer again"
        results += [refusal(call["id"], why) for call in said.tool_calls if call["name"] == Answer.__name__]
        answer = None
    done: ConversationState = {"called": box.called, "messages": [*state["messages"], *results]}
    if answer is None and not left:
        if not results:
            raise ModelError("model_malformed", f"{state['model']} did not answer", retryable=True)
        answer = Answer(hand_over=EXHAUSTED)
    if answer is not None:
        done["memory"] = _remembered(state, answer)
        done.update(await _hand_on(state, answer) if left else {"answer": answer})
    if "answer" in done:
        done["tail"] = await _afterwards(box, done["answer"], specialist)
        done["called"] = box.called
    done["steps"] = _timed(state, "act", started)
    return done


def _read(said: AIMessage) -> Answer | str | None:
    """What the model answered; why that is no answer; None when it did not answer yet."""
    calls = [call for call in said.tool_calls if call["name"] == Answer.__name__]
    if not calls:
        # A model that talks instead of calling its tool has answered all the same.
        talks = not said.tool_calls and not said.invalid_tool_calls
        return Answer(reply=said.text.strip()) if talks else None
    try:
        return Answer.model_validate(calls[0]["args"])
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        return f"{'.'.join(str(part) for part in first['loc'][:2])}: {first['msg']}"


def _remembered(state: ConversationState, answer: Answer) -> dict[str, dict[str, str]]:
    memory = {scope: dict(kept) for scope, kept in (state.get("memory") or state["turn"]["memory"]).items()}
    if answer.memory:
        scope = "shared" if state["agent"] == PRINCIPAL else state["agent"]
        memory[scope] = {**memory.get(scope, {}), **answer.memory}
    return memory


async def _hand_on(state: ConversationState, answer: Answer) -> ConversationState:
    """Another agent's part of the turn begins where the dialogue is handed on without a word; else it is answered."""
    to = answer.handoff
    known = to == PRINCIPAL or (to is not None and _specialist(state["turn"], to) is not None)
    if not known or to is None or to == state["agent"]:
        return {"answer": answer}
    if answer.reply.strip():
        return {"answer": answer, "agent": to}
    if to in state["agents"] or len(state["agents"]) > HANDOFFS:
        return {"answer": answer.model_copy(update={"hand_over": answer.hand_over or EXHAUSTED})}
    return {"agent": to, "agents": [*state["agents"], to], "messages": []}


async def _afterwards(box: Toolbox, answer: Answer, specialist: SubAgentInfo | None) -> str:
    """Calls what the reply did not wait for; returns what is to be asked below it."""
    for action in answer.actions:
        await box.run(action.tool, action.arguments, specialist)
    if not answer.qualification:
        return ""
    outcome = await box.run("qualify", {"answers": answer.qualification}, specialist)
    result = outcome.get("result") or {}
    question = result.get("question") or {}
    problems = " ".join((result.get("problems") or {}).values())
    options = "".join(f"\n• {option}" for option in question.get("options") or [])
    asked = f"{question['text']}{options}" if question and question["text"] not in answer.reply else ""
    return "\n\n".join(part for part in (problems, asked) if part)


async def after_act(state: ConversationState) -> Literal["think", "settle"]:
    """Whether the turn has its answer."""
    return "settle" if "answer" in state else "think"


async def settle(state: ConversationState) -> ConversationState:
    """Shapes the proposal. A reply that repeats the built-in instructions is withheld."""
    started = time.perf_counter()
    turn, answer = state["turn"], state["answer"]
    specialist = _specialist(turn, state["agent"])
    reply = "\n\n".join(part for part in (answer.reply.strip(), state.get("tail", "")) if part)[:REPLY_LIMIT]
    if repeats(reply):
        reply = WITHHELD
    summary = state.get("summary")
    proposal: ConversationProposal = {
        "reply": reply,
        "sub_agent": specialist["id"] if specialist else None,
        "memory": state.get("memory") or {},
        "summary": summary,
        "summary_seq": turn["to_summarise"][-1]["seq"] if summary else None,
        "hand_over": answer.hand_over or None,
        "opt_out": answer.opt_out,
        "actions": state.get("called", []),
    }
    return {
        "proposal": cast(ConversationProposal, storable(proposal)),
        "steps": _timed(state, "settle", started),
    }


def _compile() -> Any:
    graph = StateGraph(ConversationState, context_schema=ConversationContext)
    graph.add_node("farewell", farewell)
    graph.add_node("unreadable", unreadable_only)
    graph.add_node("summarise", summarise)
    graph.add_node("think", think)
    graph.add_node("act", act)
    graph.add_node("settle", settle)
    graph.add_conditional_edges(START, route)
    graph.add_conditional_edges("act", after_act)
    graph.add_edge("farewell", END)
    graph.add_edge("unreadable", END)
    graph.add_edge("summarise", "think")
    graph.add_conditional_edges("think", after_think)
    graph.add_edge("settle", END)
    return graph.compile(name="conversation")


conversation = _compile()

# Steps of LangGraph itself: two for each call of a model, and the ends. What bounds a turn are its own limits.
RECURSION = 100


async def run_conversation(turn: Dialogue, context: ConversationContext) -> ConversationState:
    """One turn through the graph. Raises ModelError, LeaseLost."""
    state = await conversation.ainvoke({"turn": turn}, context=context, config={"recursion_limit": RECURSION})
    return cast(ConversationState, state)
