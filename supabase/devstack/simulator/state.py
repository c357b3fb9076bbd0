"""What the simulator remembers: registered numbers, ordered failures, and the messages that were sent (bounded)."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import re
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from devstack.simulator.errors import GraphError

if TYPE_CHECKING:
    from devstack.simulator.gateways import Account
    from devstack.simulator.media import File

KEPT_MESSAGES = 50_000
"""How many sent messages are kept, over all numbers; the oldest go first."""
KEPT_FILES = 200


@dataclass(slots=True)
class Template:
    """A registered message template: how many body parameters it takes, and whether Meta would send it now."""

    name: str
    language: str
    parameters: int
    body: str | None
    status: str
    category: str = "UTILITY"
    components: list[dict[str, Any]] | None = None
    rejected_reason: str | None = None


@dataclass(slots=True)
class Number:
    """A business phone number, as registered through `/_control/numbers`."""

    phone_number_id: str
    webhook_url: str
    app_secret: str
    access_token: str | None = None
    display_phone_number: str = "551130000000"
    waba_id: str = "100000000000000"
    statuses: tuple[str, ...] = ("sent", "delivered")
    status_delay_ms: int = 30
    status_batch: int = 50
    answer_delay_ms: int = 0
    templates: dict[tuple[str, str], Template] | None = None
    closed_windows: set[str] = field(default_factory=set)
    verified_name: str = "Empresa de demonstração"
    name_status: str = "APPROVED"
    quality_rating: str = "GREEN"
    status: str = "CONNECTED"
    messaging_limit: str = "TIER_UNLIMITED"
    portfolio_id: str | None = None
    subscribed: bool = True


@dataclass(slots=True)
class FailurePlan:
    """What goes wrong with the next `left` sends that match (`left` None: until reset).

    mode `answer`: the call is refused with the code. mode `status`: accepted, then a `failed` status webhook. mode
    `lost`: the message goes out, but its answer is an HTML page from a gateway (what a client sees when the
    connection breaks after the request left).
    """

    code: int | str
    mode: Literal["answer", "status", "lost"] = "answer"
    http_status: int | None = None
    details: str = ""
    left: int | None = 1
    to: str | None = None
    phone_number_id: str | None = None

    def error(self) -> GraphError:
        """The refusal that this plan orders, of the Cloud API."""
        return GraphError(int(self.code), self.details, self.http_status)


@dataclass(slots=True)
class SentMessage:
    """One accepted message. `to` is digits only, or the BSUID when the send used `recipient`; `text` is what the lead
    reads.
    """

    seq: int
    id: str
    phone_number_id: str
    to: str
    type: str
    text: str
    reference: str | None
    at: float
    body: dict[str, Any]

    def json(self) -> dict[str, Any]:
        """For the control API: every field, `at` in seconds since the epoch."""
        return {name: getattr(self, name) for name in self.__slots__}


def recipient_key(value: str) -> str:
    """The one spelling under which a recipient is remembered: a BSUID as it is, a phone number as digits only."""
    if "." in value and value[:2].isalpha():
        return value
    return re.sub(r"\D", "", value)


def bsuid_of(phone: str) -> str:
    """A business-scoped user id for a phone: stable, in Meta's form (`BR.` and digits)."""
    return f"BR.{int.from_bytes(hashlib.sha256(recipient_key(phone).encode()).digest()[:8]) % 10**17:017d}"


class State:
    """All of it, for one process. Methods are synchronous and never wait, so one event loop needs no lock."""

    def __init__(self) -> None:
        self.numbers: dict[str, Number] = {}
        self.accounts: dict[tuple[str, str], Account] = {}
        self.failures: list[FailurePlan] = []
        self.files: dict[str, File] = {}
        self.mails: deque[dict[str, Any]] = deque(maxlen=5_000)
        self._mail_seq = itertools.count(1)
        self._seq = itertools.count(1)
        self._messages: deque[SentMessage] = deque()
        self._by_recipient: dict[str, deque[SentMessage]] = {}
        self._waiting: dict[str, set[asyncio.Future[None]]] = {}

    def reset(self, *, numbers: bool) -> None:
        """Forgets messages, mails and failures; with `numbers`, registrations too. Sequence numbers go on."""
        self.failures.clear()
        self.mails.clear()
        self.files.clear()
        self._messages.clear()
        self._by_recipient.clear()
        if numbers:
            self.numbers.clear()
            self.accounts.clear()
        else:
            for number in self.numbers.values():
                number.closed_windows.clear()

    def number(self, phone_number_id: str | None) -> Number:
        """The registered number, or the only one when none is named. Raises KeyError with a sentence."""
        if phone_number_id is None:
            if len(self.numbers) != 1:
                raise KeyError(f"name a phone_number_id: {len(self.numbers)} numbers are registered")
            return next(iter(self.numbers.values()))
        if phone_number_id not in self.numbers:
            raise KeyError(f"no number {phone_number_id} is registered")
        return self.numbers[phone_number_id]

    def next_failure(self, phone_number_id: str, to: str) -> FailurePlan | None:
        """The first plan that fits this send, counted down; None lets it pass."""
        for plan in self.failures:
            if (plan.phone_number_id in (None, phone_number_id)) and (plan.to in (None, to)):
                if plan.left is not None:
                    plan.left -= 1
                    if plan.left <= 0:
                        self.failures.remove(plan)
                return plan
        return None

    def keep(
        self,
        *,
        id: str,
        number_id: str,
        to: str,
        type: str,
        text: str,
        at: float,
        body: dict[str, Any],
        reference: str | None = None,
    ) -> SentMessage:
        """Records one accepted message and wakes whoever waits for its recipient. `reference`: what we sent along to
        know it by, where the body does not say."""
        reference = reference or body.get("biz_opaque_callback_data")
        message = SentMessage(
            next(self._seq), id, number_id, to, type, text, reference if isinstance(reference, str) else None, at, body
        )
        if len(self._messages) >= KEPT_MESSAGES:
            self._forget_oldest()
        self._messages.append(message)
        self._by_recipient.setdefault(to, deque()).append(message)
        for future in self._waiting.pop(to, ()):
            if not future.done():
                future.set_result(None)
        return message

    def _forget_oldest(self) -> None:
        oldest = self._messages.popleft()
        theirs = self._by_recipient[oldest.to]
        theirs.popleft()
        if not theirs:
            del self._by_recipient[oldest.to]

    def messages(
        self, *, to: str | None = None, phone_number_id: str | None = None, after: int = 0, limit: int | None = None
    ) -> list[SentMessage]:
        """Sent messages in order, oldest first, with `seq` above `after`."""
        source: deque[SentMessage] = self._messages if to is None else self._by_recipient.get(to, deque())
        # From the newest end: whoever asks again and again wants the few since the last time, not all there ever were.
        recent = itertools.takewhile(lambda message: message.seq > after, reversed(source))
        found = [message for message in recent if phone_number_id in (None, message.phone_number_id)]
        found.reverse()
        return found[:limit]

    async def wait_for(
        self, to: str, *, phone_number_id: str | None, after: int, patience_s: float
    ) -> SentMessage | None:
        """The first message to `to` with `seq` above `after`: at once if there is one, else when it comes; None after
        `patience_s`.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + patience_s
        while True:
            found = self.messages(to=to, phone_number_id=phone_number_id, after=after, limit=1)
            if found:
                return found[0]
            left = deadline - loop.time()
            if left <= 0:
                return None
            future: asyncio.Future[None] = loop.create_future()
            self._waiting.setdefault(to, set()).add(future)
            try:
                await asyncio.wait_for(future, left)
            except TimeoutError:
                return None
            finally:
                waiting = self._waiting.get(to)
                if waiting is not None:
                    waiting.discard(future)
                    if not waiting:
                        del self._waiting[to]

    def keep_file(self, media_id: str, file: File) -> None:
        """Keeps a file that a person sent; the oldest go first."""
        if len(self.files) >= KEPT_FILES:
            del self.files[next(iter(self.files))]
        self.files[media_id] = file

    def keep_mail(self, mail: dict[str, Any]) -> dict[str, Any]:
        """Puts one e-mail into the mailbox; `to` is kept in lower case."""
        kept = {**mail, "seq": next(self._mail_seq), "to": str(mail.get("to", "")).lower()}
        self.mails.append(kept)
        return kept

    def mails_to(self, to: str | None, *, kind: str | None = None, after: int = 0) -> list[dict[str, Any]]:
        """E-mails in order, oldest first."""
        wanted = to.lower() if to else None
        return [
            m for m in self.mails if wanted in (None, m["to"]) and kind in (None, m.get("kind")) and m["seq"] > after
        ]
