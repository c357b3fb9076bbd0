"""Statuses of providers: any order, any repetition, the same end."""

from __future__ import annotations

import itertools

import pytest

from tests.database.builders import JSON, Tenant

RANK = {"sent": 1, "failed": 2, "delivered": 3, "read": 4, "played": 4}


def _sending(tenant: Tenant) -> JSON:
    tenant.lead()
    tenant.start(tenant.project())
    (task,) = tenant.world.claim("default")
    return task


@pytest.mark.parametrize("order", list(itertools.permutations(["sent", "delivered", "read", "failed"])), ids="-".join)
def test_any_order_ends_the_same(tenant: Tenant, order: tuple[str, ...]) -> None:
    """The delivery is as far as the farthest status says, at every step, and repetitions change nothing."""
    task = _sending(tenant)
    tenant.world.complete(task)
    for n, status in enumerate(order):
        for _ in range(2):
            tenant.ingest(tenant.status(status, message_id=f"wamid.out.{task['id']}"))
        farthest = max(order[: n + 1], key=lambda name: RANK[name])
        assert tenant.one("select status::text from public.deliveries") == farthest
    assert (
        tenant.one("select count(*) from public.deliveries where read_at is not null and delivered_at is not null") == 1
    )


def test_read_without_delivered_is_read(tenant: Tenant) -> None:
    """A status that never came is taken as implied; played is read."""
    task = _sending(tenant)
    tenant.world.complete(task)
    at = "2026-11-22T12:00:00Z"
    tenant.ingest({**tenant.status("played", message_id=f"wamid.out.{task['id']}"), "occurred_at": at})
    status, delivered, read = tenant.all("select status::text, delivered_at, read_at from public.deliveries")[0]
    assert status == "read"
    assert delivered == read
    assert read.isoformat().startswith("2026-11-22T12:00:00")


def test_a_status_may_come_before_our_own_result(tenant: Tenant) -> None:
    """Matched by our reference; the result then completes the row without moving it back."""
    world = tenant.world
    task = _sending(tenant)
    tenant.ingest(tenant.status("delivered", message_id="wamid.fast", reference=task["id"]))
    assert world.queued("default") == 0
    assert world.complete(task)[0]["status"] == "delivered"
    assert world.row("select status::text, provider_message_id, claim from public.deliveries") == (
        "delivered",
        "wamid.fast",
        None,
    )
    world.later(60)
    assert world.claim("default") == []


def test_a_refusal_that_comes_before_our_own_result_stands(tenant: Tenant) -> None:
    """Failed by the provider's word, with its reason; the late result changes nothing."""
    task = _sending(tenant)
    error = {"code": "131049", "message": "Not delivered to maintain healthy ecosystem", "retryable": False}
    tenant.ingest(tenant.status("failed", message_id="w", reference=task["id"], error=error))
    assert tenant.world.complete(task)[0]["status"] == "stale"
    status, reason, kept = tenant.all("select status::text, reason, error from public.deliveries")[0]
    assert (status, reason, kept) == ("failed", error["message"], error)


def test_an_unknown_status_or_message_changes_nothing(tenant: Tenant, other: Tenant) -> None:
    """A word we do not know, a message we never sent, a reference that is no id or is another client's: kept raw."""
    task = _sending(tenant)
    tenant.world.complete(task)
    counts = tenant.ingest(
        tenant.status("warning", message_id=f"wamid.out.{task['id']}"),
        tenant.status("deleted", message_id=f"wamid.out.{task['id']}"),
        tenant.status("read", message_id="wamid.nobody"),
        tenant.status("read", message_id=None, reference="not-an-id"),
        tenant.status("read", message_id=None),
    )
    assert (counts["statuses"], counts["other"]) == (5, 0)
    assert tenant.one("select count(*) from public.webhook_events where outcome = 'status'") == 5
    other.ingest(other.status("read", message_id=f"wamid.out.{task['id']}", reference=task["id"]))
    assert tenant.all("select status::text, read_at from public.deliveries") == [("sent", None)]


def test_two_ids_of_one_delivery_both_count(tenant: Tenant) -> None:
    """A send repeated after an unknown outcome has two ids at the provider; our reference ties both to the delivery."""
    world = tenant.world
    task = _sending(tenant)
    world.complete(task, outcome="unknown")
    world.later(21)
    tenant.noise()
    (again,) = world.claim("default")
    world.complete(again)
    tenant.ingest(tenant.status("delivered", message_id="wamid.first", reference=task["id"]))
    tenant.ingest(tenant.status("read", message_id=f"wamid.out.{task['id']}", reference=task["id"]))
    assert tenant.all("select status::text, provider_message_id from public.deliveries") == [
        ("read", f"wamid.out.{task['id']}")
    ]


def test_a_reference_that_contradicts_the_message_harms_nobody(tenant: Tenant) -> None:
    """The provider's own id counts; the other delivery is left alone, and the batch is taken."""
    world = tenant.world
    tenant.lead()
    tenant.lead()
    tenant.start(tenant.project())
    one, two = world.claim("default")
    world.complete(one)
    tenant.ingest(tenant.status("read", message_id=f"wamid.out.{one['id']}", reference=two["id"]))
    rows = dict(tenant.all("select id, status::text from public.deliveries"))
    assert rows == {one["id"]: "read", two["id"]: "sending"}


def test_a_price_comes_with_a_status(tenant: Tenant) -> None:
    """What the provider says it charges is kept, and not lost by a later status without it."""
    task = _sending(tenant)
    tenant.world.complete(task)
    message_id = f"wamid.out.{task['id']}"
    tenant.ingest(tenant.status("sent", message_id=message_id, pricing={"category": "marketing"}))
    tenant.ingest(tenant.status("delivered", message_id=message_id))
    assert tenant.one("select pricing from public.deliveries") == {"category": "marketing"}


def test_a_cancelled_delivery_stays_cancelled(interview_of_nobody: Tenant) -> None:
    """Nothing was sent, so no status can be true of it."""
    tenant = interview_of_nobody
    delivery = tenant.one("select id from public.deliveries")
    tenant.ingest(tenant.status("read", message_id="w", reference=delivery))
    assert tenant.all("select status::text, reason from public.deliveries") == [
        ("cancelled", "the interview has ended")
    ]


@pytest.fixture
def interview_of_nobody(tenant: Tenant) -> Tenant:
    """A tenant whose only delivery was cancelled."""
    tenant.lead()
    tenant.start(tenant.project())
    tenant.all("update public.interviews set status = 'cancelled'")
    assert tenant.world.claim("default") == []
    return tenant


def test_a_replayed_message_is_known_by_its_new_id(tenant: Tenant) -> None:
    """Accepted, lost, replayed: a provider that tells a message's id and nothing else of it is understood."""
    world = tenant.world
    tenant.lead()
    tenant.start(tenant.project())
    (task,) = world.claim("default")
    world.complete(task)
    error = {"code": "x", "message": "lost", "retryable": False, "scope": "message"}
    tenant.ingest(tenant.status("failed", message_id=f"wamid.out.{task['id']}", error=error))
    tenant.all("select public.replay_failed_task((select id from public.failed_tasks))")
    (task,) = world.claim("default")
    result = {"id": task["id"], "claim": task["claim"], "outcome": "sent", "provider_message_id": "wamid.second"}
    world.worker("complete_deliveries", results=[result])
    tenant.ingest(tenant.status("delivered", message_id="wamid.second"))
    assert tenant.one("select status::text from public.deliveries") == "delivered"
