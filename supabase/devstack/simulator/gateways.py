"""What the simulated providers beside the Cloud API have in common: registered accounts, one way to take a message, and
statuses that come back by webhook, each posted the provider's own way.

A provider's module (`twilio`, `evolution`, `zapi`, `zenvia`) has the routes that the adapters call and a `Dialect`: how
it words a refusal, an inbound message and a status.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass, field
from typing import Any, Protocol

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from devstack.simulator.state import FailurePlan, SentMessage, State, recipient_key
from devstack.simulator.webhooks import Webhooks

log = logging.getLogger(__name__)

TRIES = 40
"""How often a status is offered to a webhook that does not take it."""


@dataclass(slots=True)
class Account:
    """A client's account with one of these providers, as registered through `/_control/accounts`.

    credentials: by the names that the adapter has for them. unknown, opted_out, closed_windows: recipients (digits)
    that do not exist there, have refused messages, have not written for 24 hours. connected: whether a gateway's phone
    is. signs: whether Evolution signs a token instead of sending the secret itself.
    """

    provider: str
    external_id: str
    webhook_url: str
    credentials: dict[str, str] = field(repr=False)
    statuses: tuple[str, ...] = ("sent", "delivered")
    status_delay_ms: int = 30
    answer_delay_ms: int = 0
    unknown: tuple[str, ...] = ()
    opted_out: tuple[str, ...] = ()
    closed_windows: tuple[str, ...] = ()
    connected: bool = True
    signs: bool = False


@dataclass(frozen=True, slots=True)
class Hook:
    """One webhook call: where to, its bytes and its headers."""

    url: str
    body: bytes
    headers: dict[str, str]


class Refused(Exception):
    """A call that the provider refuses, with its HTTP status and its body."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status
        self.body = body


class Dialect(Protocol):
    """How one provider words things."""

    def refusal(self, plan: FailurePlan) -> Refused:
        """The refusal that a plan orders."""

    def inbound(self, account: Account, order: dict[str, Any], message_id: str) -> Hook:
        """A person's message. Raises ValueError with a sentence."""

    def status(
        self, account: Account, message: SentMessage, status: str, failure: tuple[str, str] | None
    ) -> Hook | None:
        """What became of a message; `failure` is (code, sentence) of a failed one. None: nobody is told."""


async def refused(request: Request, error: Exception) -> Response:
    """The provider's own answer to a refused call."""
    assert isinstance(error, Refused)
    return JSONResponse(error.body, error.status)


def account_of(request: Request, provider: str, external_id: str) -> Account | None:
    """The registered account of that id; None when there is none."""
    state: State = request.app.state.simulator
    return state.accounts.get((provider, external_id))


async def take(
    request: Request,
    account: Account,
    dialect: Dialect,
    accepted: Any,
    *,
    id: str,
    to: str,
    text: str,
    body: dict[str, Any],
    type: str = "text",
    status: int = 200,
    reference: str | None = None,
    failure: tuple[str, str] | None = None,
) -> Response:
    """Keeps a message that is in order, answers `accepted` with `status`, and lets its statuses follow; what was
    planned to fail fails. `failure` is (code, sentence) of one that fails later by itself."""
    state: State = request.app.state.simulator
    to = recipient_key(to)
    plan = state.next_failure(account.external_id, to)
    if account.answer_delay_ms:
        await asyncio.sleep(account.answer_delay_ms / 1000)
    if plan is not None and plan.mode == "answer":
        raise dialect.refusal(plan)
    if plan is not None and plan.mode == "status":
        failure = (str(plan.code), plan.details or "ordered to fail")
    message = state.keep(
        id=id,
        number_id=account.external_id,
        to=to,
        type=type,
        text=text,
        at=time.time(),
        body=body,
        reference=reference,
    )
    after = BackgroundTask(_tell, request.app.state.webhooks, dialect, account, message, failure)
    if plan is not None and plan.mode == "lost":
        return HTMLResponse("<html><body><h1>504 Gateway Time-out</h1></body></html>", 504, background=after)
    return JSONResponse(accepted, status, background=after)


async def _tell(
    webhooks: Webhooks, dialect: Dialect, account: Account, message: SentMessage, failure: tuple[str, str] | None
) -> None:
    # Runs once the answer is out, so that no status can beat it.
    hooks = [
        dialect.status(account, message, status, failure) for status in (("failed",) if failure else account.statuses)
    ]
    webhooks.follow(_post_all(webhooks, account, [hook for hook in hooks if hook is not None]))


async def _post_all(webhooks: Webhooks, account: Account, hooks: list[Hook]) -> None:
    for hook in hooks:
        await asyncio.sleep(account.status_delay_ms / 1000)
        for attempt in range(TRIES):
            status, reason = await webhooks.post(hook.url, hook.body, hook.headers)
            if 200 <= status < 300:
                break
            if 400 <= status < 500 and attempt >= 4:
                log.warning("status webhook dropped: %s %s", status, reason[:200], extra={"action": "webhook_dropped"})
                break
            await asyncio.sleep(min(0.1 * 2**attempt, 1.0))
