"""What an erasure must find: sends under way, dead letters, and raw items that no message was made of."""

from __future__ import annotations

import pytest

from tests.database.builders import JSON, Interview, World
from tests.database.test_files_are_fetched_once import files, save

EVERYTHING = """
select string_agg(t, ' ') from (
    select to_jsonb(d)::text from public.deliveries as d union all select to_jsonb(w)::text from public.webhook_events as w
    union all select to_jsonb(f)::text from public.failed_tasks as f union all select to_jsonb(l)::text from public.leads as l
    union all select to_jsonb(m)::text from public.interview_messages as m union all select to_jsonb(m)::text from public.messages as m
    union all select to_jsonb(n)::text from public.notifications as n union all select to_jsonb(t)::text from public.turns as t
) as everything (t)
"""  # noqa: E501


def _erase(interview: Interview) -> None:
    """As a person asks for it, when it is due."""
    interview.tenant.all("insert into public.erasures (lead_id) values (%s)", interview.lead)
    interview.world.setting("clock_offset_s", 3700)
    interview.world.one("select private.sweep()")
    assert interview.tenant.one("select done_at is not null from public.erasures")


@pytest.mark.parametrize("outcome", [None, "unknown", "sent", "failed"])
def test_a_reply_under_way_is_blanked(interview: Interview, outcome: str | None) -> None:
    """Whatever becomes of it later; and it is not sent again."""
    world, tenant = interview.world, interview.tenant
    interview.say("oi")
    delivery = interview.commit(interview.claim(), acknowledgement="Entendi, dona Ana.", answers=[])["delivery"]
    if outcome == "unknown":
        world.complete(delivery, outcome="unknown")
    _erase(interview)
    if outcome == "failed":
        error = {"code": "131000", "message": "wrong", "retryable": True, "scope": "message"}
        world.complete(delivery, outcome="failed", error=error)
    elif outcome == "sent":
        world.complete(delivery)
    assert "dona Ana" not in world.one(EVERYTHING)
    world.setting("clock_offset_s", 30 * 24 * 3600)
    world.later(24 * 3600)
    world.one("select private.sweep()")
    due = [task for task in world.claim() if task["task"] == "delivery"]
    assert [task for task in due if task["work"]["kind"] != "notification"] == []
    assert tenant.one("select count(*) from public.deliveries where status in ('queued', 'deferred')") == 0


def test_a_dead_letter_keeps_no_words(interview: Interview) -> None:
    """A provider's sentence may name the lead."""
    world = interview.world
    interview.say("oi")
    delivery = interview.commit(interview.claim(), acknowledgement="Oi", answers=[])["delivery"]
    error = {"code": "100", "message": "cannot write to dona Ana", "retryable": False, "scope": "message"}
    world.complete(delivery, outcome="failed", error=error)
    assert world.one("select error ->> 'message' from public.failed_tasks")
    _erase(interview)
    assert "dona Ana" not in world.one(EVERYTHING)
    assert world.one("select error ->> 'code' from public.failed_tasks") == "100"


def test_raw_items_about_the_lead_are_emptied(interview: Interview) -> None:
    """An echo of what somebody wrote on the phone itself; not what is about others."""
    world, tenant = interview.world, interview.tenant

    def echo(to: str, text: str) -> JSON:
        raw = {"key": {"remoteJid": f"{to}@s.whatsapp.net"}, "message": {"conversation": text}}
        return {"kind": "other", "provider_id": f"echo:{to}", "number": tenant.number, "raw": raw}

    tenant.ingest(echo(interview.wa_id, "dona Ana, seu pedido chegou"), echo("5521988887777", "seu Beto"))
    _erase(interview)
    left = world.one(EVERYTHING)
    assert "dona Ana" not in left
    assert "seu Beto" in left


def test_what_a_mail_provider_said_is_emptied(interview: Interview, world: World) -> None:
    """Its statuses name the address and the subject."""
    tenant = interview.tenant
    tenant.all("update public.leads set email = 'ana@exemplo.com.br' where id = %s", interview.lead)
    account = tenant.one(
        "insert into public.channel_accounts (channel, provider, name, external_id)"
        " values ('email', 'resend', 'E-mail', 'oi@padaria.com.br') returning id"
    )
    item = tenant.status("delivered", message_id="re_1")
    item |= {"number": None, "raw": {"data": {"to": ["ana@exemplo.com.br"], "subject": "Ana, e o pedido?"}}}
    tenant.ingest(item, account=account)
    assert "Ana, e o pedido?" in world.one(EVERYTHING)
    _erase(interview)
    left = world.one(EVERYTHING)
    assert "Ana, e o pedido?" not in left
    assert "ana@exemplo" not in left


def test_a_file_in_storage_is_shown_to_nobody(interview: Interview) -> None:
    """What came before; what the lead sends later is seen again."""
    world, tenant = interview.world, interview.tenant
    world.setting("media_bucket", "media")
    world.all("insert into storage.buckets (id, name) values ('media', 'media') on conflict do nothing")

    def fetch() -> None:
        tenant.ingest(tenant.picture(interview.wa_id))
        (task,) = files(world)
        with world.acting("renum_files") as storage:
            storage.all("insert into storage.objects (bucket_id, name) values ('media', %s)", task["work"]["path"])
        save(world, task)

    fetch()
    assert tenant.one("select count(*) from storage.objects") == 1
    _erase(interview)
    assert tenant.one("select count(*) from storage.objects") == 0
    world.all("update public.erasures set done_at = now()")
    fetch()
    assert tenant.one("select count(*) from storage.objects") == 1


@pytest.mark.parametrize("claimed", [False, True])
def test_a_file_under_way_is_not_taken(interview: Interview, claimed: bool) -> None:
    """Neither fetched, nor stored where somebody fetches it just now."""
    world, tenant = interview.world, interview.tenant
    world.setting("media_bucket", "media")
    tenant.ingest(tenant.picture(interview.wa_id))
    task = files(world)[0] if claimed else None
    _erase(interview)
    assert tenant.one("select status::text from public.media") == "expired"
    assert [other for other in world.claim() if other["task"] == "media"] == []
    if task:
        with pytest.raises(Exception, match="row-level security"), world.acting("renum_files") as storage:
            storage.all("insert into storage.objects (bucket_id, name) values ('media', %s)", task["work"]["path"])
