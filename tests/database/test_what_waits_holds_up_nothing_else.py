"""Something waits, for hours or for good: what has nothing to do with it goes on, and nothing comes twice of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.database.builders import JSON, Interview, Tenant
from tests.database.clock import now
from tests.database.test_hours_are_kept import MONDAY, at, keep_hours, to_leads
from tests.database.test_owners_are_notified import ROWS, _account, _complete, _sent, _ways

TIMEOUT = {"code": "timeout", "message": "no answer", "retryable": True, "scope": "message"}
STEPS: list[JSON] = [{"after": {"hours": 20}, "text": "Oi!"}, {"after": {"hours": 20}, "channel": "sms"}]


def test_a_stopped_account_leaves_room_for_the_others(tenant: Tenant) -> None:
    """Its invitations fill its own share; a project of another number invites."""
    world = tenant.world
    world.setting("admitted_tasks", 5)
    for _ in range(8):
        tenant.lead()
    second = _account(world, tenant.id, "whatsapp", "whatsapp_cloud", "1777")
    tenant.start(tenant.project())
    world.all("select private.stop_account(%s, 'paused', 'x')", tenant.account)
    assert to_leads(world) == []
    project = tenant.project(audience={"lead_ids": [tenant.lead()]})
    tenant.all("update public.projects set channel_account_id = %s where id = %s", second, project)
    tenant.start(project)
    world.one("select private.sweep()")
    assert [task["work"]["channel_account_id"] for task in to_leads(world)] == [second]


@pytest.mark.parametrize(("word", "goes"), [("PARAR", ["goodbye"]), ("oi", ["message", "reply"])])
def test_a_message_that_waits_for_morning_holds_back_no_reply(interview: Interview, word: str, goes: list[str]) -> None:
    """Whoever writes at night may be answered at night, by what was to wait as well."""
    world, tenant = interview.world, interview.tenant
    keep_hours(tenant)
    # A gateway has no 24-hour window: free text may begin.
    world.all("update public.channel_accounts set provider = 'evolution' where id = %s", tenant.account)
    at(world, MONDAY, "19:59")
    tenant.all(
        "insert into public.deliveries (lead_id, content) values (%s, %s)",
        interview.lead,
        {"type": "text", "text": "Oi, aqui é a Dona da Padaria."},
    )
    at(world, MONDAY, "20:05")
    assert to_leads(world) == []
    assert world.one("select status::text from public.deliveries where kind = 'message'") == "deferred"
    at(world, MONDAY, "21:00")
    interview.say(word)
    task = interview.commit(interview.claim())["delivery"]
    went = []
    while task:
        went.append(task["work"]["kind"])
        task = world.complete(task)[0]["task"]
    assert went == goes


def test_news_do_not_wait_a_day_for_the_accounts_limit(tenant: Tenant) -> None:
    """They take another way."""
    world = tenant.world
    _ways(tenant)
    _complete(tenant)
    world.all("update public.channel_accounts set daily_limit = 1 where id = %s", tenant.account)
    assert _sent(world) == []
    assert [task["work"]["channel"] for task in _sent(world)] == ["sms"]


def test_what_was_cancelled_and_got_through_after_all_is_not_told_again(tenant: Tenant) -> None:
    """A send of which nobody knew, called off with its account; then the provider says that it arrived."""
    world = tenant.world
    _ways(tenant)
    _complete(tenant)
    (first,) = _sent(world)
    world.complete(first, outcome="unknown", error=TIMEOUT)
    world.all("update public.channel_accounts set status = 'paused' where id = %s", tenant.account)
    world.later(200)
    assert world.claim("default") == []
    assert world.one("select status::text from public.deliveries where id = %s", first["id"]) == "cancelled"
    world.one("select private.sweep()")
    tenant.ingest(tenant.status("delivered", reference=first["id"]))
    assert tenant.all(ROWS) == [(tenant.owner, "sent", None)]
    assert world.claim("default") == []


def test_a_reminder_put_off_by_a_sunday_puts_off_the_next(tenant: Tenant) -> None:
    """Due on Sunday morning and on Sunday night, they do not arrive together on Monday at 8:00."""
    world = tenant.world
    world.all("update public.channel_accounts set provider = 'evolution', display_phone = '+55 11 4000-1234'")
    _ways(tenant)
    keep_hours(tenant)
    at(world, MONDAY - timedelta(days=2), "10:00")
    tenant.lead("11961230001")
    tenant.start(tenant.project(reminders=STEPS))
    world.complete(*to_leads(world))
    sent = []
    for _ in range(80):
        world.setting("clock_offset_s", world.one("select private.setting_int('clock_offset_s')") + 3600)
        world.one("select private.sweep()")
        for task in to_leads(world):
            sent.append((task["work"]["channel"], now(world)))
            world.complete(task)
    (first, begun), (second, followed) = sent
    assert (first, second) == ("whatsapp", "sms")
    assert followed - begun >= timedelta(hours=20)
