"""A budget that is used up: owners are told, and then the offline model answers, or everything waits."""

from __future__ import annotations

from tests.database.builders import JSON, Interview, Tenant, World, result
from tests.database.dialogues import Dialogue, agent

GPT = "openai:gpt-5-mini"
DEAR = [{"model": GPT, "input_tokens": 4_000_000, "output_tokens": 0}]
"""A dollar."""


def spend(interview: Interview, text: str, **proposal: object) -> str:
    """One turn of the interview that costs a dollar; returns the model that it was to ask."""
    interview.say(text)
    task = interview.claim()
    (verdict,) = interview.world.worker("commit_turns", results=[result(task, **proposal) | {"usage": DEAR}])
    interview.world.complete(verdict["delivery"])
    interview.world.one("select private.sweep()")
    model: str = task["work"]["agent"]["model"]
    return model


def nota(value: int) -> JSON:
    """A proposal with an answer."""
    return {"answers": [{"key": "nota", "value": value, "quote": str(value), "seq": 1}]}


def limit(tenant: Tenant, amount: float, **columns: object) -> str:
    """The owner sets one."""
    names = ", ".join(["amount", *columns])
    marks = ", ".join(["%s"] * (len(columns) + 1))
    made: str = tenant.one(
        f"insert into public.budgets ({names}) values ({marks}) returning id", amount, *columns.values()
    )
    return made


def campaign(tenant: Tenant, *people: str) -> list[Interview]:
    """Leads of one running project whose agent has a model of its own."""
    configured = tenant.one(
        "insert into public.renus_config (config) values (%s) returning id",
        {"model": GPT, "fallback_model": "openai:gpt-5-nano", "conversation": {}},
    )
    leads = [tenant.lead(phone) for phone in people]
    project = tenant.project(audience={"lead_ids": leads})
    tenant.all("update public.projects set renus_config_id = %s where id = %s", configured, project)
    tenant.start(project)
    tenant.world.complete(*tenant.world.claim("default"))
    found = []
    for lead, phone in zip(leads, people, strict=True):
        interview, thread = tenant.world.row("select id, thread_id from public.interviews where lead_id = %s", lead)
        found.append(Interview(tenant, interview, lead, project, thread, "55" + phone))
    return found


def told(tenant: Tenant) -> list[str]:
    """What the owner was told of budgets, in order."""
    rows = tenant.all(
        "select text from public.notifications where event like 'budget%%' order by created_at, event desc"
    )
    return [text for (text,) in rows]


def test_a_budget_reached_in_mid_campaign_degrades_to_the_offline_model(tenant: Tenant) -> None:
    """Warned at four fifths, degraded at the whole, by the sweep; the campaign goes on to its end."""
    first, second = campaign(tenant, "11962000001", "11962000002")
    limit(tenant, 1.20, warn_at_percent=80, on_reached="degrade")
    assert spend(first, "9", **nota(9)) == GPT
    assert told(tenant) == ["O orçamento da empresa para este mês já passou de 80%: US$ 1,00 de US$ 1,20."]
    assert spend(second, "8", **nota(8)) == GPT
    assert told(tenant)[1].startswith("O orçamento da empresa para este mês se esgotou: US$ 2,00 de US$ 1,20.")

    first.say("é perto")
    work = first.claim()["work"]
    assert {name: work["agent"][name] for name in ("model", "fallback_model", "degraded")} == {
        "model": "offline",
        "fallback_model": None,
        "degraded": True,
    }
    dialogue = Dialogue.of(tenant)
    task = dialogue.begin("oi")
    assert (task["work"]["agent"]["model"], task["work"]["agent"]["degraded"]) == ("offline", True)
    dialogue.answer(task)
    second.answer("motivo", "porque sim")
    second.answer("canal", "Loja")
    assert second.state() == ("completed", "completed")
    tenant.world.one("select private.sweep()")
    assert len(told(tenant)) == 2, "once each"


def test_more_money_and_a_new_month_open_it_again(tenant: Tenant, world: World) -> None:
    """Raised, it holds at once; the next month begins with nothing spent."""
    (interview,) = campaign(tenant, "11962000003")
    made = limit(tenant, 1)
    spend(interview, "9", **nota(9))
    state = "select state::text from public.budgets where id = %s"
    assert tenant.one(state, made) == "reached"
    tenant.all("update public.budgets set amount = 5 where id = %s", made)
    assert tenant.one(state, made) == "open"
    tenant.all("update public.budgets set amount = 1 where id = %s", made)
    world.setting("clock_offset_s", 32 * 86400)
    world.one("select private.sweep()")
    assert tenant.all("select state::text, spent from public.budgets") == [("open", 0)]


def test_a_budget_that_pauses_loses_nothing(tenant: Tenant, world: World) -> None:
    """What leads write waits unanswered, invitations wait; raised, everything is answered and sent."""
    (first,) = campaign(tenant, "11962000004")
    made = limit(tenant, 1, on_reached="pause", project_id=first.project)
    assert spend(first, "9", **nota(9)) == GPT
    first.say("porque é perto")
    assert world.claim("high_priority") == []
    world.one("select private.sweep()")
    assert world.queued("high_priority") == 0
    assert world.row("select held, inbound_seq > handled_seq from private.threads where id = %s", first.thread) == (
        True,
        True,
    )
    tenant.all("update public.budgets set amount = 10 where id = %s", made)
    world.one("select private.sweep()")
    work = first.claim()["work"]
    assert [item["content"] for item in work["input"]] == ["porque é perto"]
    assert work["agent"]["model"] == GPT


def test_a_projects_budget_is_the_projects(tenant: Tenant) -> None:
    """What belongs to no project goes on with its own model."""
    (interview,) = campaign(tenant, "11962000005")
    limit(tenant, 1, project_id=interview.project)
    spend(interview, "9", **nota(9))
    agent(tenant, model=GPT)
    assert Dialogue.of(tenant).begin("oi")["work"]["agent"]["model"] == GPT
    interview.say("sim")
    assert interview.claim()["work"]["agent"]["model"] == "offline"
