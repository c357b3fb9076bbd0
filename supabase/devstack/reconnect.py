"""Work that needs the database for as long as the stack runs, while the database comes and goes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

import psycopg

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 2.0


async def keep_connected(name: str, session: Callable[[], Awaitable[None]]) -> None:
    """Runs `session` (one connected stretch of work) again and again until cancelled, with growing pauses."""
    log = logging.getLogger(f"devstack.{name}")
    pause = _FIRST_PAUSE_S
    while True:
        begun = asyncio.get_running_loop().time()
        try:
            await session()
        except (psycopg.Error, OSError) as error:
            log.warning("%s lost the database, connecting again: %s", name, type(error).__name__)
        if asyncio.get_running_loop().time() - begun > _LONGEST_PAUSE_S:
            pause = _FIRST_PAUSE_S
        await asyncio.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE_S)
