"""What was paid for is in the ledger once: repeated, late and broken commits, prices by the day, what is delivered."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.database.builders import JSON, Interview, Tenant, World, result

MINI, HAIKU = "openai:gpt-5-mini", "anthropic:claude-haiku-4-5"


def use(model: str, read: int, written: int) -> JSON:
    """One call."""
    return {"model": model, "input_tokens": read, "output_tokens": written}


def cost(read: int, written: int, *, reads_at: str, writes_at: str) -> Decimal:
    """By hand: tokens at a price for a million."""
    return (read * Decimal(reads_at) + written * Decimal(writes_at)) / 1_000_000


def mini(read: int, written: int) -> Decimal:
    """gpt-5-mini's."""
    return cost(read, written, reads_at="0.25", writes_at="2.00")


def haiku(read: int, written: int) -> Decimal:
    """claude-haiku-4-5's."""
    return cost(read, written, reads_at="1.00", writes_at="5.00")


def used(task: JSON, *uses: JSON, **proposal: Any) -> JSON:
    """A turn's result with what its models used."""
    return {**result(task, **proposal), "reruns": task["work"]["reruns"], "usage": list(uses)}


def commit(world: World, *results: JSON) -> list[JSON]:
    """Commits turns."""
    verdicts: list[JSON] = world.worker("commit_turns", results=list(results))
    return verdicts


def ledger(tenant: Tenant) -> list[tuple[Any, ...]]:
    """Item, run, tokens and amount of every entry."""
    return tenant.all(
        "select item, run, input_tokens, output_tokens, amount from public.usage order by occurred_at, item"
    )


def total(tenant: Tenant) -> Decimal:
    """All of it."""
    found: Decimal = tenant.one("select coalesce(sum(amount), 0) from public.usage")
    return found


def test_what_is_committed_again_is_counted_once(interview: Interview) -> None:
    """Its answer got lost; or it comes from an instance that had lost its lease, which was paid for all the same."""
    world, tenant = interview.world, interview.tenant
    interview.say("9")
    task = interview.claim()
    made = used(task, use(MINI, 1000, 100))
    assert [commit(world, made)[0]["verdict"] for _ in range(3)] == ["committed"] * 3
    assert total(tenant) == mini(1000, 100)

    interview.say("porque sim")
    lost = interview.claim()
    interview.lapse()
    again = interview.claim()
    late = used(lost, use(MINI, 500, 50))
    assert [commit(world, late)[0]["verdict"] for _ in range(2)] == ["stale"] * 2
    commit(world, used(again, use(MINI, 510, 50)))
    assert total(tenant) == mini(1000, 100) + mini(500, 50) + mini(510, 50)
    assert tenant.all("select distinct project_id from public.usage") == [(interview.project,)]


def test_a_commit_that_breaks_was_paid_for(interview: Interview) -> None:
    """Its turn is rolled back and tried again; what the model took is not."""
    interview.say("9")
    broken = used(interview.claim(), use(MINI, 300, 30))
    broken["steps"], broken["input_tokens"] = [], "muitos"
    (verdict,) = commit(interview.world, broken)
    assert verdict["verdict"] == "failed"
    assert ledger(interview.tenant) == [(MINI, 0, 300, 30, mini(300, 30))]


def test_a_result_without_a_list_counts_its_model(interview: Interview) -> None:
    """And one that asked no model counts nothing."""
    interview.say("9")
    task = interview.claim()
    (verdict,) = commit(interview.world, {**result(task), "model": HAIKU, "input_tokens": 11, "output_tokens": 2})
    interview.world.complete(verdict["delivery"])
    assert ledger(interview.tenant) == [(HAIKU, 0, 11, 2, haiku(11, 2))]
    interview.turn("oi")
    assert len(ledger(interview.tenant)) == 1


@pytest.mark.parametrize(
    ("model", "day", "expected"),
    [
        (MINI, "2026-11-27", ("0.25", "2")),
        (f"{MINI}-2025-08-07", "2026-11-27", ("0.25", "2")),
        (f"{HAIKU}-20251001", "2026-11-27", ("1", "5")),
        (MINI, "2027-01-01", ("0.20", "1.5")),
        (f"{MINI}-2026-12-24", "2027-01-02", ("0.10", "1")),
        (MINI, "2020-01-01", None),
        ("openai:gpt-5-min", "2026-11-27", None),
        ("openai:gpt-5-mini-high", "2026-11-27", None),
        ("offline", "2026-11-27", ("0", "0")),
    ],
)
def test_a_price_is_that_of_the_day(world: World, model: str, day: str, expected: tuple[str, str] | None) -> None:
    """The newest by then; a name with a date has that of the name without, unless it has its own."""
    with world.connection.transaction(force_rollback=True):
        world.all(
            "insert into private.model_prices values (%s, 'USD', 0.20, 1.5, '2027-01-01'),"
            " (%s, 'USD', 0.10, 1, '2026-12-24')",
            MINI,
            f"{MINI}-2026-12-24",
        )
        found = world.row(
            "select p.input_per_million, p.output_per_million from private.model_price(%s, %s) as p", model, day
        )
    assert found == (tuple(map(Decimal, expected)) if expected else (None, None))


def test_what_the_offline_model_does_costs_nothing(interview: Interview) -> None:
    """It is counted, and no note is left for budgets."""
    interview.say("9")
    commit(interview.world, used(interview.claim(), use("offline", 900, 30)))
    assert ledger(interview.tenant) == [("offline", 0, 900, 30, 0)]
    assert interview.world.one("select count(*) from private.spendings") == 0


def test_a_message_is_charged_when_it_is_delivered(interview: Interview) -> None:
    """Not when it is sent, where the provider tells of deliveries; by its template's category where it says none."""
    tenant = interview.tenant
    delivery = tenant.one("select id from public.deliveries")
    assert tenant.one("select status::text from public.deliveries") == "sent"
    assert ledger(tenant) == []
    tenant.ingest(tenant.status("delivered", reference=delivery))
    assert ledger(tenant) == [("whatsapp_cloud/utility", 0, 0, 0, Decimal("0.0068"))]
    tenant.ingest(tenant.status("read", reference=delivery, pricing={"category": "marketing", "billable": True}))
    assert len(ledger(tenant)) == 1


def test_nobody_writes_the_ledger(interview: Interview) -> None:
    """Nor does the platform's own key."""
    for role in ("authenticated", "service_role"):
        assert not interview.world.one(
            "select has_table_privilege(%s, 'public.usage', 'INSERT, UPDATE, DELETE, TRUNCATE')", role
        )
