"""A budget warns, and once it is reached the agents go on with the offline model, or wait, and nothing is lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest

from tests.database.builders import JSON, Interview, Tenant, World, refused, result

MINI = "openai:gpt-5-mini"
SAO_PAULO = ZoneInfo("America/Sao_Paulo")


def budget(tenant: Tenant, amount: float, **columns: Any) -> str:
    """The owner sets a budget."""
    values = {"amount": amount, **columns}
    made: str = tenant.one(
        f"insert into public.budgets ({', '.join(values)}) values ({', '.join(['%s'] * len(values))}) returning id",
        *values.values(),
    )
    return made


def state(tenant: Tenant) -> str:
    """How far the only budget is used, after a sweep."""
    tenant.world.one("select private.sweep()")
    found: str = tenant.one("select state::text from public.budgets")
    return found


def cents(task: JSON, amount: int, **proposal: Any) -> JSON:
    """A turn's result that cost so many cents: 5,000 tokens written are one."""
    return {**result(task, **proposal), "usage": [{"model": MINI, "input_tokens": 0, "output_tokens": 5000 * amount}]}


def spend(interview: Interview, amount: int, text: str = "oi") -> JSON:
    """The lead writes, and the answer costs so many cents. Returns the turn's task."""
    interview.say(text)
    task = interview.claim()
    (verdict,) = interview.world.worker("commit_turns", results=[cents(task, amount)])
    assert verdict["verdict"] == "committed"
    if verdict["delivery"]:
        interview.world.complete(verdict["delivery"])
    return task


def told(tenant: Tenant) -> list[tuple[str, str]]:
    """What the owner was told of budgets."""
    return tenant.all("select event, text from public.notifications where event like 'budget%%' order by created_at")


def models(task: JSON) -> dict[str, Any]:
    """What the work says of models."""
    return {
        key: value for key, value in task["work"]["agent"].items() if key in ("model", "fallback_model", "degraded")
    }


def agent(interview: Interview, **config: Any) -> None:
    """Gives the interview's project an agent."""
    made = interview.tenant.one("insert into public.renus_config (config) values (%s) returning id", config)
    interview.tenant.all("update public.projects set renus_config_id = %s where id = %s", made, interview.project)


def test_a_reached_budget_degrades_in_mid_campaign(interview: Interview) -> None:
    """A warning first; from then on the work names the offline model, whatever the agent names, and replies go on."""
    tenant = interview.tenant
    agent(interview, model=MINI, fallback_model="anthropic:claude-haiku-4-5")
    budget(tenant, 0.10)
    named = {"model": MINI, "fallback_model": "anthropic:claude-haiku-4-5"}
    assert models(spend(interview, 7)) == named
    assert (state(tenant), told(tenant)) == ("open", [])
    assert models(spend(interview, 1)) == named
    assert state(tenant) == "warned"
    assert models(spend(interview, 2)) == named
    assert state(tenant) == "reached"
    offline = {"model": "offline", "fallback_model": None, "degraded": True}
    assert models(spend(interview, 0)) == offline
    assert [event for event, _ in told(tenant)] == ["budget_warning", "budget_reached"]
    assert [text for _, text in told(tenant)] == [
        "O orçamento da empresa para este mês já passou de 80%: US$ 0,08 de US$ 0,10.",
        "O orçamento da empresa para este mês se esgotou: US$ 0,10 de US$ 0,10. Até que ele seja aumentado ou o mês"
        " vire, quem responde é o modelo básico, que não tem custo.",
    ]
    for _ in range(2):
        state(tenant)
    assert len(told(tenant)) == 2
    # Raised by its owner, it holds at once.
    tenant.all("update public.budgets set amount = 1")
    assert models(spend(interview, 1)) == named


def test_a_run_again_knows_of_the_budget(interview: Interview) -> None:
    """It was reached between the two runs of one turn."""
    tenant = interview.tenant
    agent(interview, model=MINI)
    budget(tenant, 0.05)
    interview.say("oi")
    task = interview.claim()
    interview.say("de novo")
    (verdict,) = tenant.world.worker("commit_turns", results=[cents(task, 5)])
    assert (verdict["verdict"], models(verdict["task"])["model"]) == ("superseded", MINI)
    assert state(tenant) == "reached"
    interview.say("e de novo")
    again = {**cents(verdict["task"], 0), "reruns": 1}
    (verdict,) = tenant.world.worker("commit_turns", results=[again])
    assert (verdict["verdict"], models(verdict["task"])["degraded"]) == ("superseded", True)


def test_a_project_pays_for_itself(tenant: Tenant) -> None:
    """Another project of the same client goes on."""
    one, two = tenant.interview(), tenant.interview()
    budget(tenant, 0.03, project_id=one.project, period="total")
    spend(two, 50)
    spend(one, 3)
    assert state(tenant) == "reached"
    assert (models(spend(one, 0))["model"], models(spend(two, 0))["model"]) == ("offline", None)
    assert told(tenant)[0][1].startswith('O orçamento da pesquisa "Satisfação" se esgotou: US$ 0,03 de US$ 0,03.')


def test_a_paused_budget_loses_nothing(interview: Interview) -> None:
    """No turn is begun, what the lead wrote waits; once the budget is raised all of it is answered in one turn."""
    tenant, world = interview.tenant, interview.world
    budget(tenant, 0.02, on_reached="pause")
    spend(interview, 2)
    assert state(tenant) == "reached"
    interview.say("9")
    interview.say("aliás, 8")
    assert world.claim("high_priority") == []
    assert world.queued("high_priority") == 0
    held = "select held, inbound_seq > handled_seq, lease, due_at from private.threads where id = %s"
    assert world.row(held, interview.thread) == (True, True, None, None)
    for _ in range(2):
        state(tenant)
        assert world.claim("high_priority") == []
    assert told(tenant)[-1][0] == "budget_reached"
    tenant.all("update public.budgets set amount = 1")
    assert state(tenant) == "open"
    task = interview.claim()
    assert [item["content"] for item in task["work"]["input"]] == ["9", "aliás, 8"]
    world.worker("commit_turns", results=[cents(task, 1)])
    assert world.row(held, interview.thread)[:2] == (False, False)


@pytest.mark.parametrize(
    "change",
    [
        "update public.budgets set on_reached = 'degrade'",
        "delete from public.budgets",
        "update public.budgets set period = 'total', amount = 5",
    ],
)
def test_who_changes_a_budget_frees_what_waits(interview: Interview, change: str) -> None:
    """Its action, its end, its amount."""
    budget(interview.tenant, 0.02, on_reached="pause")
    spend(interview, 2)
    state(interview.tenant)
    interview.say("9")
    assert interview.world.claim("high_priority") == []
    interview.tenant.all(change)
    interview.world.one("select private.sweep()")
    assert [item["content"] for item in interview.claim()["work"]["input"]] == ["9"]


def test_a_project_that_is_paused_holds_its_own_threads(tenant: Tenant) -> None:
    """And the sweep frees those alone that are free."""
    one, two = tenant.interview(), tenant.interview()
    of_one = budget(tenant, 0.01, project_id=one.project, on_reached="pause")
    budget(tenant, 0.01, project_id=two.project, on_reached="pause")
    spend(one, 1)
    spend(two, 1)
    tenant.world.one("select private.sweep()")
    one.say("9")
    two.say("9")
    assert tenant.world.claim("high_priority") == []
    tenant.all("update public.budgets set amount = 1 where id = %s", of_one)
    tenant.world.one("select private.sweep()")
    assert [task["id"] for task in tenant.world.claim("high_priority")] == [one.thread]


def test_nobody_is_invited_while_a_budget_is_used_up(tenant: Tenant) -> None:
    """What was made waits and says why, no more is made, and all go when there is money again."""
    world = tenant.world
    leads = [tenant.lead() for _ in range(3)]
    tenant.start(project := tenant.project(audience={"lead_ids": leads[:2]}))
    budget(tenant, 0, project_id=project, on_reached="pause")
    assert world.claim("default") == []
    assert set(tenant.all("select status::text, reason from public.deliveries")) == {
        ("deferred", "the budget is used up")
    }
    assert world.one("select count(*) from private.clients_to_invite()") == 0
    tenant.all("update public.budgets set amount = 10")
    world.later(61)
    world.one("select private.sweep()")
    assert len(world.claim("default")) == 2


def test_a_reply_that_was_made_is_sent(interview: Interview) -> None:
    """The budget was reached between the two."""
    interview.say("9")
    (verdict,) = interview.world.worker("commit_turns", results=[cents(interview.claim(), 5)])
    (unsent,) = [verdict["delivery"]]
    interview.world.complete(unsent, outcome="failed", error={"code": "x", "message": "x", "retryable": True})
    budget(interview.tenant, 0, on_reached="pause")
    interview.world.later(2)
    assert [task["id"] for task in interview.world.claim("high_priority")] == [unsent["id"]]


@pytest.mark.parametrize("action", ["degrade", "pause"])
def test_a_report_is_written_offline(interview: Interview, action: str) -> None:
    """Its figures need no money."""
    agent(interview, model=MINI)
    world = interview.world
    world.all("select private.queue_report(%s, null, true)", interview.project)
    budget(interview.tenant, 0, on_reached=action)
    (task,) = world.claim("low_priority")
    assert (task["work"]["model"], task["work"]["degraded"]) == ("offline", True)


def test_a_month_turns_over_in_sao_paulo(interview: Interview) -> None:
    """What waits goes on, the new month begins with nothing spent, its own spending counts, and owners hear again."""
    tenant, world = interview.tenant, interview.world
    here = datetime.now(UTC).astimezone(SAO_PAULO)
    turn_of_month = (here.replace(day=1, hour=0, minute=0, second=0, microsecond=0) + timedelta(days=32)).replace(day=1)
    before = (turn_of_month - timedelta(hours=2) - datetime.now(UTC)).total_seconds()
    world.setting("clock_offset_s", before)
    budget(tenant, 0.02, on_reached="pause")
    spend(interview, 2)
    assert state(tenant) == "reached"
    interview.say("9")
    assert world.claim("high_priority") == []
    # Midnight in Greenwich is no turn of the month here.
    assert state(tenant) == "reached"
    world.setting("clock_offset_s", before + 3 * 3600)
    assert state(tenant) == "open"
    assert world.row("select spent, period_began from public.budgets") == (0, turn_of_month.astimezone(UTC))
    world.worker("commit_turns", results=[cents(interview.claim(), 2)])
    assert state(tenant) == "reached"
    assert tenant.one("select spent from public.budgets") == Decimal("0.02")
    assert tenant.one("select sum(amount) from public.usage") == Decimal("0.04")
    assert [event for event, _ in told(tenant)] == ["budget_reached"] * 2


def test_what_was_spent_before_a_budget_counts(interview: Interview) -> None:
    """Notes that no sweep has seen are not counted twice."""
    tenant = interview.tenant
    spend(interview, 3)
    budget(tenant, 1)
    spend(interview, 4)
    for _ in range(2):
        state(tenant)
        assert tenant.one("select spent from public.budgets") == Decimal("0.07")
    tenant.all("update public.budgets set period = 'total'")
    spend(interview, 1)
    state(tenant)
    assert tenant.one("select spent from public.budgets") == Decimal("0.08")


def test_the_sterner_of_two_budgets_holds(interview: Interview, world: World) -> None:
    """And a client without any goes on."""
    verdict = "select private.budget_verdict(%s, %s)"
    asked = (interview.tenant.id, interview.project)
    assert world.one(verdict, *asked) == "go"
    budget(interview.tenant, 0)
    assert world.one(verdict, *asked) == "degrade"
    budget(interview.tenant, 0, project_id=interview.project, on_reached="pause")
    assert world.one(verdict, *asked) == "pause"
    assert world.one(verdict, interview.tenant.id, None) == "degrade"


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"currency": "JPY"}, "budgets.currency: there are no prices in JPY"),
        ({"warn_at_percent": 0}, "warn_at_percent_is_1_to_100"),
        ({"amount": -1}, "amount_is_not_negative"),
    ],
)
def test_a_limit_that_says_nothing_is_refused(tenant: Tenant, columns: JSON, said: str) -> None:
    """In the words of the rule."""
    with pytest.raises(psycopg.Error) as error:
        budget(tenant, **{"amount": 1, **columns})
    assert said in refused(error.value)


def test_there_is_one_budget_of_a_kind(tenant: Tenant) -> None:
    """And what is spent is not for people to write."""
    budget(tenant, 1)
    with pytest.raises(psycopg.errors.UniqueViolation):
        budget(tenant, 2)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        tenant.all("update public.budgets set spent = 0")
