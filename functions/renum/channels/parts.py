"""One delivery in several messages, where its text is longer than one may be."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from renum.channels.split import split
from renum.channels.wording import plain_text
from renum.errors import SendError
from renum.shapes import Delivery

T = TypeVar("T")

WAITS_S = (1.0, 5.0, 25.0)
LONGEST_WAIT_S = 30
"""A part after the first waits here, not in the queue, and no longer than this for an API that says how long."""


def pieces(delivery: Delivery, *, limit: int, title: str) -> list[Delivery]:
    """The delivery itself, or one of text for each part of at most `limit` characters. The last one alone carries the
    delivery's id: what becomes of it is what becomes of the delivery. Raises SendError for what has no text."""
    if delivery["content"].get("type") == "media":
        return [delivery]
    text = plain_text(delivery["content"], limit=1_000_000, title=title)
    if len(text) <= limit:
        return [delivery]
    parts = split(text, limit)
    return [
        {**delivery, "id": delivery["id"] if last else "", "content": {"type": "text", "text": part}}
        for part, last in ((part, n == len(parts)) for n, part in enumerate(parts, start=1))
    ]


async def send_each(bodies: Sequence[T], send: Callable[[T], Awaitable[str]]) -> str:
    """Sends one after the other; returns the last one's message id.

    Raises SendError. One that comes after an earlier part was accepted is final (`partly_sent`, failed): sent again,
    the delivery would say twice what has arrived. So a later part that is refused for the moment is tried again here.
    """
    message_id = await send(bodies[0])
    for accepted, body in enumerate(bodies[1:], start=1):
        try:
            message_id = await _send_on(body, send)
        except SendError as error:
            final = error.outcome == "failed" and not error.retryable
            raise SendError(
                "partly_sent",
                f"{accepted} of {len(bodies)} parts were accepted, the next was not: {error.code}, {error.message}",
                scope=error.scope if final else "message",
            ) from error
    return message_id


async def _send_on(body: T, send: Callable[[T], Awaitable[str]]) -> str:
    """A part after the first: again after each of WAITS_S, as long as the provider surely does not have it."""
    for wait_s in WAITS_S:
        try:
            return await send(body)
        except SendError as error:
            pause_s = max(wait_s, (error.retry_after_ms or 0) / 1000)
            if error.outcome == "unknown" or not error.retryable or pause_s > LONGEST_WAIT_S:
                raise
        await asyncio.sleep(pause_s)
    return await send(body)
