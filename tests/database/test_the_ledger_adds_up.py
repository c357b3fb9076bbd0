"""The ledger: every run of a turn, every report and every message once, at the prices of its day, to the last digit."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.database.builders import JSON, Interview, Tenant, World, result
from tests.database.dialogues import Dialogue, agent

GPT = "openai:gpt-5-mini"
HAIKU = "anthropic:claude-haiku-4-5"
LEDGER = "select item, run, input_tokens, output_tokens, quantity, amount, currency from public.usage"
FOR_GOOD = {"code": "131026", "message": "Undeliverable", "retryable": False, "scope": "recipient"}


def use(model: str, read: int, written: int) -> JSON:
    """One call of a model."""
    return {"model": model, "input_tokens": read, "output_tokens": written}


def commit(world: World, task: JSON, *uses: JSON, run: int = 0, **proposal: Any) -> JSON:
    """Hands in one run of a turn, with what it used."""
    handed_in = result(task, **proposal) | {"usage": list(uses), "reruns": run}
    (verdict,) = world.worker("commit_turns", results=[handed_in])
    return dict(verdict)


def nota(value: int) -> JSON:
    """A proposal with the first question's answer."""
    return {"answers": [{"key": "nota", "value": value, "quote": str(value), "seq": 1}]}


def campaign(tenant: Tenant, people: int, **config: Any) -> list[Interview]:
    """So many invited leads of one running project; their invitations are sent, and no word of them has come."""
    numbered = [f"1196200{n:04}" for n in range(people)]
    leads = [tenant.lead(phone, f"Pessoa {n}") for n, phone in enumerate(numbered)]
    tenant.start(project := tenant.project(audience={"lead_ids": leads}, **config))
    tenant.world.complete(*tenant.world.claim("default"))
    rows = {
        lead: (interview, thread)
        for lead, interview, thread in tenant.all("select lead_id, id, thread_id from public.interviews")
    }
    return [
        Interview(tenant, rows[lead][0], lead, project, rows[lead][1], "55" + phone)
        for lead, phone in zip(leads, numbered, strict=True)
    ]


def told(tenant: Tenant, delivery: str, status: str, times: int = 1, **more: Any) -> None:
    """The provider says what became of a delivery."""
    for _ in range(times):
        tenant.ingest(tenant.status(status, message_id=f"wamid.out.{delivery}", **more))


def invitation(interview: Interview) -> str:
    """The delivery that invited."""
    found: str = interview.world.one(
        "select id from public.deliveries where interview_id = %s and kind = 'invitation'", interview.id
    )
    return found


def budget(tenant: Tenant, amount: float, project: str | None = None, **columns: Any) -> str:
    """The owner sets a limit; returns its id."""
    values = {"amount": amount, "project_id": project, **columns}
    marks = ", ".join(["%s"] * len(values))
    made: str = tenant.one(
        f"insert into public.budgets ({', '.join(values)}) values ({marks}) returning id", *values.values()
    )
    return made


def spent(world: World, budget_id: str) -> Decimal:
    """What a budget has counted, once the sweep has run."""
    world.one("select private.sweep()")
    counted: Decimal = world.one("select spent from public.budgets where id = %s", budget_id)
    return counted


def total(world: World, project: str | None = None) -> Decimal:
    """The ledger's sum: of one project, or of everything."""
    found: Decimal = world.one(
        "select coalesce(sum(amount), 0) from public.usage where %s::uuid is null or project_id = %s", project, project
    )
    return found


def test_a_campaign_adds_up_to_the_last_digit(tenant: Tenant) -> None:
    """Turns, a run that was thrown away, an attempt that failed, a fall-back, a report, messages: summed by hand."""
    world = tenant.world
    agent(tenant)
    first, second = campaign(tenant, 2)
    whole, part = budget(tenant, 100), budget(tenant, 100, first.project, period="total")
    world.all("update public.message_templates set category = 'marketing' where purpose = 'invitation'")

    # Counted half-way, and on from there. A model's dated name has the price of its name.
    told(tenant, invitation(first), "delivered", times=2)
    first.say("9")
    task = first.claim()
    uses = (use(f"{GPT}-2025-08-07", 1000, 70), use(f"{GPT}-2025-08-07", 200, 15))
    verdict = commit(world, task, *uses, **nota(9))
    assert commit(world, task, *uses, **nota(9))["verdict"] == "committed"
    by_hand = Decimal("0.0625") + Decimal("0.000470")
    assert (spent(world, whole), spent(world, part), total(world)) == (by_hand, by_hand, by_hand)

    # A reply is free text, and is not charged before it is delivered.
    world.complete(verdict["delivery"])
    world.complete(verdict["delivery"])
    assert total(world) == by_hand
    told(tenant, verdict["delivery"]["id"], "read")
    told(tenant, verdict["delivery"]["id"], "delivered")
    by_hand += Decimal("0.0068")

    # A run that was thrown away, handed in twice, and the run that came of it.
    first.say("pelo preço")
    task = first.claim()
    first.say("e pelo lugar")
    for _ in range(2):
        assert commit(world, task, use(GPT, 1000, 40))["verdict"] == "superseded"
    verdict = commit(world, task, use(GPT, 1100, 50), run=1)
    assert verdict["verdict"] == "committed"
    by_hand += Decimal("0.000330") + Decimal("0.000375")
    world.complete(verdict["delivery"])
    told(tenant, verdict["delivery"]["id"], "failed", error=FOR_GOOD)

    # An attempt that failed, and a fall-back in the next one. Meta says that the invitation is not billed.
    free = {"billable": False, "category": "marketing"}
    told(tenant, invitation(second), "delivered", pricing=free)
    second.say("7")
    task = second.claim()
    error = {"code": "model_timeout", "message": "too late", "usage": [use(HAIKU, 333, 7)]}
    failed = {"task": "agent_turn", "id": task["id"], "claim": task["claim"], "error": error, "retryable": True}
    assert [world.worker("fail_task", **failed)["outcome"] for _ in range(2)] == ["retry", "stale"]
    world.later(2)
    assert (
        commit(world, second.claim(), use(HAIKU, 400, 3), use("offline", 50, 10), **nota(7))["verdict"] == "committed"
    )
    by_hand += Decimal("0.000368") + Decimal("0.000415")

    # A report.
    world.one("select private.sweep()")
    task = next(task for task in world.claim("low_priority") if task["work"]["kind"] == "project")
    saved = {"summary": "s", "markdown": "m", "model": GPT, "usage": {"uses": [use(GPT, 2501, 301)]}}
    for verdict_of_it in ("saved", "stale"):
        report = world.worker("save_report", report_id=task["id"], claim=task["claim"], **saved)
        assert report["verdict"] == verdict_of_it
    by_hand += Decimal("0.00122725")
    of_the_project = by_hand

    # Somebody outside of the campaign.
    dialogue = Dialogue.of(tenant)
    verdict = commit(world, dialogue.begin("oi"), use(GPT, 10, 1), reply="Oi!")
    by_hand += Decimal("0.0000045")
    world.complete(verdict["delivery"])
    told(tenant, verdict["delivery"]["id"], "delivered", pricing={"billable": True, "category": "UTILITY"})
    by_hand += Decimal("0.0068")

    assert (by_hand, of_the_project) == (Decimal("0.07928975"), Decimal("0.07248525"))
    assert (total(world), total(world, first.project)) == (by_hand, of_the_project)
    assert (spent(world, whole), spent(world, part)) == (by_hand, of_the_project)
    assert world.one("select count(*) from private.spendings") == 0
    shown = tenant.all("select sum(amount) from public.usage_summary") + tenant.all(
        "select amount from public.project_costs"
    )
    assert shown == [(by_hand,), (of_the_project,)]


def test_calls_of_one_model_are_one_entry_and_two_models_are_two(interview: Interview) -> None:
    """What was asked in vain is there beside what answered; the offline model costs nothing."""
    interview.say("9")
    commit(interview.world, interview.claim(), use(GPT, 100, 20), use(GPT, 50, 5), use("offline", 7, 2), **nota(9))
    assert interview.world.all(LEDGER + " order by item") == [
        ("offline", 0, 7, 2, 1, Decimal(0), "USD"),
        (GPT, 0, 150, 25, 2, Decimal("0.0000875"), "USD"),
    ]


def test_a_model_without_a_price_is_noted_without_an_amount(interview: Interview) -> None:
    """Its tokens are there, and that a price is missing; budgets go by what is known."""
    limit = budget(interview.tenant, 1)
    interview.say("9")
    commit(interview.world, interview.claim(), use("ollama:llama3", 100, 20), **nota(9))
    assert interview.world.all(LEDGER) == [("ollama:llama3", 0, 100, 20, 1, None, None)]
    assert spent(interview.world, limit) == 0
    assert interview.tenant.one("select without_price from public.usage_summary") == 1


def test_a_lost_lease_is_paid_for(interview: Interview) -> None:
    """The result of an instance that was thought dead writes nothing but what it used."""
    interview.say("9")
    late = interview.claim()
    interview.lapse()
    in_time = interview.claim()
    assert commit(interview.world, in_time, use(GPT, 8, 1), **nota(9))["verdict"] == "committed"
    for _ in range(2):
        assert commit(interview.world, late, use(GPT, 4, 1), **nota(8))["verdict"] == "stale"
    assert interview.world.all("select project_id, input_tokens from public.usage order by input_tokens") == [
        (interview.project, 4),
        (interview.project, 8),
    ]


@pytest.mark.parametrize("tokens", [-5, "muitos"])
def test_figures_that_are_none_stop_no_neighbour(tenant: Tenant, tokens: object) -> None:
    """A run whose counts cannot be noted fails alone; the turns handed in with it are committed."""
    first, second = campaign(tenant, 2)
    first.say("9")
    second.say("8")
    tasks = {task["id"]: task for task in tenant.world.claim("high_priority")}
    wrong = result(tasks[first.thread], **nota(9)) | {"usage": [use(GPT, 9, 9) | {"input_tokens": tokens}]}
    right = result(tasks[second.thread], **nota(8)) | {"usage": [use(GPT, 9, 9)]}
    verdicts = {row["thread_id"]: row["verdict"] for row in tenant.world.worker("commit_turns", results=[wrong, right])}
    assert verdicts[second.thread] == "committed"
    assert second.answers()["nota"][0] == "answered"
    assert tenant.world.all("select input_tokens from public.usage") == [(9,)]


@pytest.mark.parametrize("provider", ["zapi", "evolution", "twilio"])
def test_providers_without_a_price_list_are_not_noted(interview: Interview, provider: str) -> None:
    """A gateway takes nothing for a message, and what Twilio takes nobody has written down."""
    interview.world.all("update public.channel_accounts set provider = %s", provider)
    told(interview.tenant, invitation(interview), "delivered")
    assert interview.world.one("select status::text from public.deliveries") == "delivered"
    assert interview.world.all(LEDGER) == []


@pytest.mark.parametrize(
    ("pricing", "item", "amount"),
    [
        (None, "whatsapp_cloud/utility", Decimal("0.0068")),
        ({"billable": True, "category": "marketing"}, "whatsapp_cloud/marketing", Decimal("0.0625")),
        ({"billable": False, "category": "service"}, "whatsapp_cloud/service", Decimal(0)),
        ({"billable": True, "category": "referral_conversion"}, "whatsapp_cloud/referral_conversion", None),
    ],
)
def test_the_providers_word_comes_before_the_templates(
    interview: Interview, pricing: JSON | None, item: str, amount: Decimal | None
) -> None:
    """Its category and whether it bills at all; else the template's own category."""
    told(interview.tenant, invitation(interview), "delivered", times=2, pricing=pricing)
    assert interview.world.all("select item, amount, quantity from public.usage") == [(item, amount, 1)]
