"""One delivery in several messages, where its text is longer than one may be: sent in order, and nothing twice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from renum.errors import SendError

Part = TypeVar("Part")

PART_WAITS_S = (1.0, 5.0, 25.0)
LONGEST_WAIT_S = 30
"""A part after the first waits here, not in the queue, and no longer than this for a provider that says how long."""


async def send_parts(parts: Sequence[Part], send: Callable[[Part], Awaitable[str]]) -> str:
    """Sends `parts` (at least one), each when the one before it was accepted; returns the last one's id.

    Raises SendError. One that comes after an earlier part was accepted is final (`partly_sent`, failed): sent again,
    the delivery would say twice what has arrived. So a later part that is refused for the moment is tried again here.
    """
    message_id = await send(parts[0])
    for accepted, part in enumerate(parts[1:], start=1):
        try:
            message_id = await _send_on(part, send)
        except SendError as error:
            final = error.outcome == "failed" and not error.retryable
            raise SendError(
                "partly_sent",
                f"{accepted} of {len(parts)} parts were accepted, the next was not: {error.code}, {error.message}",
                scope=error.scope if final else "message",
            ) from error
    return message_id


async def _send_on(part: Part, send: Callable[[Part], Awaitable[str]]) -> str:
    """A part after the first: again after each of PART_WAITS_S, as long as the provider surely does not have it."""
    for wait_s in PART_WAITS_S:
        try:
            return await send(part)
        except SendError as error:
            pause_s = max(wait_s, (error.retry_after_ms or 0) / 1000)
            if error.outcome == "unknown" or not error.retryable or pause_s > LONGEST_WAIT_S:
                raise
        await asyncio.sleep(pause_s)
    return await send(part)
