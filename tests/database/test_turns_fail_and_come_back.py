"""Failed turns: 1, 5 and 25 seconds, then a dead letter; a crash is an attempt; replayed, everything is answered."""

from __future__ import annotations

import pytest

from tests.database.builders import JSON, Interview, World

TURNS = "select status::text, attempt, error ->> 'code' from public.turns order by finished_at"


def _due_in(world: World) -> tuple[float, float]:
    """Seconds until the only turn's task shows again: by its row, and by the queue."""
    by_row, by_queue = world.row(
        "select extract(epoch from t.due_at - clock_timestamp())::float, extract(epoch from q.vt - "
        "clock_timestamp())::float"
        " from private.threads as t join pgmq.q_high_priority as q on q.msg_id = t.task_id"
    )
    return float(by_row), float(by_queue)


def _fail(world: World, task: JSON, *, retryable: bool = True) -> JSON:
    error = {"code": "model_error", "message": "o modelo não respondeu", "trace": "…"}
    answer: JSON = world.worker(
        "fail_task", task="agent_turn", id=task["id"], claim=task["claim"], error=error, retryable=retryable
    )
    return answer


def test_a_failed_turn_comes_back_after_1_5_and_25_seconds(interview: Interview) -> None:
    """The rows say when; the fourth failure is a dead letter, and every attempt is in turns."""
    world = interview.world
    interview.say("9")
    for attempt, wait in ((1, 1), (2, 5), (3, 25)):
        task = interview.claim()
        assert task["attempt"] == attempt
        assert _fail(world, task) == {"outcome": "retry", "retry_in_ms": wait * 1000}
        assert _fail(world, task)["outcome"] == "stale", "told once"
        for seconds in _due_in(world):
            assert wait - 1 < seconds <= wait
        world.later(wait - 0.9)
        assert world.claim("high_priority") == []
        world.later(1)
    assert _fail(world, interview.claim()) == {"outcome": "dead", "retry_in_ms": None}
    assert world.all(TURNS) == [("failed", n, "model_error") for n in (1, 2, 3, 4)]
    assert world.queued("high_priority") == 0
    ((queue, kind, about, attempts, error, payload),) = interview.tenant.all(
        "select queue, task, task_row_id, attempts, error, payload from public.failed_tasks"
    )
    assert (queue, kind, about, attempts) == ("high_priority", "agent_turn", interview.thread, 4)
    assert error["message"] == "o modelo não respondeu"
    assert payload == {"task": "agent_turn", "id": interview.thread, "client_id": interview.tenant.id, "attempt": 4}
    letter = world.one("select message from pgmq.q_failed_tasks")
    assert letter == {"id": world.one("select id from public.failed_tasks"), "client_id": interview.tenant.id}


def test_a_permanent_failure_is_a_dead_letter_at_once(interview: Interview) -> None:
    """Not retryable means not retried."""
    interview.say("9")
    assert _fail(interview.world, interview.claim(), retryable=False) == {"outcome": "dead", "retry_in_ms": None}
    assert interview.tenant.one("select attempts from public.failed_tasks") == 1


def test_throttling_postpones_and_does_not_count(interview: Interview) -> None:
    """A model that says when to come back is asked again then, as often as need be; its failures count as ever."""
    world = interview.world
    interview.say("9")
    for _ in range(6):
        task = interview.claim()
        assert task["attempt"] == 1
        error = {"code": "model_throttled", "message": "mais tarde", "retry_after_ms": 2500}
        answer = world.worker(
            "fail_task", task="agent_turn", id=task["id"], claim=task["claim"], error=error, retryable=True
        )
        assert answer == {"outcome": "retry", "retry_in_ms": 2500}
        assert world.claim("high_priority") == []
        world.later(3)
    assert _fail(world, interview.claim()) == {"outcome": "retry", "retry_in_ms": 1000}
    world.later(1)
    assert interview.claim()["attempt"] == 2
    assert world.one("select count(*) from public.failed_tasks") == 0


@pytest.mark.parametrize(
    ("said", "waited"), [(0, 1), (-5, 1), (10**12, 3600000), (0.4, 1), ("500", 1000), (None, 1000)]
)
def test_an_absurd_time_to_come_back_is_bounded(interview: Interview, said: object, waited: int) -> None:
    """At least a millisecond, at most an hour; what is no number is an ordinary failure."""
    interview.say("9")
    task = interview.claim()
    error = {"code": "model_throttled", "retry_after_ms": said}
    assert interview.world.worker(
        "fail_task", task="agent_turn", id=task["id"], claim=task["claim"], error=error, retryable=True
    ) == {"outcome": "retry", "retry_in_ms": waited}


def test_a_crash_is_an_attempt_and_the_fourth_is_a_dead_letter(interview: Interview) -> None:
    """An instance that dies is noticed when its lease lapses; a poison task cannot go round for ever."""
    world = interview.world
    interview.say("9")
    for attempt, wait in ((1, 1), (2, 5), (3, 25), (4, 0)):
        assert interview.claim()["attempt"] == attempt
        world.later(29)
        assert world.claim("high_priority") == []
        world.later(2)
        assert world.claim("high_priority") == [], "noticed now, and put off like any failed attempt"
        world.later(wait)
    assert world.claim("high_priority") == []
    assert world.queued("high_priority") == 0
    assert world.all(
        "select status::text, attempt, finished_at - started_at > interval '29 s' from public.turns order by attempt"
    ) == [("crashed", n, True) for n in (1, 2, 3, 4)], "a crashed turn lasted until its lease lapsed"
    assert interview.tenant.all("select attempts, error ->> 'code' from public.failed_tasks") == [(4, "no_result")]


def test_a_lease_that_is_extended_is_no_crash(interview: Interview) -> None:
    """A slow model's instance keeps its lease."""
    world = interview.world
    interview.say("9")
    task = interview.claim()
    for _ in range(3):
        world.later(20)
        assert world.worker("extend_task", task="agent_turn", id=task["id"], claim=task["claim"], visibility_s=30)
        assert world.claim("high_priority") == []
    assert interview.commit(task)["verdict"] == "committed"
    assert not world.worker("extend_task", task="agent_turn", id=task["id"], claim=task["claim"], visibility_s=30)


def test_a_replayed_turn_answers_everything_since(interview: Interview) -> None:
    """Put back, it takes the input that failed and what came later, in order, with all its attempts; then it is
    resolved."""
    world, tenant = interview.world, interview.tenant
    interview.say("9")
    _fail(world, interview.claim(), retryable=False)
    failed = tenant.one("select id from public.failed_tasks")
    assert world.queued("failed_tasks") == 1
    assert tenant.one("select status::text from public.replay_failed_task(%s)", failed) == "replayed"
    assert tenant.one("select status::text from public.replay_failed_task(%s)", failed) == "replayed"
    assert world.queued("high_priority") == 1
    assert world.queued("failed_tasks") == 0, "the queue holds what somebody must look at"
    interview.say("porque sim")
    task = interview.claim()
    assert (task["attempt"], [item["content"] for item in task["work"]["input"]]) == (1, ["9", "porque sim"])
    interview.commit(task)
    assert tenant.all("select status::text, resolved_at is not null from public.failed_tasks") == [("resolved", True)]


def test_a_leads_next_message_has_a_dead_turn_answered_as_well(interview: Interview) -> None:
    """What failed was not lost: the next turn takes it, and the dead letter is resolved without a replay."""
    world, tenant = interview.world, interview.tenant
    interview.say("9")
    _fail(world, interview.claim(), retryable=False)
    interview.say("alô?")
    task = interview.claim()
    assert [item["content"] for item in task["work"]["input"]] == ["9", "alô?"]
    interview.commit(task)
    assert tenant.one("select status::text from public.failed_tasks") == "resolved"
    assert (
        tenant.one("select status::text from public.replay_failed_task((select id from public.failed_tasks))")
        == "resolved"
    )
    assert world.claim("high_priority") == []


def test_another_tenants_failed_task_is_not_there(interview: Interview, request: pytest.FixtureRequest) -> None:
    """Neither seen nor replayed."""
    interview.say("9")
    _fail(interview.world, interview.claim(), retryable=False)
    failed = interview.tenant.one("select id from public.failed_tasks")
    other = request.getfixturevalue("other")
    with pytest.raises(Exception, match="there is no such failed task"):
        other.one("select public.replay_failed_task(%s)", failed)
    assert interview.world.queued("high_priority") == 0


def test_an_unknown_kind_of_task_is_refused(interview: Interview) -> None:
    """A caller's mistake is a 400, not a silence."""
    arguments = {"id": interview.thread, "claim": interview.thread}
    with pytest.raises(Exception, match="there is no task named lunch"):
        interview.world.worker("fail_task", task="lunch", **arguments, error={"code": "x"}, retryable=True)
    with pytest.raises(Exception, match="there is no task named lunch"):
        interview.world.worker("extend_task", task="lunch", **arguments, visibility_s=3)
    with pytest.raises(Exception, match="queues are high_priority, default and low_priority"):
        interview.world.claim("failed_tasks")


def test_the_metrics_count_what_waits_and_what_died(interview: Interview) -> None:
    """Each tenant its own work; the admin everybody's."""
    world, tenant = interview.world, interview.tenant
    interview.say("9")
    _fail(world, interview.claim(), retryable=False)
    interview.say("oi")
    world.setting("admitted_tasks", 1)
    tenant.lead()
    tenant.lead()
    tenant.start(tenant.project(audience={"all": True}))
    metrics = "select queue, waiting, queued from public.queue_metrics()"
    expected = [("high_priority", 0, 1), ("default", 0, 1), ("low_priority", 0, 0), ("failed_tasks", 0, 1)]
    assert tenant.all(metrics) == expected
    assert world.tenant().all(metrics) == [(queue, 0, 0) for queue, *_ in expected]
    with world.person(world.admin()) as admin:
        assert admin.all(metrics) == expected
