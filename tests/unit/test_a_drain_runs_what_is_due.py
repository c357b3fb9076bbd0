"""The loop behind the functions: one drain at a time, bounded, patient, and never killed by a task.

PostgREST is a server on loopback that keeps a small queue; the loop, the HTTP client and the batcher are the real ones.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from renum.drain import Drain
from renum.errors import DatabaseUnavailable, SendError
from renum.rpc import Rpc
from renum.shapes import Task
from tests.unit.doubles import Server, config, free_port_url, refusal, server, until


def task(name: str, kind: str = "delivery", **more: Any) -> Any:
    """A claimed task."""
    base = {
        "task": kind,
        "queue": "default",
        "msg_id": abs(hash(name)) % 10**9,
        "id": name,
        "client_id": "c",
        "attempt": 1,
    }
    return {**base, "claim": f"claim-{name}", "wait_ms": 0, "work": {"id": name}, **more}


class Queue:
    """The database's side: what is claimable, what failed, what was extended."""

    def __init__(self, rest: Server) -> None:
        self.rest = rest
        self.ready: list[Any] = []
        self.next_due_ms: int | None = None
        self.begun: list[Any] = []
        self.retry_in_ms: int | None = None
        self.keeps = True
        rest.on |= {
            "claim_tasks": self._claim,
            "begin_turns": self._begin,
            "fail_task": self._fail,
            "extend_task": self._extend,
        }

    async def _claim(self, body: dict[str, Any]) -> Any:
        given, self.ready = self.ready[: body["max"]], self.ready[body["max"] :]
        due, self.next_due_ms = self.next_due_ms, None
        return {"tasks": given, "next_due_ms": due}

    async def _begin(self, body: dict[str, Any]) -> Any:
        wanted = {item["id"] for item in body["tasks"]}
        return {"tasks": [begun for begun in self.begun if begun["id"] in wanted]}

    async def _fail(self, _: dict[str, Any]) -> Any:
        return {"outcome": "retry" if self.retry_in_ms else "dead", "retry_in_ms": self.retry_in_ms}

    async def _extend(self, _: dict[str, Any]) -> Any:
        return self.keeps


class Work:
    """Runs tasks as told and remembers which, and how many at a time."""

    def __init__(self, does: Callable[[Task], Awaitable[Task | None]] | None = None) -> None:
        self.does = does
        self.ran: list[str] = []
        self.at_once = self.most_at_once = 0

    async def __call__(self, given: Task) -> Task | None:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            following = await self.does(given) if self.does else None
            self.ran.append(given["id"])
            return following
        finally:
            self.at_once -= 1


@asynccontextmanager
async def draining(work: Work, **more: Any) -> AsyncIterator[tuple[Drain, Queue]]:
    """A drain of `default` over a running Queue."""
    concurrency = more.pop("concurrency", 4)
    async with server() as rest:
        settings = config(rest.url, **more)
        rpc = Rpc(settings)
        runners = {"delivery": work, "agent_turn": work}
        yield Drain("deliver", ["default"], runners, rpc=rpc, settings=settings, concurrency=concurrency), Queue(rest)
        await rpc.close()


async def test_everything_due_is_run_before_the_ring_ends() -> None:
    """More than one claim's worth, bounded concurrency, and the counts come back."""

    async def slow(_: Task) -> None:
        await asyncio.sleep(0.01)

    work = Work(slow)
    async with draining(work) as (drain, queue):
        queue.ready = [task(f"t{place}") for place in range(30)]
        rung = await drain.ring()
        assert rung == (True, 30, 0)
        assert sorted(work.ran) == sorted(f"t{place}" for place in range(30))
        assert work.most_at_once == 4


async def test_claims_go_on_while_tasks_run() -> None:
    """One slow task does not hold up the rest of the queue."""
    gate = asyncio.Event()

    async def first_waits(given: Task) -> None:
        if given["id"] == "slow":
            await gate.wait()

    work = Work(first_waits)
    async with draining(work, concurrency=2) as (drain, queue):
        queue.ready = [task("slow"), *(task(f"t{place}") for place in range(10))]
        ring = asyncio.create_task(drain.ring())
        await until(lambda: len(work.ran) == 10)
        assert not ring.done()
        gate.set()
        assert (await ring).done == 11


async def test_an_empty_queue_costs_one_claim() -> None:
    """A forged ring finds nothing to do."""
    work = Work()
    async with draining(work) as (drain, queue):
        assert await drain.ring() == (True, 0, 0)
        assert len(queue.rest.calls("claim_tasks")) == 1


async def test_a_ring_while_draining_only_looks_once_more() -> None:
    """It answers at once, and work that came with it is run by the loop that was there."""
    gate = asyncio.Event()

    async def wait(given: Task) -> None:
        if given["id"] == "a":
            await gate.wait()

    work = Work(wait)
    async with draining(work) as (drain, queue):
        queue.ready = [task("a")]
        first = asyncio.create_task(drain.ring())
        await until(lambda: work.at_once == 1)
        queue.ready = [task("b")]
        assert await asyncio.wait_for(drain.ring(), 0.5) == (False, 0, 0)
        await until(lambda: work.ran == ["b"])
        assert not first.done()
        gate.set()
        assert (await first).done == 2


async def test_work_whose_ring_is_stuck_is_found_while_the_first_ring_lasts() -> None:
    """What comes after the last task is run without a ring of its own, as long as the first ring may hold others up."""
    work = Work()
    async with draining(work, drain_linger_s=0.5) as (drain, queue):
        queue.ready = [task("first")]
        ring = asyncio.create_task(drain.ring())
        await until(lambda: work.ran == ["first"])
        await asyncio.sleep(0.1)
        queue.ready = [task("unheard")]
        await until(lambda: work.ran == ["first", "unheard"], within_s=0.3)
        assert (await ring).done == 2


async def test_a_caller_that_goes_away_does_not_end_the_work() -> None:
    """pg_net hangs up after a second or two."""
    gate = asyncio.Event()

    async def wait(_: Task) -> None:
        await gate.wait()

    work = Work(wait)
    async with draining(work) as (drain, queue):
        queue.ready = [task("a")]
        ring = asyncio.create_task(drain.ring())
        await until(lambda: work.at_once == 1)
        ring.cancel()
        gate.set()
        await until(lambda: work.ran == ["a"])
        await until(lambda: drain._loop is None)


async def test_a_task_that_follows_is_run_in_the_same_breath() -> None:
    """A turn's delivery, then the thread's next one: already claimed, no claim in between."""

    async def follow(given: Task) -> Any:
        return task("reply") if given["id"] == "turn" else task("next") if given["id"] == "reply" else None

    work = Work(follow)
    async with draining(work) as (drain, queue):
        queue.ready = [task("turn", "agent_turn")]
        assert (await drain.ring()).done == 3
        assert work.ran == ["turn", "reply", "next"]


async def test_a_failing_task_is_reported_and_its_neighbours_run() -> None:
    """With its code and decision, without what the lead wrote."""

    async def fail(given: Task) -> None:
        if given["id"] == "bad":
            raise ValueError("Ana disse 8")
        if given["id"] == "refused":
            raise SendError("131026", "undeliverable", retryable=False)

    work = Work(fail)
    async with draining(work) as (drain, queue):
        queue.ready = [task("bad"), task("good"), task("refused")]
        rung = await drain.ring()
        assert (rung.done, rung.failed) == (1, 2)
        told = {body["id"]: body for body in queue.rest.calls("fail_task")}
        assert (told["bad"]["error"]["code"], told["bad"]["retryable"], told["bad"]["claim"]) == (
            "unexpected",
            True,
            "claim-bad",
        )
        assert "Ana" not in str(told["bad"])
        assert "trace" in told["bad"]["error"]
        assert (told["refused"]["error"]["code"], told["refused"]["retryable"]) == ("131026", False)


async def test_a_task_for_another_function_is_a_permanent_failure() -> None:
    """Retrying would not make this function know it."""
    async with draining(Work()) as (drain, queue):
        queue.ready = [task("r", "report")]
        await drain.ring()
        (told,) = queue.rest.calls("fail_task")
        assert (told["error"]["code"], told["retryable"]) == ("unknown_task", False)


async def test_a_failed_task_is_waited_for() -> None:
    """The retry runs in the same drain, at its time, instead of waiting for a sweep."""
    work = Work()
    async with draining(work) as (drain, queue):
        attempts: list[float] = []

        async def once(_: Task) -> None:
            attempts.append(time.monotonic())
            if len(attempts) == 1:
                queue.ready, queue.next_due_ms = [], None
                raise SendError("131000", "try again", retryable=True)

        async def later() -> None:
            await asyncio.sleep(0.15)
            queue.ready = [task("a", attempt=2)]

        work.does = once
        queue.retry_in_ms = 200
        queue.ready = [task("a")]
        waiting = asyncio.create_task(later())
        assert (await drain.ring()).done == 1
        assert 0.15 < attempts[1] - attempts[0] < 0.6
        await waiting


async def test_what_is_due_soon_is_waited_for_and_what_is_due_late_is_not() -> None:
    """`next_due_ms` within the bound keeps the instance awake; beyond it, the sweep will ring."""
    async with draining(Work(), drain_idle_s=1) as (drain, queue):
        queue.next_due_ms = 120
        started = time.monotonic()
        await drain.ring()
        assert 0.1 < time.monotonic() - started < 0.8
        assert len(queue.rest.calls("claim_tasks")) == 2
        queue.next_due_ms = 5000
        started = time.monotonic()
        await drain.ring()
        assert time.monotonic() - started < 0.5


async def test_a_turn_inside_its_debounce_is_held_and_asked_for_again() -> None:
    """It takes no slot meanwhile, may be held again, and runs when its time has come."""
    work = Work()
    async with draining(work, concurrency=1) as (drain, queue):
        queue.ready = [task("held", "agent_turn", work=None, wait_ms=80), task("now")]
        queue.begun = [task("held", "agent_turn", work=None, wait_ms=60)]
        ring = asyncio.create_task(drain.ring())
        await until(lambda: work.ran == ["now"])
        await until(lambda: len(queue.rest.calls("begin_turns")) == 1)
        queue.begun = [task("held", "agent_turn", work={"turn": 1})]
        assert (await ring).done == 2
        assert work.ran == ["now", "held"]
        assert len(queue.rest.calls("begin_turns")) == 2


async def test_a_held_turn_that_is_gone_is_let_go() -> None:
    """Another instance handled it, or its lead left: the drain ends."""
    async with draining(Work()) as (drain, queue):
        queue.ready = [task("held", "agent_turn", work=None, wait_ms=20)]
        assert await asyncio.wait_for(drain.ring(), 2) == (True, 0, 0)


async def test_a_slow_tasks_claim_is_extended() -> None:
    """At half its visibility, under its own claim."""

    async def slow(_: Task) -> None:
        await asyncio.sleep(4)

    work = Work(slow)
    async with draining(work, visibility_s=5) as (drain, queue):
        queue.ready = [task("slow")]
        await drain.ring()
        assert queue.rest.calls("extend_task") == [
            {"task": "delivery", "id": "slow", "claim": "claim-slow", "visibility_s": 5}
        ]


async def test_a_task_whose_claim_is_lost_stops() -> None:
    """It is someone else's now: neither finished nor reported as failed."""

    async def for_ever(_: Task) -> None:
        await asyncio.sleep(60)

    work = Work(for_ever)
    async with draining(work, visibility_s=5) as (drain, queue):
        queue.keeps = False
        queue.ready = [task("slow")]
        assert await asyncio.wait_for(drain.ring(), 6) == (True, 0, 0)
        assert queue.rest.calls("fail_task") == []


async def test_a_drain_ends_at_its_bound_and_the_next_ring_goes_on() -> None:
    """The request cannot stay open for ever; a ring past the bound inherits the queue."""
    gate = asyncio.Event()

    async def wait(given: Task) -> None:
        if given["id"] == "a":
            await gate.wait()

    work = Work(wait)
    async with draining(work, drain_max_s=0.1) as (drain, queue):
        queue.ready = [task("a")]
        first = asyncio.create_task(drain.ring())
        await until(lambda: drain._closing)
        queue.ready = [task("b")]
        heir = asyncio.create_task(drain.ring())
        await asyncio.sleep(0.05)
        assert work.ran == []
        assert await drain.ring() == (False, 0, 0)
        gate.set()
        assert (await first).done == 1
        assert await heir == (True, 1, 0)
        assert work.ran == ["a", "b"]


async def test_a_database_away_for_a_moment_is_waited_for() -> None:
    """PostgREST restarts; the ring does not notice."""
    work = Work()
    async with draining(work) as (drain, queue):
        queue.ready = [task("a")]
        real, left = queue.rest.on["claim_tasks"], [refusal(503, "PGRST001") for _ in range(9)]

        async def flaky(body: dict[str, Any]) -> Any:
            return left.pop() if left else await real(body)

        queue.rest.on["claim_tasks"] = flaky
        assert (await drain.ring()).done == 1


@pytest.mark.parametrize("name", ["claim_tasks", "begin_turns"])
async def test_a_call_that_ran_out_of_time_is_made_again(name: str) -> None:
    """The database cancels a statement that takes too long: the drain goes on, and what it holds is not let go."""
    work = Work()
    async with draining(work) as (drain, queue):
        queue.ready = [task("held", "agent_turn", work=None, wait_ms=20)]
        queue.begun = [task("held", "agent_turn", work={"turn": 1})]
        real, left = queue.rest.on[name], [refusal(500, "57014") for _ in range(3)]

        async def flaky(body: dict[str, Any]) -> Any:
            return left.pop() if left else await real(body)

        queue.rest.on[name] = flaky
        assert (await drain.ring()).done == 1
        assert work.ran == ["held"]


async def test_a_database_that_stays_away_ends_the_ring(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the error the entry turns into 503, and the next ring starts afresh."""
    monkeypatch.setattr("renum.drain.CLAIM_PATIENCE_S", 0.1)
    settings = config(free_port_url())
    rpc = Rpc(settings)
    drain = Drain("deliver", ["default"], {}, rpc=rpc, settings=settings)
    for _ in range(2):
        with pytest.raises(DatabaseUnavailable):
            await drain.ring()
    await rpc.close()
