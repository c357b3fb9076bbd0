"""What finishes in the same moment is handed over together, and one bad item never costs its neighbours."""

from __future__ import annotations

import asyncio

import pytest

from renum.batch import Batcher
from renum.errors import DatabaseUnavailable, RpcError


class Database:
    """Doubles numbers, slowly; refuses what it is told to."""

    def __init__(self, *, bad: int | None = None, away: bool = False, forgets: int | None = None) -> None:
        self.calls: list[list[int]] = []
        self.bad, self.away, self.forgets = bad, away, forgets

    async def call(self, items: list[int]) -> list[tuple[int, int]]:
        self.calls.append(items)
        await asyncio.sleep(0.01)
        if self.away:
            raise DatabaseUnavailable("gone")
        if self.bad in items:
            raise RpcError("P0001", "one of them is bad", 400)
        return [(item, 2 * item) for item in reversed(items) if item != self.forgets]


def batcher(database: Database, **more: int) -> Batcher[int, tuple[int, int]]:
    """A batcher over `database`; an item without a result gets -1."""
    return Batcher(
        database.call,
        key_of_item=lambda item: item,
        key_of_result=lambda result: result[0],
        missing=lambda item: (item, -1),
        **more,
    )


async def test_items_of_one_moment_travel_together() -> None:
    """Twenty at once are one call, and each gets its own result, whatever the order."""
    database = Database()
    together = batcher(database)
    results = await asyncio.gather(*(together.submit(item) for item in range(20)))
    assert results == [(item, 2 * item) for item in range(20)]
    assert len(database.calls) == 1


async def test_items_that_come_meanwhile_wait_for_the_next_call() -> None:
    """With one call in flight, the rest gather behind it."""
    database = Database()
    together = batcher(database, in_flight=1)
    first = asyncio.create_task(together.submit(0))
    await asyncio.sleep(0.002)
    await asyncio.gather(first, *(together.submit(item) for item in range(1, 10)))
    assert [len(call) for call in database.calls] == [1, 9]


async def test_a_batch_has_a_largest_size() -> None:
    """One statement stays a reasonable size."""
    database = Database()
    together = batcher(database, most=8, in_flight=1)
    await asyncio.gather(*(together.submit(item) for item in range(20)))
    assert [len(call) for call in database.calls] == [8, 8, 4]


async def test_one_bad_item_is_refused_alone() -> None:
    """A refused batch is sent again one by one."""
    database = Database(bad=3)
    together = batcher(database)
    results = await asyncio.gather(*(together.submit(item) for item in range(5)), return_exceptions=True)
    assert [type(result) for result in results] == [tuple, tuple, tuple, RpcError, tuple]


async def test_a_database_away_is_told_to_all_without_trying_each() -> None:
    """Repeating one by one would only take longer."""
    database = Database(away=True)
    together = batcher(database)
    results = await asyncio.gather(*(together.submit(item) for item in range(5)), return_exceptions=True)
    assert all(isinstance(result, DatabaseUnavailable) for result in results)
    assert len(database.calls) == 1


async def test_an_item_without_a_result_gets_its_substitute() -> None:
    """Nobody waits for ever."""
    database = Database(forgets=2)
    together = batcher(database)
    results = await asyncio.gather(together.submit(1), together.submit(2))
    assert list(results) == [(1, 2), (2, -1)]


async def test_a_cancelled_caller_leaves_the_call_to_the_others() -> None:
    """Its item goes out with the batch all the same."""
    database = Database()
    together = batcher(database)
    gone, stays = asyncio.create_task(together.submit(1)), asyncio.create_task(together.submit(2))
    await asyncio.sleep(0.002)
    gone.cancel()
    assert await stays == (2, 4)
    with pytest.raises(asyncio.CancelledError):
        await gone
    assert await together.submit(3) == (3, 6)
