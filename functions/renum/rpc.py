"""Every call the functions may make to the database, by name. PostgREST is the only way in, `worker` the only schema.

Every RPC is idempotent, so a call whose answer was lost is simply made again: deadlocks and lock time-outs
(40P01, 55P03, which PostgREST answers as HTTP 500) and broken connections for a short while by default, longer
(`patience_s`) where giving up would cost more, such as recording that a message was sent.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from typing import Any, cast

import httpx

from renum.clients import BROKEN, PerLoop, new_client
from renum.errors import DatabaseUnavailable, RpcError
from renum.settings import Settings, settings
from renum.shapes import (
    JSON,
    AccountFacts,
    AccountRow,
    Claim,
    Completion,
    DeliveryResult,
    Event,
    Failure,
    Fetched,
    IngestResult,
    Queue,
    SavedTemplates,
    Task,
    TaskKind,
    Template,
    ToolOutcome,
    TurnResult,
    Verdict,
)

BRIEF_S = 0.5
"""How long a call is repeated by default: a webhook's caller waits for it."""

TOOL_PATIENCE_S = 5.0
"""How long an agent's tool is insisted on: what a turn has cost so far is worth it."""

RETRIED = frozenset({"40P01", "55P03"})
AWAY_STATUS = frozenset({502, 503, 504})
AWAY_CODES = ("08", "53", "57P", "PGRST000", "PGRST001", "PGRST002", "PGRST003")
"""SQLSTATE classes of a server that is starting, stopping or full, and PostgREST's own codes for having no connection
(https://docs.postgrest.org/en/v12/references/errors.html)."""


class Rpc:
    """The `worker` RPCs over one long-lived client. Methods raise DatabaseUnavailable or RpcError."""

    def __init__(self, config: Settings, client: httpx.AsyncClient | None = None) -> None:
        self._client = client or new_client(connect_s=2, read_s=30, connections=24)
        self._urls: dict[str, httpx.URL] = {}
        self._base = config.rest_url
        self._headers = {
            "Authorization": f"Bearer {config.worker_key}",
            "Content-Type": "application/json",
            "Content-Profile": "worker",
            "Accept": "application/json",
        }
        if config.publishable_key:
            self._headers["apikey"] = config.publishable_key

    async def channel_account(self, channel_account_id: str) -> AccountRow | None:
        """One channel account with its encrypted credentials, or None when there is none of that id."""
        answer = await self._call("channel_account", {"channel_account_id": channel_account_id})
        return cast("AccountRow | None", answer)

    async def ingest(self, channel_account_id: str, events: list[Event]) -> IngestResult:
        """Stores each event once, in one transaction."""
        return cast(
            IngestResult, await self._call("ingest", {"channel_account_id": channel_account_id, "events": events})
        )

    async def claim_tasks(self, queues: list[Queue], maximum: int, visibility_s: int) -> Claim:
        """Takes up to `maximum` tasks; they are this instance's for `visibility_s` seconds."""
        return cast(
            Claim, await self._call("claim_tasks", {"queues": queues, "max": maximum, "visibility_s": visibility_s})
        )

    async def begin_turns(self, tasks: list[Task], visibility_s: int) -> list[Task]:
        """Asks again for turns that were inside their debounce."""
        wanted = [{"msg_id": task["msg_id"], "id": task["id"]} for task in tasks]
        answer = await self._call("begin_turns", {"tasks": wanted, "visibility_s": visibility_s})
        return cast("list[Task]", answer["tasks"])

    async def commit_turns(self, results: list[TurnResult], *, patience_s: float = BRIEF_S) -> list[Verdict]:
        """Hands over what turns propose; a stale lease writes nothing."""
        return cast("list[Verdict]", await self._call("commit_turns", {"results": results}, patience_s))

    async def call_tool(
        self, thread_id: str, lease: str, call_id: str, tool: str, arguments: JSON, sub_agent_id: str | None
    ) -> ToolOutcome:
        """Runs an agent's tool for the turn under this lease; the same call, repeated, is made once."""
        call = {
            "thread_id": thread_id,
            "lease": lease,
            "call_id": call_id,
            "tool": tool,
            "arguments": arguments,
            "sub_agent_id": sub_agent_id,
        }
        return cast(ToolOutcome, await self._call("call_tool", call, TOOL_PATIENCE_S))

    async def complete_deliveries(
        self, results: list[DeliveryResult], *, patience_s: float = BRIEF_S
    ) -> list[Completion]:
        """Records what became of sends; releases each thread's next delivery."""
        return cast("list[Completion]", await self._call("complete_deliveries", {"results": results}, patience_s))

    async def save_report(
        self, report_id: str, claim: str, *, summary: str, markdown: str, model: str, usage: JSON
    ) -> str:
        """Stores a report's summary and Markdown; 'saved', or 'stale' when the claim was lost."""
        arguments = {
            "report_id": report_id,
            "claim": claim,
            "summary": summary,
            "markdown": markdown,
            "model": model,
            "usage": usage,
        }
        return str((await self._call("save_report", arguments))["verdict"])

    async def save_media(self, media_id: str, claim: str, fetched: Fetched) -> str:
        """Records that a file lies in storage; 'saved', or 'stale' when the claim was lost."""
        arguments = {"media_id": media_id, "claim": claim, **fetched}
        return str((await self._call("save_media", arguments))["verdict"])

    async def save_templates(self, channel_account_id: str, templates: list[Template]) -> SavedTemplates:
        """Makes an account's templates what the provider's whole list says."""
        arguments = {"channel_account_id": channel_account_id, "templates": templates}
        return cast(SavedTemplates, await self._call("save_templates", arguments))

    async def save_account_facts(self, channel_account_id: str, facts: AccountFacts) -> None:
        """Notes what the provider says of an account."""
        await self._call("save_account_facts", {"channel_account_id": channel_account_id, "facts": facts})

    async def fail_task(
        self, task: Task, error: dict[str, Any], *, retryable: bool, patience_s: float = BRIEF_S
    ) -> Failure:
        """Reports a failed attempt; SQL decides between another one and the dead letters."""
        arguments = {
            "task": task["task"],
            "id": task["id"],
            "claim": task["claim"],
            "error": error,
            "retryable": retryable,
        }
        return cast(Failure, await self._call("fail_task", arguments, patience_s))

    async def extend_task(self, kind: TaskKind, task_id: str, claim: str, visibility_s: int) -> bool:
        """Keeps a slow task for another `visibility_s` seconds; False when the claim is lost."""
        arguments = {"task": kind, "id": task_id, "claim": claim, "visibility_s": visibility_s}
        return bool(await self._call("extend_task", arguments))

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.aclose()

    async def _call(self, function: str, arguments: dict[str, Any], patience_s: float = BRIEF_S) -> Any:
        content = json.dumps(arguments, separators=(",", ":")).encode()
        give_up = time.monotonic() + patience_s
        pause = 0.02
        while True:
            try:
                return await self._once(function, content)
            except (DatabaseUnavailable, RpcError) as error:
                again = isinstance(error, DatabaseUnavailable) or error.code in RETRIED
                if not again or time.monotonic() + pause > give_up:
                    raise
            await asyncio.sleep(pause * random.uniform(0.5, 1))
            pause = min(pause * 2, 1)

    async def _once(self, function: str, content: bytes) -> Any:
        url = self._urls.get(function)
        if url is None:
            url = self._urls[function] = httpx.URL(f"{self._base}/rpc/{function}")
        request = self._client.build_request("POST", url, content=content, headers=self._headers)
        try:
            response = await self._client.send(request)
        except BROKEN as error:
            raise DatabaseUnavailable(f"{function}: {type(error.__cause__ or error).__name__}") from error
        if response.status_code == 200:
            return json.loads(response.content)
        if response.status_code == 204:
            return None
        raise _refusal(function, response)


def _refusal(function: str, response: httpx.Response) -> DatabaseUnavailable | RpcError:
    status = response.status_code
    try:
        body = json.loads(response.content)
    except ValueError:
        body = None
    code = str(body.get("code") or "") if isinstance(body, dict) else ""
    # PostgREST 12 answers 400 with an empty code and message when the server's connection breaks in mid-request: what
    # the call did may or may not be committed, as with any broken connection.
    broke = isinstance(body, dict) and body.get("code") == ""
    if broke or status in AWAY_STATUS or code.startswith(AWAY_CODES):
        return DatabaseUnavailable(f"{function}: HTTP {status} {code}".rstrip())
    message = str(body.get("message") or "") if isinstance(body, dict) else ""
    return RpcError(
        code or f"http_{status}", f"{function}: {message}" if message else f"{function}: HTTP {status}", status
    )


_rpcs: PerLoop[Rpc] = PerLoop(lambda: Rpc(settings()))


def rpc() -> Rpc:
    """The process's Rpc in the running event loop."""
    return _rpcs.get()
