"""The loop behind `agent_turn`, `deliver` and `report`: claim what is due, run it, and go on until nothing is.

A ring carries nothing and authorises nothing. The first one starts the loop and its request stays open while there is
work (a platform that freezes idle instances needs that); rings that come meanwhile only make the loop look once more.
"""

from __future__ import annotations

import asyncio
import heapq
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from renum.errors import RenumError, TaskError, describe
from renum.log import Log
from renum.rpc import Rpc
from renum.settings import Settings
from renum.shapes import Claim, Queue, Task

Runner = Callable[[Task], Awaitable["Task | None"]]
"""Runs one task to its end and returns the task that follows from it, already claimed, if there is one."""

log = Log("drain")

NEVER = float("inf")
SHORTEST_WAIT_S = 0.02
"""A task said to be due now that a claim did not give (another instance's, not admitted yet) must not make the loop
spin."""

LINGER_EVERY_S = 0.05
"""pg_net sends the next batch of rings only when the slowest one of the last was answered or timed out. So the ring
that started a drain keeps later rings away until it times out; for that long a busy loop looks for itself."""

FAIL_PATIENCE_S = 10.0
CLAIM_PATIENCE_S = 5.0


class Ring(NamedTuple):
    """How a ring ended. `drained` is False when it only woke a loop that was already running."""

    drained: bool
    done: int
    failed: int


@dataclass(eq=False)
class _Slot:
    """A running chain of tasks: a turn, its reply's delivery, the thread's next delivery."""

    task: Task
    renewed: float
    runner: asyncio.Task[None] | None = None
    lost: bool = False


@dataclass(order=True)
class _Held:
    due: float
    msg_id: int
    task: Task = field(compare=False)


class Drain:
    """Drains `queues` with `runners` (task kind → runner). Make one per function and event loop."""

    def __init__(
        self,
        name: str,
        queues: list[Queue],
        runners: Mapping[str, Runner],
        *,
        rpc: Rpc,
        settings: Settings,
        concurrency: int = 16,
        batch: int = 32,
    ) -> None:
        self.name = name
        self._queues = queues
        self._runners = runners
        self._rpc = rpc
        self._concurrency = settings.concurrency or concurrency
        self._batch = batch
        self._visibility_s = settings.visibility_s
        self._max_s = settings.drain_max_s
        self._idle_s = settings.drain_idle_s
        self._linger_s = settings.drain_linger_s
        self._wake = asyncio.Event()
        self._look_at = NEVER
        self._hungry = False
        self._unseen = False
        self._loop: asyncio.Task[Ring] | None = None
        self._closing = False
        self._heir = False
        self._slots: set[_Slot] = set()
        self._held: list[_Held] = []
        self._done = 0
        self._failed = 0

    async def ring(self) -> Ring:
        """Looks for work now. Returns when nothing is due any more, or at once when a loop is already draining.

        A ring that comes when the loop is past its time bound waits for its end and starts the next one.
        Cancelling the caller does not end the work. Raises DatabaseUnavailable when the database stays away.
        """
        while self._loop is not None:
            if not self._closing:
                self._look(0)
                return Ring(False, 0, 0)
            if self._heir:
                return Ring(False, 0, 0)
            self._heir = True
            try:
                await asyncio.wait({self._loop})
            finally:
                self._heir = False
        self._loop = asyncio.create_task(self._drain())
        return await asyncio.shield(self._loop)

    def _look(self, at: float) -> None:
        self._look_at = min(self._look_at, at)
        self._wake.set()

    async def _drain(self) -> Ring:
        started = time.monotonic()
        deadline = started + self._max_s
        self._done = self._failed = 0
        self._closing = False
        self._look_at = 0
        keeper = asyncio.create_task(self._keep_claims())
        try:
            while True:
                self._wake.clear()
                now = time.monotonic()
                self._closing = now >= deadline
                if await self._begin_held(now) or (not self._closing and await self._claim(now)):
                    continue
                next_look = NEVER if self._closing else self._look_at
                busy = self._done or self._failed or self._slots or self._held
                if busy and not self._closing and now - started < self._linger_s:
                    next_look = min(next_look, now + LINGER_EVERY_S)
                    self._look_at = next_look
                until = min(next_look, self._held[0].due if self._held else NEVER)
                if until == NEVER and not self._slots:
                    if self._unseen and not self._closing:
                        # What ran since the last claim may have left work behind that no ring told of.
                        self._unseen, self._look_at = False, 0
                        continue
                    return Ring(True, self._done, self._failed)
                await self._sleep(until if self._closing else min(until, deadline))
        finally:
            keeper.cancel()
            if self._slots:
                await asyncio.wait({slot.runner for slot in self._slots if slot.runner})
            self._loop = None
            self._closing = False
            log.info(
                "The queue was drained.",
                action="drain.ended",
                function=self.name,
                done=self._done,
                failed=self._failed,
                seconds=round(time.monotonic() - started, 3),
            )

    async def _sleep(self, until: float) -> None:
        delay = until - time.monotonic()
        try:
            async with asyncio.timeout(None if until == NEVER else max(delay, 0.001)):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _claim(self, now: float) -> bool:
        """Claims if it is time to and there is room. True when the loop should go round again without sleeping."""
        if self._look_at > now:
            return False
        self._look_at = NEVER
        room = min(self._concurrency - len(self._slots), self._batch, 8 * self._concurrency - len(self._held))
        if room <= 0:
            self._hungry = True
            return False
        self._hungry = False
        self._unseen = bool(self._slots)
        claim = await self._claim_patiently(room)
        for task in claim["tasks"]:
            self._start_or_hold(task)
        if len(claim["tasks"]) >= room:
            self._look_at = 0
        elif claim["next_due_ms"] is not None:
            wait = max(claim["next_due_ms"] / 1000, SHORTEST_WAIT_S)
            if wait <= self._idle_s:
                self._look_at = min(self._look_at, time.monotonic() + wait)
        return True

    async def _claim_patiently(self, room: int) -> Claim:
        give_up = time.monotonic() + CLAIM_PATIENCE_S
        while True:
            try:
                return await self._rpc.claim_tasks(self._queues, room, self._visibility_s)
            except RenumError as error:
                if not error.retryable or time.monotonic() > give_up:
                    raise
                await asyncio.sleep(0.2)

    async def _begin_held(self, now: float) -> bool:
        room = self._concurrency - len(self._slots)
        if room <= 0 or not self._held or self._held[0].due > now:
            return False
        due: list[Task] = []
        while self._held and self._held[0].due <= now and len(due) < min(room, self._batch):
            due.append(heapq.heappop(self._held).task)
        try:
            tasks = await self._rpc.begin_turns(due, self._visibility_s)
        except RenumError as error:
            if not error.retryable:
                raise
            for task in due:
                self._hold(task, 200)
            return True
        for task in tasks:
            self._start_or_hold(task)
        return True

    def _start_or_hold(self, task: Task) -> None:
        if task["work"] is None and task["wait_ms"] > 0:
            self._hold(task, task["wait_ms"])
            return
        self._unseen = True
        slot = _Slot(task, time.monotonic())
        self._slots.add(slot)
        slot.runner = asyncio.create_task(self._run(slot))

    def _hold(self, task: Task, wait_ms: int) -> None:
        heapq.heappush(self._held, _Held(time.monotonic() + wait_ms / 1000, task["msg_id"], task))

    async def _run(self, slot: _Slot) -> None:
        """Runs the slot's chain. Whatever a task raises becomes `fail_task`; nothing reaches the loop."""
        following: Task | None = slot.task
        try:
            while following is not None:
                slot.task, slot.renewed = following, time.monotonic()
                if following["work"] is None and following["wait_ms"] > 0:
                    self._hold(following, following["wait_ms"])
                    return
                following = await self._run_one(slot.task)
        except asyncio.CancelledError:
            if not slot.lost:
                raise
        finally:
            self._slots.discard(slot)
            if self._hungry:
                self._hungry = False
                self._look_at = 0
            self._wake.set()

    async def _run_one(self, task: Task) -> Task | None:
        runner = self._runners.get(task["task"])
        try:
            if runner is None:
                raise TaskError("unknown_task", f"{self.name} does not run tasks of kind {task['task']}")
            if task["work"] is None:
                raise TaskError("no_work", f"the {task['task']} task carries no work")
            following = await runner(task)
            self._done += 1
            return following
        except Exception as error:
            self._failed += 1
            await self._report_failure(task, error)
            return None

    async def _report_failure(self, task: Task, error: Exception) -> None:
        ids = {"task": task["task"], "task_id": task["id"], "client_id": task["client_id"], "attempt": task["attempt"]}
        told = describe(error)
        log.warning(
            "A task failed.", action="task.failed", function=self.name, code=told["code"], reason=told["message"], **ids
        )
        retryable = error.retryable if isinstance(error, RenumError) else True
        try:
            failure = await self._rpc.fail_task(task, told, retryable=retryable, patience_s=FAIL_PATIENCE_S)
        except RenumError as unreported:
            # The claim runs out by itself, and that counts as the failed attempt.
            log.error("A failure could not be reported.", action="task.unreported", code=unreported.code, **ids)
            return
        if failure["retry_in_ms"] is not None and failure["retry_in_ms"] / 1000 <= self._idle_s:
            self._look(time.monotonic() + failure["retry_in_ms"] / 1000)

    async def _keep_claims(self) -> None:
        """Extends the claim of every task that has run for half its visibility; a task whose claim is lost is
        stopped."""
        while True:
            await asyncio.sleep(self._visibility_s / 8)
            now = time.monotonic()
            old = [slot for slot in self._slots if now - slot.renewed >= self._visibility_s / 2]
            await asyncio.gather(*(self._extend(slot) for slot in old), return_exceptions=True)

    async def _extend(self, slot: _Slot) -> None:
        task = slot.task
        try:
            kept = await self._rpc.extend_task(task["task"], task["id"], task["claim"], self._visibility_s)
        except RenumError as error:
            log.warning("A claim could not be extended.", action="task.unextended", task_id=task["id"], code=error.code)
            return
        if slot.task is not task:
            return
        slot.renewed = time.monotonic()
        if not kept and slot.runner is not None:
            log.warning("A claim was lost; its task stops.", action="task.lost", task=task["task"], task_id=task["id"])
            slot.lost = True
            slot.runner.cancel()
