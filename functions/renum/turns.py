"""One agent_turn task: run its graph, hand the proposal over, follow what the commit says."""

from __future__ import annotations

import asyncio

from renum.accounts import accounts
from renum.agent.context import AgentContext
from renum.agent.conversation import ConversationContext, run_conversation
from renum.agent.conversation_state import ConversationState
from renum.agent.graph import run_interview
from renum.agent.models import models_for
from renum.agent.state import InterviewState
from renum.batch import Batcher
from renum.channels import channel
from renum.clients import PerLoop
from renum.errors import LeaseLost, TaskError, describe
from renum.log import Log
from renum.rpc import rpc
from renum.settings import settings
from renum.shapes import (
    JSON,
    ConversationProposal,
    Dialogue,
    Proposal,
    Seen,
    Task,
    ToolOutcome,
    Turn,
    TurnResult,
    Verdict,
)

PATIENCE_S = 20.0
"""How long to insist on a commit. The lease outlives it, so no other instance runs the turn meanwhile."""

log = Log("turns")


async def _commit(results: list[TurnResult]) -> list[Verdict]:
    return await rpc().commit_turns(results, patience_s=PATIENCE_S)


_commits: PerLoop[Batcher[TurnResult, Verdict]] = PerLoop(
    lambda: Batcher(
        _commit,
        key_of_item=lambda result: (result["thread_id"], result["lease"]),
        key_of_result=lambda verdict: (verdict["thread_id"], verdict["lease"]),
        missing=lambda result: {"thread_id": result["thread_id"], "lease": result["lease"], "verdict": "stale"},
    )
)


async def run_turn(task: Task) -> Task | None:
    """Runs a turn and commits it. Returns the reply's delivery to send now, or the same turn again when the lead
    wrote meanwhile."""
    turn: Turn | Dialogue = task["work"]
    courtesy = _Courtesy(turn, settings().typing_after_ms)
    try:
        result = await _GRAPHS[turn["kind"]](task)
    except KeyError:
        raise TaskError("unknown_turn", f"no graph for turns of kind {turn['kind']}") from None
    except LeaseLost:
        log.info("A turn was given up: its lease is lost.", action="turn.lost", thread_id=task["id"])
        return None
    finally:
        courtesy.end()
    verdict = await _commits.get().submit(result)
    if verdict["verdict"] == "failed":
        told = verdict.get("error") or {}
        log.error("A turn could not be committed.", action="turn.failed", thread_id=task["id"], code=told.get("code"))
        return None
    log.debug("A turn ended.", action=f"turn.{verdict['verdict']}", thread_id=task["id"], client_id=task["client_id"])
    if verdict["verdict"] == "superseded":
        return verdict.get("task")
    return verdict.get("delivery")


async def _interview(task: Task) -> TurnResult:
    turn: Turn = task["work"]
    names = models_for(turn["agent"])
    state = await run_interview(turn, AgentContext(names, settings().model_timeout_s, task["id"]))
    return _result(task, "interview", state["proposal"], state.get("model", names[0]), state)


async def _conversation(task: Task) -> TurnResult:
    turn: Dialogue = task["work"]

    async def call_tool(call_id: str, tool: str, arguments: JSON, sub_agent_id: str | None) -> ToolOutcome:
        return await rpc().call_tool(task["id"], task["claim"], call_id, tool, arguments, sub_agent_id)

    state = await run_conversation(turn, ConversationContext(settings().model_timeout_s, task["id"], call_tool))
    model = state.get("model") or models_for(turn["agent"])[0]
    return _result(task, "conversation", state["proposal"], model, state)


_GRAPHS = {"interview": _interview, "conversation": _conversation}


def _result(
    task: Task,
    graph: str,
    proposal: Proposal | ConversationProposal,
    model: str,
    state: InterviewState | ConversationState,
) -> TurnResult:
    uses = state.get("uses", [])
    return {
        "thread_id": task["id"],
        "lease": task["claim"],
        "reruns": task["work"]["reruns"],
        "proposal": proposal,
        "model": model,
        "graph": graph,
        "steps": state["steps"],
        "input_tokens": sum(use["input_tokens"] for use in uses),
        "output_tokens": sum(use["output_tokens"] for use in uses),
        "usage": uses,
    }


class _Courtesy:
    """Shows the lead that an answer is being written, once a turn takes long: once per turn, whatever it runs again,
    and so that the turn neither waits for it nor fails by it. A turn that is fast costs a timer."""

    def __init__(self, turn: Turn | Dialogue, after_ms: int) -> None:
        self._seen = turn.get("seen") if turn["reruns"] == 0 else None
        self._task: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        if self._seen is not None:
            self._timer = asyncio.get_running_loop().call_later(after_ms / 1000, self._begin, self._seen)

    def _begin(self, seen: Seen) -> None:
        self._task = asyncio.create_task(_show_typing(seen))

    def end(self) -> None:
        """Before the reply goes out: shown after it, the sign would announce nothing."""
        if self._timer is not None:
            self._timer.cancel()
        if self._task is not None:
            self._task.cancel()


async def _show_typing(seen: Seen) -> None:
    try:
        account = await accounts().get(seen["channel_account_id"])
        if account is not None:
            await channel(account.provider).typing(seen["message_id"], account)
    except Exception as error:  # whatever it is, it is not worth a turn
        log.debug("Typing could not be shown.", action="turn.typing", code=describe(error)["code"])
