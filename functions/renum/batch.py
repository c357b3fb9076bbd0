"""Things that finish in the same moment share one call."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

from renum.errors import DatabaseUnavailable, RenumError

Item = TypeVar("Item")
Result = TypeVar("Result")


class Batcher(Generic[Item, Result]):
    """Collects items while at most `in_flight` calls are under way, then sends all that wait in one.

    Alone, an item leaves at once; under load, the batch grows to what arrives during one round trip. A batch that is
    refused is sent again one by one, so that one bad item never costs its neighbours their result.

    `call` takes the items and returns results in any order; `key_of_item` and `key_of_result` say which belong
    together.
    An item without a result gets `missing(item)`.
    """

    def __init__(
        self,
        call: Callable[[list[Item]], Awaitable[list[Result]]],
        *,
        key_of_item: Callable[[Item], Hashable],
        key_of_result: Callable[[Result], Hashable],
        missing: Callable[[Item], Result],
        most: int = 64,
        in_flight: int = 2,
    ) -> None:
        self._call = call
        self._key_of_item = key_of_item
        self._key_of_result = key_of_result
        self._missing = missing
        self._most = most
        self._free = in_flight
        self._waiting: deque[tuple[Item, asyncio.Future[Result]]] = deque()
        self._senders: set[asyncio.Task[None]] = set()

    async def submit(self, item: Item) -> Result:
        """Hands `item` over with the next batch and returns its result. The call goes on if the caller is cancelled."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._free > 0:
            self._free -= 1
            sender = asyncio.create_task(self._send())
            self._senders.add(sender)
            sender.add_done_callback(self._senders.discard)
        return await future

    async def _send(self) -> None:
        try:
            await asyncio.sleep(0)  # whatever else finishes in this moment joins the batch
            while self._waiting:
                batch = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
                await self._settle(batch)
        finally:
            self._free += 1

    async def _settle(self, batch: list[tuple[Item, asyncio.Future[Result]]]) -> None:
        try:
            results = await self._call([item for item, _ in batch])
        except DatabaseUnavailable as error:
            self._reject(batch, error)
        except RenumError as error:
            if len(batch) == 1:
                self._reject(batch, error)
            else:
                for entry in batch:
                    await self._settle([entry])
        except Exception as error:  # whatever it is, nobody may wait for ever
            self._reject(batch, error)
        else:
            by_key = {self._key_of_result(result): result for result in results}
            for item, future in batch:
                if not future.done():
                    future.set_result(by_key.get(self._key_of_item(item)) or self._missing(item))

    @staticmethod
    def _reject(batch: list[tuple[Item, asyncio.Future[Result]]], error: Exception) -> None:
        for _, future in batch:
            if not future.done():
                future.set_exception(error)
