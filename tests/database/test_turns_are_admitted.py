"""A client whose leads all answer at once: its share of the queue, in order, and everybody in the end."""

from __future__ import annotations

import pytest

from tests.database.builders import JSON, Interview, Tenant, World

QUEUED = "select count(*) from private.threads where client_id = %s and task_id is not null"


@pytest.fixture
def crowd(tenant: Tenant) -> list[Interview]:
    """Seven leads of one client who all wrote, the client's share being three."""
    interviews = [tenant.interview() for _ in range(7)]
    tenant.world.setting("admitted_tasks", 3)
    for interview in interviews:
        interview.say("9")
    return interviews


def _claimed(world: World, limit: int) -> list[str]:
    return [task["id"] for task in world.claim("high_priority", limit=limit)]


def test_a_clients_share_is_kept_and_what_is_begun_makes_room(crowd: list[Interview]) -> None:
    """Three in the queue; as soon as two are begun, two more come in, in the order of the messages."""
    tenant, threads = crowd[0].tenant, [interview.thread for interview in crowd]
    world = tenant.world
    assert world.one(QUEUED, tenant.id) == world.queued("high_priority") == 3
    seen = []
    while batch := _claimed(world, 2):
        seen.append(batch)
        waiting = world.one("select count(*) from private.threads where task_id is not null and lease is null")
        assert waiting <= 3
    assert [thread for batch in seen for thread in sorted(batch, key=threads.index)] == threads
    assert world.one(QUEUED, tenant.id) == 7


def test_another_clients_lead_does_not_stand_behind_them(crowd: list[Interview], other: Tenant) -> None:
    """At most the share is before it."""
    lead = other.interview()
    lead.say("oi")
    assert lead.thread in _claimed(crowd[0].world, 4)


def test_everybody_is_answered_once_in_the_end(crowd: list[Interview]) -> None:
    """Also when the sweep has to let in what nobody's beginning did."""
    world = crowd[0].world
    for _ in range(10):
        for task in world.claim("high_priority", limit=2):
            (interview,) = (interview for interview in crowd if interview.thread == task["id"])
            world.complete(interview.commit(task)["delivery"])
        world.one("select private.sweep()")
    assert world.queued("high_priority") == 0
    turns = world.all("select thread_id, status::text from public.turns")
    assert sorted(turns) == sorted((interview.thread, "committed") for interview in crowd)


def test_what_waits_in_its_row_is_counted_and_let_in_by_the_sweep(crowd: list[Interview]) -> None:
    """queue_metrics tells waiting from queued; a larger share lets everything in."""
    tenant = crowd[0].tenant
    world = tenant.world
    metrics = "select waiting, queued from public.queue_metrics() where queue = 'high_priority'"
    assert tenant.all(metrics) == [(4, 3)]
    world.setting("admitted_tasks", 100)
    world.one("select private.sweep()")
    assert tenant.all(metrics) == [(0, 7)]


def test_a_waiting_turn_takes_everything_said_until_it_begins(crowd: list[Interview]) -> None:
    """Waiting for admission is waiting in a row: what the lead adds is merged, and nothing is queued twice."""
    world, last = crowd[0].world, crowd[-1]
    last.say("e porque sim")
    assert world.queued("high_priority") == 3
    tasks: dict[str, JSON] = {}
    while batch := world.claim("high_priority", limit=3):
        tasks |= {task["id"]: task for task in batch}
    assert [item["content"] for item in tasks[last.thread]["work"]["input"]] == ["9", "e porque sim"]
    assert len(tasks) == 7


def test_a_dead_turn_is_not_let_in_again_by_itself(interview: Interview) -> None:
    """Its input stays unhandled, but only the lead's next message or a replay has it answered."""
    world = interview.world
    interview.say("9")
    task = interview.claim()
    world.worker(
        "fail_task", task="agent_turn", id=task["id"], claim=task["claim"], error={"code": "x"}, retryable=False
    )
    world.one("select private.sweep()")
    assert world.queued("high_priority") == 0
