"""The `interview` graph: understand what the lead wrote with one model call, then shape it into a proposal.

START ─┬─► farewell ──────────────────► END     the lead has opted out: nothing is asked, no model is called
       ├─► unreadable ────────────────► END     only audio, images and the like: says so, no model is called
       └─► understand ──► word ───────► END
"""

from __future__ import annotations

import time
from typing import Any, Literal, cast

from langchain_core.messages import AIMessage
from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime

from renum.agent.context import AgentContext
from renum.agent.models import ask
from renum.agent.phrases import unreadable_reply
from renum.agent.prompts import interview_messages
from renum.agent.state import InterviewState, Understanding
from renum.shapes import Answer, Probe, Proposal, Question, Step, Turn

ACKNOWLEDGEMENT_LIMIT = 300
QUOTE_LIMIT = 1000
WORDING_LIMIT = 600


def _empty() -> Proposal:
    return {
        "answers": [],
        "refused": [],
        "acknowledgement": "",
        "wordings": {},
        "probe": None,
        "declined": False,
        "opt_out": False,
    }


def _timed(state: InterviewState, node: str, started: float) -> list[Step]:
    return [*state.get("steps", []), {"node": node, "ms": round((time.perf_counter() - started) * 1000, 2)}]


# The router is async because LangGraph runs a synchronous one in a thread, which costs more than the rest of it.
async def route(state: InterviewState) -> Literal["farewell", "unreadable", "understand"]:
    """Which way a turn goes."""
    turn = state["turn"]
    if turn["lead"]["opted_out"]:
        return "farewell"
    if not any(item["content"].strip() for item in turn["input"]):
        return "unreadable"
    return "understand"


async def farewell(state: InterviewState) -> InterviewState:
    """Someone who opted out is left alone; SQL knows whether the one confirmation has gone out."""
    started = time.perf_counter()
    return {"proposal": {**_empty(), "opt_out": True}, "steps": _timed(state, "farewell", started)}


async def unreadable(state: InterviewState) -> InterviewState:
    """Nothing in the input can be read: says what can."""
    started = time.perf_counter()
    kinds = [item["type"] for item in state["turn"]["input"]]
    return {
        "proposal": {**_empty(), "acknowledgement": unreadable_reply(kinds)},
        "steps": _timed(state, "unreadable", started),
    }


async def understand(state: InterviewState, runtime: Runtime[AgentContext]) -> InterviewState:
    """The one model call, or two where the first model fails. Raises ModelError: time-outs and provider failures may be
    tried again."""
    started = time.perf_counter()
    context = runtime.context
    asked = await ask(
        context.models,
        interview_messages(state["turn"], context.thread_id),
        tools=[Understanding],
        tool_choice="any",
        timeout_s=context.timeout_s,
        check=understood,
        load=context.load,
    )
    return {
        "understanding": understood(asked.answer),
        "model": asked.model,
        "uses": asked.uses,
        "steps": _timed(state, "understand", started),
    }


def understood(answer: AIMessage) -> Understanding:
    """The answer's one call of the Understanding tool. Raises ValueError when it is another tool's or breaks the
    schema."""
    call = next((call for call in answer.tool_calls if call["name"] == Understanding.__name__), None)
    if call is None:
        raise ValueError("another tool was called")
    return Understanding.model_validate(call["args"])


async def word(state: InterviewState) -> InterviewState:
    """Shapes the proposal: unknown keys, over-long phrases and probes without a budget are dropped here, values are
    left to SQL."""
    started = time.perf_counter()
    turn, said = state["turn"], state["understanding"]
    questions = {question["key"]: question for question in turn["questions"]}
    proposal = _empty()
    proposal["opt_out"] = said.intent == "opt_out"
    proposal["declined"] = said.intent == "decline"
    proposal["acknowledgement"] = " ".join(said.acknowledgement.split())[:ACKNOWLEDGEMENT_LIMIT]
    if not (proposal["opt_out"] or proposal["declined"]):
        proposal["answers"] = _answers(said, questions, turn)
        answered = {answer["key"] for answer in proposal["answers"]}
        proposal["refused"] = [key for key in dict.fromkeys(said.refused) if key in questions and key not in answered]
        proposal["wordings"] = {
            item.key: item.text[:WORDING_LIMIT] for item in said.wordings if item.key in questions and item.text.strip()
        }
        proposal["probe"] = _probe(said, questions)
    return {"proposal": proposal, "steps": _timed(state, "word", started)}


def _answers(said: Understanding, questions: dict[str, Question], turn: Turn) -> list[Answer]:
    seqs = [item["seq"] for item in turn["input"]]
    return [
        {
            "key": found.key,
            "value": found.value,
            "quote": found.quote[:QUOTE_LIMIT],
            "seq": found.seq if found.seq in seqs else seqs[-1],
        }
        for found in {found.key: found for found in said.answers}.values()
        if found.key in questions
    ]


def _probe(said: Understanding, questions: dict[str, Question]) -> Probe | None:
    probe = said.probe
    if probe is None or not probe.text.strip() or probe.key not in questions:
        return None
    question = questions[probe.key]
    if question["type"] != "text" or question["probes_left"] <= 0:
        return None
    return {"key": probe.key, "text": probe.text[:WORDING_LIMIT]}


def _compile() -> Any:
    graph = StateGraph(InterviewState, context_schema=AgentContext)
    graph.add_node("farewell", farewell)
    graph.add_node("unreadable", unreadable)
    graph.add_node("understand", understand)
    graph.add_node("word", word)
    graph.add_conditional_edges(START, route)
    graph.add_edge("farewell", END)
    graph.add_edge("unreadable", END)
    graph.add_edge("understand", "word")
    graph.add_edge("word", END)
    return graph.compile(name="interview")


interview = _compile()


async def run_interview(turn: Turn, context: AgentContext) -> InterviewState:
    """One turn through the graph. Raises ModelError."""
    return cast(InterviewState, await interview.ainvoke({"turn": turn}, context=context))
