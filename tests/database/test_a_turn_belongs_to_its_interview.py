"""A turn answers what it has read, in the interview it was begun for: whatever was lost, cancelled or replayed
meanwhile."""

from __future__ import annotations

from typing import Any

import pytest

from tests.database.builders import JSON, Interview, World, result

THREAD = "select inbound_seq, handled_seq, task_id, interview_id from private.threads"


def _commit(world: World, task: JSON, reruns: int, **proposal: Any) -> JSON:
    """What a function of ours hands in: with the work's count of reruns."""
    (verdict,) = world.worker("commit_turns", results=[{**result(task, **proposal), "reruns": reruns}])
    return dict(verdict)


def _fail(world: World, task: JSON, *, retryable: bool = False, **error: Any) -> JSON:
    answer: JSON = world.worker(
        "fail_task",
        task="agent_turn",
        id=task["id"],
        claim=task["claim"],
        error={"code": "x", **error},
        retryable=retryable,
    )
    return answer


@pytest.fixture
def next_project(interview: Interview) -> str:
    """Another running survey that waits for the same lead."""
    tenant = interview.tenant
    tenant.start(project := tenant.project(audience={"lead_ids": [interview.lead]}))
    return project


def _next(interview: Interview, project: str) -> str:
    """The next survey's interview, once the sweep has invited the lead."""
    interview.world.one("select private.sweep()")
    invited: str = interview.world.one(
        "select i.id from public.interviews as i join private.threads as t on t.interview_id = i.id"
        " where i.project_id = %s and i.invited_at is not null",
        project,
    )
    return invited


def test_a_result_from_before_a_rerun_swallows_nothing(interview: Interview) -> None:
    """The answer "superseded" got lost, the commit is repeated: what the lead added is still read and answered."""
    world = interview.world
    interview.say("9")
    task = interview.claim()
    interview.say("na verdade quero parar a pesquisa")
    first = _commit(world, task, 0, answers=[{"key": "nota", "value": 9}])
    again = _commit(world, task, 0, answers=[{"key": "nota", "value": 9}])
    assert (first["verdict"], again) == ("superseded", first)
    assert again["task"]["work"]["reruns"] == 1
    assert [item["content"] for item in again["task"]["work"]["input"]] == ["9", "na verdade quero parar a pesquisa"]
    assert interview.answers() == {}
    assert _commit(world, again["task"], 1, declined=True)["verdict"] == "committed"
    assert interview.state() == ("cancelled", "cancelled")


def test_a_turn_is_never_committed_to_the_next_interview(interview: Interview, next_project: str) -> None:
    """Its interview was cancelled while it ran: it writes nothing, and only then is the lead invited anew."""
    world, tenant = interview.world, interview.tenant
    interview.say("9")
    task = interview.claim()
    tenant.all("update public.interviews set status = 'cancelled' where id = %s", interview.id)
    assert _next(interview, next_project) is None
    assert interview.commit(task, answers=[{"key": "nota", "value": 9}])["verdict"] == "stale"
    assert world.all("select * from public.interview_answers") == []
    assert _next(interview, next_project) is not None
    assert world.claim("high_priority") == [], "nothing was said to the next one yet"


def test_a_turn_put_off_does_not_run_in_the_next_interview(interview: Interview, next_project: str) -> None:
    """Cancelled in its wait for the next attempt: the turn goes, then the invitation."""
    world, tenant = interview.world, interview.tenant
    interview.say("9")
    _fail(world, interview.claim(), retryable=True)
    tenant.all("update public.interviews set status = 'cancelled' where id = %s", interview.id)
    assert _next(interview, next_project) is None
    world.later(2)
    assert world.claim("high_priority") == []
    assert _next(interview, next_project) is not None
    assert world.row(THREAD)[2] is None


def test_an_old_dead_letter_says_nothing_in_the_next_interview(interview: Interview, next_project: str) -> None:
    """What failed was said to another interview: replayed, there is nothing to put back, and it says so."""
    world, tenant = interview.world, interview.tenant
    interview.say("9")
    _fail(world, interview.claim())
    tenant.all("update public.interviews set status = 'cancelled' where id = %s", interview.id)
    assert _next(interview, next_project) is not None
    letter = tenant.one("select id from public.failed_tasks")
    assert tenant.one("select status::text from public.replay_failed_task(%s)", letter) == "resolved"
    assert world.claim("high_priority") == []


def test_an_edit_has_a_dead_turn_answered(interview: Interview) -> None:
    """Like any later message of the lead."""
    tenant = interview.tenant
    said = tenant.message(interview.wa_id, "8")
    tenant.ingest(said)
    _fail(interview.world, interview.claim())
    edit = tenant.message(interview.wa_id, "9")
    edit["message"].update(type="edit", amends=said["provider_id"])
    tenant.ingest(edit)
    assert [item["content"] for item in interview.claim()["work"]["input"] if item["content"]] == ["9"]


def test_a_blocked_leads_turn_is_dropped_before_a_model_is_asked(interview: Interview) -> None:
    """Blocked while the turn waited."""
    interview.say("9")
    interview.tenant.all("update public.leads set status = 'blocked' where id = %s", interview.lead)
    assert interview.world.claim("high_priority") == []
    assert interview.world.queued("high_priority") == 0


def test_throttling_ends_after_a_day(interview: Interview) -> None:
    """Nobody is answered a day late: the turn becomes a dead letter; until then an attempt that was none is no row."""
    world = interview.world
    interview.say("9")
    for _ in range(3):
        assert _fail(world, interview.claim(), retryable=True, retry_after_ms=1000)["outcome"] == "retry"
        world.later(2)
    assert world.one("select count(*) from public.turns") == 0
    world.later(24 * 3600)
    assert _fail(world, interview.claim(), retryable=True, retry_after_ms=1000)["outcome"] == "dead"
    assert world.all("select status::text, attempt from public.turns") == [("failed", 1)]
    assert world.one("select count(*) from public.failed_tasks") == 1


def test_the_burst_after_a_dead_turn_is_waited_for(interview: Interview) -> None:
    """The longest wait counts from its own first message, not from the one that failed."""
    world = interview.world
    interview.say("9")
    _fail(world, interview.claim())
    world.later(600)
    world.setting("debounce_ms", 800)
    interview.say("alô")
    assert 600 < interview.claim()["wait_ms"] <= 800
