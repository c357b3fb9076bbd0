"""The outbox: claimed once, completed once, retried with patience, in order per lead, never against policy."""

from __future__ import annotations

import pytest

from tests.database.builders import JSON, Interview, Tenant, World

ROW = "select status::text, attempts, reason from public.deliveries where id = %s"


def _invitation(tenant: Tenant) -> JSON:
    tenant.lead()
    tenant.start(tenant.project())
    (task,) = tenant.world.claim("default")
    return task


def _due_in(world: World, delivery: str) -> float:
    """Seconds until a delivery's task shows again, as the queue has it; the row must agree within a second."""
    by_queue, by_row = world.row(
        "select extract(epoch from q.vt - clock_timestamp())::float,"
        " extract(epoch from d.due_at - clock_timestamp())::float"
        " from public.deliveries as d join pgmq.q_default as q on q.msg_id = d.task_id where d.id = %s",
        delivery,
    )
    assert abs(by_queue - by_row) < 1
    return float(by_queue)


def test_a_delivery_is_claimed_by_one_and_sent(tenant: Tenant) -> None:
    """The second claim gets nothing, the result ends it, the same result again changes nothing."""
    world = tenant.world
    task = _invitation(tenant)
    assert (task["attempt"], task["queue"], task["wait_ms"]) == (1, "default", 0)
    assert world.row(ROW, task["id"]) == ("sending", 1, None)
    assert world.claim("default") == []
    assert world.complete(task) == [{"id": task["id"], "status": "sent", "task": None}]
    assert world.queued("default") == 0
    assert world.complete(task)[0]["status"] == "sent"
    assert world.row("select count(*), count(sent_at), min(provider_message_id) from public.deliveries") == (
        1,
        1,
        f"wamid.out.{task['id']}",
    )


def test_a_lost_claim_writes_nothing(tenant: Tenant) -> None:
    """Whoever comes back with another token is told so."""
    world = tenant.world
    task = _invitation(tenant)
    forged = {**task, "claim": task["client_id"]}
    assert world.complete(forged)[0]["status"] == "stale"
    assert world.complete(forged, outcome="failed")[0]["status"] == "stale"
    fail = {"task": "delivery", "id": task["id"], "claim": forged["claim"], "error": {"code": "x"}, "retryable": True}
    assert world.worker("fail_task", **fail) == {"outcome": "stale", "retry_in_ms": None}
    assert not world.worker("extend_task", task="delivery", id=task["id"], claim=forged["claim"], visibility_s=60)
    assert world.row(ROW, task["id"]) == ("sending", 1, None)


def test_a_failed_send_is_tried_again_after_1_5_and_25_seconds(tenant: Tenant) -> None:
    """Then it is a dead letter, with its error and its number of attempts; replayed, it is sent after all."""
    world = tenant.world
    task = _invitation(tenant)
    error = {"code": "131000", "message": "Something went wrong", "retryable": True, "scope": "message"}
    for attempt, wait in ((1, 1), (2, 5), (3, 25)):
        assert task["attempt"] == attempt
        assert world.complete(task, outcome="failed", error=error)[0]["status"] == "queued"
        assert world.claim("default") == []
        assert wait - 1 < _due_in(world, task["id"]) <= wait
        world.later(wait)
        (task,) = world.claim("default")
    assert world.complete(task, outcome="failed", error=error)[0]["status"] == "failed"
    assert world.row(ROW, task["id"]) == ("failed", 4, "Something went wrong")
    assert world.queued("default") == 0
    assert world.queued("failed_tasks") == 1
    ((failed, queue, kind, about, told, attempts, status),) = tenant.all(
        "select id, queue, task, task_row_id, error, attempts, status::text from public.failed_tasks"
    )
    assert (queue, kind, about, told, attempts, status) == ("default", "delivery", task["id"], error, 4, "dead")

    assert tenant.one("select status::text from public.replay_failed_task(%s)", failed) == "replayed"
    (task,) = world.claim("default")
    assert task["attempt"] == 1
    assert tenant.one("select status::text from public.replay_failed_task(%s)", failed) == "replayed", "twice is once"
    assert world.queued("default") == 1
    world.complete(task)
    assert tenant.one("select status::text from public.failed_tasks") == "resolved"


def test_a_permanent_error_is_a_dead_letter_at_once(tenant: Tenant) -> None:
    """What will not get better is not tried again."""
    world = tenant.world
    task = _invitation(tenant)
    error = {"code": "131026", "message": "Message undeliverable", "retryable": False, "scope": "recipient"}
    assert world.complete(task, outcome="failed", error=error)[0]["status"] == "failed"
    assert tenant.all("select attempts, error ->> 'code' from public.failed_tasks") == [(1, "131026")]


def test_throttling_postpones_without_counting(tenant: Tenant) -> None:
    """However often the provider says wait, no attempt is used up; its own time is kept."""
    world = tenant.world
    task = _invitation(tenant)
    for _ in range(6):
        assert task["attempt"] == 1
        assert world.complete(task, outcome="throttled", retry_after_ms=2500)[0]["status"] == "queued"
        assert 2 < _due_in(world, task["id"]) <= 3
        assert world.claim("default") == []
        world.later(3)
        (task,) = world.claim("default")
    world.complete(task)
    assert world.row(ROW, task["id"]) == ("sent", 1, None)


def test_an_unknown_send_waits_for_the_providers_word(tenant: Tenant) -> None:
    """A status decides, whether it names the provider's id or ours; then nothing is sent again."""
    world = tenant.world
    task = _invitation(tenant)
    assert world.complete(task, outcome="unknown", error={"code": "timeout"})[0]["status"] == "unknown"
    world.later(19)
    assert world.claim("default") == []
    tenant.ingest(tenant.status("sent", message_id="wamid.late", reference=task["id"]))
    world.later(60)
    assert world.claim("default") == []
    assert world.row("select status::text, provider_message_id from public.deliveries") == ("sent", "wamid.late")
    assert world.queued("default") == 0


def test_an_unknown_send_is_tried_again_once_when_the_grace_is_over(tenant: Tenant) -> None:
    """Its provider speaks to us, but not of this one: once more, then it is a dead letter. Who replays it takes the
    chance that it arrives twice."""
    world = tenant.world
    task = _invitation(tenant)
    world.complete(task, outcome="unknown")
    world.later(21)
    tenant.noise()
    (task,) = world.claim("default")
    assert task["attempt"] == 2
    world.complete(task, outcome="unknown")
    world.later(21)
    tenant.noise()
    assert world.claim("default") == []
    assert world.row("select status::text, attempts, repeats from public.deliveries") == ("failed", 2, 1)
    assert tenant.one("select error ->> 'code' from public.failed_tasks") == "unknown"


def test_while_a_provider_is_silent_its_word_is_waited_for(tenant: Tenant) -> None:
    """An outage that ate the answer holds up the statuses, too: two minutes, then it is tried again all the same."""
    world = tenant.world
    task = _invitation(tenant)
    world.complete(task, outcome="unknown")
    for _ in range(5):
        world.later(21)
        assert world.claim("default") == []
    world.later(21)
    assert [again["attempt"] for again in world.claim("default")] == [2]


def test_a_goodbye_is_never_repeated(tenant: Tenant) -> None:
    """Nobody is to read twice that he will not be written to any more."""
    world = tenant.world
    interview = tenant.interview()
    interview.say("SAIR")
    delivery = interview.commit(interview.claim())["delivery"]
    assert delivery["work"]["kind"] == "goodbye"
    world.complete(delivery, outcome="unknown")
    world.later(21)
    tenant.noise()
    assert world.claim("high_priority") == []
    assert world.row(ROW, delivery["id"])[:2] == ("failed", 1)


def test_a_completion_repeated_hands_out_the_same_reply(tenant: Tenant) -> None:
    """The answer to the first got lost on its way: the next reply must not wait for its claim to lapse."""
    world = tenant.world
    interview = tenant.interview()
    interview.say("um")
    first = interview.commit(interview.claim())["delivery"]
    interview.say("dois")
    assert interview.commit(interview.claim())["delivery"] is None, "the one before is under way"
    (done,) = world.complete(first)
    assert done["task"]["claim"] == world.complete(first)[0]["task"]["claim"]
    world.complete(done["task"])
    assert world.complete(first)[0]["task"] is None, "and once it is sent there is nothing to hand out"


def test_a_crashed_sender_leaves_an_unknown_send(tenant: Tenant) -> None:
    """The message may have left: after the claim lapsed the grace runs, and only then it is sent again."""
    world = tenant.world
    task = _invitation(tenant)
    world.later(31)
    assert world.claim("default") == []
    assert world.row(ROW, task["id"]) == ("unknown", 1, None)
    assert 18 < _due_in(world, task["id"]) <= 20
    world.later(19)
    assert world.claim("default") == []
    world.later(2)
    tenant.noise()
    (again,) = world.claim("default")
    assert (again["attempt"], again["claim"] == task["claim"]) == (2, False)
    assert world.complete(task)[0]["status"] == "stale", "the first sender comes back too late"


def test_a_claim_can_be_kept_for_longer(tenant: Tenant) -> None:
    """An extended claim is nobody else's after its first time is over."""
    world = tenant.world
    task = _invitation(tenant)
    assert world.worker("extend_task", task="delivery", id=task["id"], claim=task["claim"], visibility_s=90)
    world.later(60)
    assert world.claim("default") == []
    assert world.row(ROW, task["id"]) == ("sending", 1, None)
    assert world.complete(task)[0]["status"] == "sent"


def test_replies_of_a_lead_go_out_in_order(interview: Interview) -> None:
    """The second waits while the first may still be on its way, and is handed over with the first's result."""
    world = interview.world
    interview.say("9")
    first = interview.commit(interview.claim(), answers=[{"key": "nota", "value": 9}])["delivery"]
    interview.say("bom")
    second = interview.commit(interview.claim(), answers=[{"key": "motivo", "value": "bom"}])
    assert second["verdict"] == "committed"
    assert second["delivery"] is None
    world.one("select private.sweep()")
    assert world.claim("high_priority") == []
    assert world.complete(first, outcome="throttled", retry_after_ms=1000)[0]["task"] is None
    world.later(1)
    (first,) = world.claim("high_priority")
    (answer,) = world.complete(first)
    assert answer["task"]["work"]["content"]["text"].startswith("Onde você compra?")
    assert answer["task"]["attempt"] == 1
    assert world.complete(answer["task"])[0] == {"id": answer["task"]["id"], "status": "sent", "task": None}


def test_what_waits_goes_on_when_the_one_before_is_given_up(interview: Interview) -> None:
    """A send that failed for good does not hold its successors up; nor does one of which only a status is known."""
    world, tenant = interview.world, interview.tenant
    tasks = []
    for text, key in (("9", "nota"), ("bom", "motivo"), ("loja", "canal")):
        interview.say(text)
        tasks.append(interview.commit(interview.claim(), answers=[{"key": key, "value": text}])["delivery"])
    assert [bool(task) for task in tasks] == [True, False, False]
    (answer,) = world.complete(tasks[0], outcome="failed", error={"code": "x", "message": "x", "retryable": False})
    second = answer["task"]
    assert second["work"]["content"]["text"].startswith("Onde")
    world.complete(second, outcome="unknown")
    tenant.ingest(tenant.status("delivered", message_id="w.2", reference=second["id"]))
    (third,) = world.claim("high_priority")
    assert third["work"]["content"]["text"].startswith("Era isso!")


def test_a_reply_outside_the_24_hour_window_is_not_sent(interview: Interview) -> None:
    """Free text is not allowed then; the turn commits all the same and the row says why nothing left."""
    world = interview.world
    interview.say("9")
    world.all("update private.threads set last_inbound_at = now() - interval '24 hours 1 second'")
    verdict = interview.commit(interview.claim(), answers=[{"key": "nota", "value": 9}])
    assert (verdict["verdict"], verdict["delivery"]) == ("committed", None)
    assert interview.tenant.all("select status::text, reason from public.deliveries where kind = 'reply'") == [
        ("cancelled", "free text is outside WhatsApp's 24-hour window")
    ]
    assert interview.answers()["nota"] == ("answered", 9)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("update public.leads set status = 'blocked'", "the lead is blocked"),
        (
            "insert into public.consents (lead_id, granted, legal_basis) select id, false, 'consent' from public.leads",
            "the lead opted out",
        ),
    ],
)
def test_what_waits_to_be_sent_is_cancelled_when_the_lead_is_left_alone(
    interview: Interview, change: str, reason: str
) -> None:
    """Asked again when it is claimed, not only when it was made."""
    world = interview.world
    interview.say("9")
    task = interview.commit(interview.claim(), answers=[{"key": "nota", "value": 9}])["delivery"]
    world.complete(task, outcome="failed", error={"code": "x", "message": "x", "retryable": True})
    interview.tenant.all(change)
    world.later(2)
    assert world.claim("high_priority") == []
    assert world.row(ROW, task["id"]) == ("cancelled", 1, reason)
    assert world.queued("high_priority") == 0


def test_one_result_that_makes_no_sense_harms_no_other(tenant: Tenant) -> None:
    """A provider's id given to two messages, an unknown delivery, a broken error: the others are completed."""
    world = tenant.world
    for _ in range(3):
        tenant.lead()
    tenant.start(tenant.project())
    one, two, three = world.claim("default")
    results = [
        {"id": one["id"], "claim": one["claim"], "outcome": "sent", "provider_message_id": "same"},
        {"id": two["id"], "claim": two["claim"], "outcome": "sent", "provider_message_id": "same"},
        {"id": tenant.id, "claim": two["claim"], "outcome": "sent", "provider_message_id": "none"},
        {"id": three["id"], "claim": three["claim"], "outcome": "failed", "error": {"retryable": "perhaps"}},
    ]
    answer = {row["id"]: row["status"] for row in world.worker("complete_deliveries", results=results)}
    assert answer[tenant.id] == "stale"
    assert {answer[one["id"]], answer[two["id"]]} == {"sent"}
    assert world.one("select count(*) from public.deliveries where provider_message_id = 'same'") == 1
    assert world.one("select count(*) from public.deliveries where status = 'sending'") == 0
