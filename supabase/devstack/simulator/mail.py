"""What the simulator knows of e-mail: who may send, who has no mailbox, and what goes wrong with the next letters."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any, Literal

SIZE_LIMIT = 1024 * 1024
"""Bytes of one message; a larger one is refused (552)."""
KEPT_KEYS = 10_000


@dataclass(slots=True)
class Sender:
    """An address that mail may come from, and how its owner signs in: by SMTP with a password, at Resend with a key."""

    address: str
    username: str = ""
    password: str = ""
    api_key: str = ""
    webhook_url: str = ""
    webhook_secret: str = ""
    statuses: tuple[str, ...] = ("email.sent", "email.delivered")
    status_delay_ms: int = 30
    send_only: bool = False


@dataclass(slots=True)
class MailFailure:
    """What goes wrong with the next `left` letters that match (None: all until reset).

    mode `answer`: SMTP refuses with `code` at `step`, Resend with error `name` and HTTP `status`. mode `event`:
    accepted, then an event `name` by webhook (email.bounced, …). mode `lost`: accepted, but no answer arrives.
    """

    mode: Literal["answer", "event", "lost"] = "answer"
    step: str = "message"
    code: int = 451
    name: str = "application_error"
    status: int = 500
    text: str = "ordered by the test"
    left: int | None = 1
    to: str | None = None


@dataclass(slots=True)
class SentMail:
    """An e-mail that Resend accepted: whose it is, and its event's `data`."""

    sender: Sender
    data: dict[str, Any]


@dataclass
class MailState:
    """All of it, for one process. Used from one event loop."""

    senders: dict[str, Sender] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    failures: list[MailFailure] = field(default_factory=list)
    keys: dict[tuple[str, str], tuple[bytes, str]] = field(default_factory=dict)
    sent: dict[str, SentMail] = field(default_factory=dict)

    def reset(self, *, senders: bool) -> None:
        """Forgets failures and who has no mailbox; with `senders`, who may send, too."""
        self.failures.clear()
        self.gone.clear()
        self.keys.clear()
        self.sent.clear()
        if senders:
            self.senders.clear()

    def by_login(self, username: str, password: str) -> Sender | None:
        """Who signs in over SMTP."""
        found = [one for one in self.senders.values() if one.username and one.username == username]
        return next((one for one in found if secrets.compare_digest(one.password.encode(), password.encode())), None)

    def by_key(self, api_key: str) -> Sender | None:
        """Who calls Resend."""
        return next((one for one in self.senders.values() if one.api_key and one.api_key == api_key), None)

    def failure(self, to: str | None, *, step: str | None = None, modes: tuple[str, ...] = ("answer",)) -> Any:
        """The first plan that fits, counted down; None lets the letter pass. `step`: of a plan for SMTP."""
        for plan in self.failures:
            fits = plan.mode in modes and (step is None or plan.step == step)
            if fits and (plan.to is None or (to is not None and plan.to == to.lower())):
                if plan.left is not None:
                    plan.left -= 1
                    if plan.left <= 0:
                        self.failures.remove(plan)
                return plan
        return None

    def remember(self, key: tuple[str, str], body: bytes, email_id: str) -> None:
        """Keeps an idempotency key with its body and answer; the oldest go first."""
        if len(self.keys) >= KEPT_KEYS:
            del self.keys[next(iter(self.keys))]
        self.keys[key] = (body, email_id)
