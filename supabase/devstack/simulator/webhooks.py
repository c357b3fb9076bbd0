"""Calls the registered webhooks: inbound messages at once, statuses in the background, in order, and again while the
webhook is away.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from devstack.simulator import envelope
from devstack.simulator.errors import GraphError
from devstack.simulator.state import Number, SentMessage

log = logging.getLogger(__name__)

GIVE_UP_AFTER_S = 600.0
"""How long statuses are offered to a webhook that is away (Meta: days)."""
REFUSALS = 5
"""How often a webhook may answer 4xx to the same statuses before they are dropped."""


@dataclass(slots=True)
class _Outbox:
    number: Number
    queue: asyncio.Queue[dict[str, Any]] = field(default_factory=asyncio.Queue)
    worker: asyncio.Task[None] | None = None
    in_hand: int = 0
    posted: int = 0
    dropped: int = 0


class Webhooks:
    """One HTTP client and one outbox per number.

    Order: one worker per number posts batch after batch and waits for each, so no status overtakes an earlier one of
    its recipient. Statuses that fall due while a POST is under way travel together in the next one, as Meta's do.
    """

    def __init__(self) -> None:
        self._client: aiohttp.ClientSession | None = None
        self._outboxes: dict[str, _Outbox] = {}
        self._timers: set[asyncio.TimerHandle] = set()
        self._following: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """Stops everything; statuses not posted yet are lost."""
        await self.reset()
        if self._client is not None:
            await self._client.close()
            self._client = None

    async def reset(self) -> None:
        """Forgets all outboxes and pending statuses."""
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        workers = [box.worker for box in self._outboxes.values() if box.worker is not None] + list(self._following)
        self._outboxes.clear()
        for worker in workers:
            worker.cancel()
        for worker in workers:
            with contextlib.suppress(asyncio.CancelledError):
                await worker

    def follow(self, posting: Coroutine[Any, Any, None]) -> None:
        """Lets a message's webhooks go out in the background, until the next reset."""
        task = asyncio.create_task(posting)
        self._following.add(task)
        task.add_done_callback(self._following.discard)

    def changed(self, number: Number) -> None:
        """A number was registered anew: what still waits goes to its new address."""
        if number.phone_number_id in self._outboxes:
            self._outboxes[number.phone_number_id].number = number

    def counts(self, number: Number) -> dict[str, int]:
        """{"pending", "posted", "dropped"}: status items of one number, without those whose delay still runs."""
        box = self._outboxes.get(number.phone_number_id)
        if box is None:
            return {"pending": 0, "posted": 0, "dropped": 0}
        return {"pending": box.queue.qsize() + box.in_hand, "posted": box.posted, "dropped": box.dropped}

    async def post(self, url: str, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
        """(HTTP status, body) of one webhook call; (0, reason) when nobody answers."""
        if self._client is None:
            self._client = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30, sock_connect=5))
        try:
            async with self._client.post(url, data=body, headers=headers) as answer:
                return answer.status, await answer.text(errors="replace")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return 0, f"{type(error).__name__}: {error}"

    async def deliver(self, number: Number, body: bytes, *, signed: bool = True) -> tuple[int, str]:
        """Posts these bytes to the number's webhook, signed with its app secret."""
        headers = {"Content-Type": "application/json", "User-Agent": "facebookexternalua"}
        if signed:
            headers["X-Hub-Signature-256"] = envelope.signature(body, number.app_secret)
        return await self.post(number.webhook_url, body, headers)

    async def verify(self, url: str, verify_token: str) -> bool:
        """Meta's GET check of a new webhook address: true when it answers 200 with the bare challenge."""
        if self._client is None:
            self._client = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30, sock_connect=5))
        challenge = str(time.time_ns())
        query = {"hub.mode": "subscribe", "hub.challenge": challenge, "hub.verify_token": verify_token}
        try:
            async with self._client.get(url, params=query) as answer:
                return answer.status == 200 and (await answer.text()) == challenge
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False

    def schedule(self, number: Number, message: SentMessage, failure: GraphError | None = None) -> None:
        """Queues a message's statuses, one `status_delay_ms` apart: the number's usual ones, or only `failed`."""
        delay = number.status_delay_ms / 1000
        statuses = number.statuses if failure is None else ("failed",)
        loop = asyncio.get_running_loop()
        for step, status in enumerate(statuses, start=1):
            self._later(loop, delay * step, number, message, status, failure)

    def _later(
        self,
        loop: asyncio.AbstractEventLoop,
        delay: float,
        number: Number,
        message: SentMessage,
        status: str,
        failure: GraphError | None,
    ) -> None:
        def due() -> None:
            self._timers.discard(timer)
            self._put(number, envelope.status_value(message, status, failure))

        timer = loop.call_later(delay, due)
        self._timers.add(timer)

    def _put(self, number: Number, value: dict[str, Any]) -> None:
        box = self._outboxes.setdefault(number.phone_number_id, _Outbox(number))
        box.number = number
        box.queue.put_nowait(value)
        if box.worker is None or box.worker.done():
            box.worker = asyncio.create_task(self._drain(box), name=f"statuses of {number.phone_number_id}")

    async def _drain(self, box: _Outbox) -> None:
        while not box.queue.empty():
            values = [box.queue.get_nowait() for _ in range(min(box.queue.qsize(), max(1, box.number.status_batch)))]
            box.in_hand = len(values)
            if await self._offer(box, envelope.encode(envelope.envelope(box.number, values))):
                box.posted += len(values)
            else:
                box.dropped += len(values)
            box.in_hand = 0

    async def _offer(self, box: _Outbox, body: bytes) -> bool:
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + GIVE_UP_AFTER_S
        wait, refusals = 0.1, 0
        while True:
            status, reason = await self.deliver(box.number, body)
            if 200 <= status < 300:
                return True
            refusals += 400 <= status < 500
            if refusals >= REFUSALS or loop.time() + wait > give_up_at:
                log.warning("status webhook dropped: %s %s", status, reason[:200], extra={"action": "webhook_dropped"})
                return False
            await asyncio.sleep(wait)
            wait = min(wait * 2, 1.0)
