"""What happens is told to the owners once, by the first channel that gets through, and what was tried is kept."""

from __future__ import annotations

from typing import Any

import pytest

from tests.database.builders import JSON, Interview, Tenant, World

ROWS = (
    "select profile_id, status::text, reason from public.notifications where event = 'interview_completed'"
    " order by created_at, id"
)
TRIED = "select attempts from public.notifications where event = 'interview_completed'"
LOGGED = (
    "select m.channel::text from public.messages as m join public.conversations as c on c.id = m.conversation_id"
    " where c.profile_id = %s order by m.seq"
)
ONE: list[JSON] = [{"key": "nota", "text": "Nota?", "type": "number"}]
FOR_GOOD = {"code": "131026", "message": "Undeliverable", "retryable": False, "scope": "recipient"}


def _complete(tenant: Tenant) -> Interview:
    """An interview that ends; its project runs on, for somebody else has not answered."""
    silent, phone = tenant.lead(), f"119{72000000 + int(tenant.world.one('select count(*) from public.leads'))}"
    lead = tenant.lead(phone)
    tenant.start(project := tenant.project(ONE, audience={"lead_ids": [lead, silent]}))
    tenant.world.complete(*tenant.world.claim("default"))
    interview, thread = tenant.world.row(
        "select id, thread_id from public.interviews where project_id = %s and lead_id = %s", project, lead
    )
    made = Interview(tenant, interview, lead, project, thread, "55" + phone)
    made.answer("nota", 9)
    assert made.state() == ("completed", "completed")
    return made


def _account(world: World, client_id: str, channel: str, provider: str, external_id: str) -> str:
    made: str = world.one(
        "insert into public.channel_accounts (client_id, channel, provider, name, external_id)"
        " values (%s, %s, %s, 'Reserva', %s) returning id",
        client_id,
        channel,
        provider,
        external_id,
    )
    return made


def _ways(tenant: Tenant, client_id: str | None = None) -> None:
    """An SMS and an e-mail account."""
    _account(tenant.world, client_id or tenant.id, "sms", "twilio", "+15005550006")
    _account(tenant.world, client_id or tenant.id, "email", "smtp", "avisos@padaria.com.br")


def _sent(world: World) -> list[JSON]:
    """What the sweep has made of it: the notifications' deliveries, claimed."""
    world.one("select private.sweep()")
    return [task for task in world.claim("default") if task["work"]["kind"] == "notification"]


def _channels(tenant: Tenant) -> list[tuple[str, str | None]]:
    (attempts,) = tenant.all(TRIED)[0]
    return [(attempt["channel"], attempt.get("reason")) for attempt in attempts]


def test_the_owner_is_told_once(tenant: Tenant) -> None:
    """By the template for notifications, in a conversation of its own, logged in messages; the row follows the send."""
    world = tenant.world
    interview = _complete(tenant)
    assert tenant.all(ROWS) == [(tenant.owner, "queued", None)]
    world.one("select private.sweep()")
    world.one("select private.sweep()")
    (task,) = world.claim("default")
    text = 'Ana Lima concluiu a pesquisa "Satisfação".'
    assert task["work"]["kind"] == "notification"
    assert task["work"]["content"]["parameters"] == [text]
    assert task["work"]["to"] == {
        "phone": "+5511988880000",
        "wa_id": None,
        "bsuid": None,
        "email": task["work"]["to"]["email"],
    }
    assert tenant.all(
        "select c.profile_id, m.content, m.role::text from public.messages as m join public.conversations as c "
        "on c.id = m.conversation_id"
    ) == [(tenant.owner, text, "assistant")]
    assert tenant.all(ROWS) == [(tenant.owner, "queued", None)]
    world.complete(task)
    assert tenant.all(ROWS) == [(tenant.owner, "sent", None)]
    assert tenant.one("select interview_id from public.notifications") == interview.id
    _complete(tenant)
    world.one("select private.sweep()")
    assert tenant.one("select count(*) from public.conversations where profile_id is not null") == 1


def test_owners_are_told_and_staff_are_not(tenant: Tenant) -> None:
    """Every active owner; not who was only invited, not who was removed, not who leaves before it is sent."""
    world = tenant.world
    second = world.user("socio@exemplo.com.br")
    world.user("equipe@exemplo.com.br")
    gone = world.user("saiu@exemplo.com.br")
    for email, role in (("socio", "owner"), ("equipe", "staff"), ("saiu", "owner"), ("ninguem", "owner")):
        tenant.all("select public.invite_member(%s, %s, %s)", tenant.id, f"{email}@exemplo.com.br", role)
    tenant.all("select public.remove_member(id) from public.client_members where profile_id = %s", gone)
    _complete(tenant)
    assert {row[0] for row in tenant.all(ROWS)} == {tenant.owner, second}
    tenant.all("select public.remove_member(id) from public.client_members where profile_id = %s", second)
    assert len(_sent(world)) == 1
    assert (second, "skipped", "the person is no owner of the client any more") in tenant.all(ROWS)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("update public.profiles set phone = null", "the person has no phone number"),
        (
            "update public.message_templates set status = 'rejected' where purpose = 'notification'",
            "the client has no approved template for notifications",
        ),
        ("update public.channel_accounts set status = 'paused'", "there is no active account"),
    ],
)
def test_who_cannot_be_reached_is_skipped_with_the_reasons(tenant: Tenant, change: str, reason: str) -> None:
    """The row says why, channel by channel, and nothing is tried for ever."""
    _complete(tenant)
    tenant.world.all(change)
    assert _sent(tenant.world) == []
    none = "there is no active account"
    assert tenant.all(ROWS) == [(tenant.owner, "skipped", f"whatsapp: {reason}; sms: {none}; email: {none}")]
    assert _channels(tenant) == [("whatsapp", reason), ("sms", none), ("email", none)]
    tenant.world.all("update public.channel_accounts set status = 'active'")
    assert _sent(tenant.world) == []


def test_whatsapp_down_then_sms_then_email(tenant: Tenant) -> None:
    """Each attempt is a message and a delivery; WhatsApp back, nothing comes a second time."""
    world = tenant.world
    _ways(tenant)
    _complete(tenant)
    (first,) = _sent(world)
    down = {"code": "131000", "message": "Something went wrong", "retryable": True, "scope": "message"}
    for wait in (1, 5, 25, None):
        world.complete(first, outcome="failed", error=down)
        if wait:
            world.later(wait + 1)
            (first,) = world.claim("default")
    assert tenant.all(ROWS) == [(tenant.owner, "queued", None)]
    letter = tenant.one("select id from public.failed_tasks")
    (second,) = _sent(world)
    assert (second["work"]["channel"], second["work"]["content"]["type"]) == ("sms", "text")
    assert second["work"]["to"]["phone"] == "+5511988880000"
    world.complete(second, outcome="failed", error=FOR_GOOD)
    (third,) = _sent(world)
    assert third["work"]["channel"] == "email"
    assert third["work"]["content"]["subject"].startswith("Entrevista concluída | Padaria")
    assert 'Ana Lima concluiu a pesquisa "Satisfação".' in third["work"]["content"]["text"]
    world.complete(third)
    assert tenant.all(ROWS) == [(tenant.owner, "sent", None)]
    assert _channels(tenant) == [("whatsapp", "Something went wrong"), ("sms", "Undeliverable"), ("email", None)]
    assert tenant.all(LOGGED, tenant.owner) == [("whatsapp",), ("sms",), ("email",)]

    # WhatsApp is back: neither by itself nor by a replay of its dead letter is anything told again.
    assert tenant.one("select status::text from public.replay_failed_task(%s)", letter) == "resolved"
    world.later(600)
    assert _sent(world) == []
    assert world.queued("failed_tasks") == 0


def test_what_the_provider_took_and_lost_goes_on_by_the_next_channel(tenant: Tenant) -> None:
    """A failed status after it was accepted; one after it was delivered changes nothing."""
    world = tenant.world
    _ways(tenant)
    _complete(tenant)
    (first,) = _sent(world)
    world.complete(first)
    lost = tenant.status("failed", reference=first["id"], error=FOR_GOOD)
    tenant.ingest(lost)
    assert tenant.all(ROWS) == [(tenant.owner, "queued", None)]
    (second,) = _sent(world)
    assert second["work"]["channel"] == "sms"
    world.complete(second)
    for word in ("delivered", "failed"):
        tenant.ingest(
            {**tenant.status(word, reference=second["id"], error=FOR_GOOD), "number": "+15005550006"},
            account=second["work"]["channel_account_id"],
        )
    assert tenant.all(ROWS) == [(tenant.owner, "sent", None)]
    assert _sent(world) == []


def test_what_got_through_after_all_calls_the_next_channel_off(tenant: Tenant) -> None:
    """Given up, then delivered by a late status, while the SMS still waited."""
    world = tenant.world
    _ways(tenant)
    _complete(tenant)
    (first,) = _sent(world)
    world.complete(first, outcome="failed", error=FOR_GOOD)
    world.one("select private.sweep()")
    tenant.ingest(tenant.status("delivered", reference=first["id"]))
    assert tenant.all(ROWS) == [(tenant.owner, "sent", None)]
    assert world.claim("default") == []
    assert tenant.one("select reason from public.deliveries where channel = 'sms'") == (
        "the person was told by another channel"
    )
    assert tenant.one("select delivery_id from public.notifications where event = 'interview_completed'") == first["id"]


def test_what_got_through_after_all_is_not_told_a_third_time(tenant: Tenant) -> None:
    """WhatsApp given up, SMS sent, WhatsApp delivered late, then the SMS is lost: the person was told."""
    world = tenant.world
    _ways(tenant)
    _complete(tenant)
    (first,) = _sent(world)
    world.complete(first, outcome="failed", error=FOR_GOOD)
    (second,) = _sent(world)
    world.complete(second)
    tenant.ingest(tenant.status("delivered", reference=first["id"]))
    sms = tenant.one("select id from public.channel_accounts where channel = 'sms'")
    lost = tenant.status("failed", message_id=f"wamid.out.{second['id']}", error=FOR_GOOD)
    tenant.ingest({**lost, "number": None}, account=sms)
    assert tenant.one("select status::text from public.deliveries where channel = 'sms'") == "failed"
    assert tenant.all(ROWS) == [(tenant.owner, "sent", None)]
    assert _sent(world) == []


def test_what_waits_for_a_stopped_account_goes_another_way(tenant: Tenant) -> None:
    """And stays away when the account is back."""
    world = tenant.world
    _ways(tenant)
    _complete(tenant)
    world.one("select private.sweep()")
    world.all("update public.channel_accounts set status = 'paused' where id = %s", tenant.account)
    (task,) = _sent(world)
    assert task["work"]["channel"] == "sms"
    world.complete(task)
    world.all("update public.channel_accounts set status = 'active' where id = %s", tenant.account)
    assert _sent(world) == []
    assert _channels(tenant) == [("whatsapp", "the account is stopped"), ("sms", None)]


def test_the_house_lends_its_sms_and_email_to_clients_people(tenant: Tenant, other: Tenant) -> None:
    """As rows of its own: the client reads what was tried, not the message. No other client's account is used."""
    world = tenant.world
    _ways(other)
    house = world.one("insert into public.clients (company_name, is_house) values ('RENUM', true) returning id")
    _ways(tenant, house)
    _complete(tenant)
    (first,) = _sent(world)
    world.complete(first, outcome="failed", error=FOR_GOOD)
    (second,) = _sent(world)
    assert (second["work"]["channel"], second["client_id"]) == ("sms", house)
    world.complete(second)
    assert tenant.all(ROWS) == [(tenant.owner, "sent", None)]
    assert _channels(tenant) == [("whatsapp", "Undeliverable"), ("sms", None)]
    assert tenant.all("select channel::text from public.deliveries where kind = 'notification'") == [("whatsapp",)]
    assert tenant.all(LOGGED, tenant.owner) == [("whatsapp",)]
    assert world.all(
        "select m.client_id, m.channel::text from public.messages as m where m.metadata ->> 'delivery_id' = %s",
        second["id"],
    ) == [(house, "sms")]


def test_people_choose_how_they_are_told(tenant: Tenant) -> None:
    """The order of channels, none at all, or an event not."""
    world = tenant.world
    _ways(tenant)
    choose = (
        "update public.profiles set notification_channels = %s::public.channel[], muted_events = %s::text[]"
        " where id = %s"
    )
    tenant.all(choose, "{email,whatsapp}", "{}", tenant.owner)
    _complete(tenant)
    (task,) = _sent(world)
    assert task["work"]["channel"] == "email"
    world.complete(task)
    tenant.all(choose, "{whatsapp}", "{interview_completed}", tenant.owner)
    _complete(tenant)
    assert _sent(world) == []
    tenant.all(choose, "{}", "{}", tenant.owner)
    _complete(tenant)
    assert _sent(world) == []
    assert [row[1:] for row in tenant.all(ROWS)] == [
        ("sent", None),
        ("skipped", "the person wants no notifications of this event"),
        ("skipped", "the person wants no notifications"),
    ]


def _note(tenant: Tenant, count: int, event: str = "interview_completed", first: int = 0) -> None:
    for n in range(first + 1, first + count + 1):
        tenant.world.all("select private.notify(%s, %s, null, %s, %s)", tenant.id, event, f"Aviso {n}.", str(n))


def _clock(world: World, seconds: int) -> None:
    world.setting("clock_offset_s", seconds)


def test_many_at_once_become_one_message(tenant: Tenant) -> None:
    """More than five: counts and the first few, one delivery that every row points to, one fallback for all."""
    world = tenant.world
    _ways(tenant)
    _note(tenant, 6)
    _note(tenant, 2, "task_failed")
    (task,) = _sent(world)
    assert task["work"]["content"]["text"] == (
        "Você tem 8 avisos: 6 entrevistas concluídas, 2 avisos de falha. Aviso 1. Aviso 2. Aviso 3. E mais 5."
    )
    assert tenant.all("select count(*), count(distinct delivery_id) from public.notifications") == [(8, 1)]
    world.complete(task, outcome="failed", error=FOR_GOOD)
    (task,) = _sent(world)
    assert task["work"]["channel"] == "sms"
    world.complete(task)
    assert tenant.all("select distinct status::text from public.notifications") == [("sent",)]
    assert tenant.all(LOGGED, tenant.owner) == [("whatsapp",), ("sms",)]


def test_what_comes_in_a_stream_is_gathered(tenant: Tenant) -> None:
    """Five one by one; the rest waits until ten minutes after the last of them, and is one message. Urgent ones do not
    wait."""
    world = tenant.world
    for n in range(5):
        _note(tenant, 1, first=n)
        world.complete(*_sent(world))
    _note(tenant, 7, first=5)
    assert _sent(world) == []
    _note(tenant, 1, "account_stopped")
    (urgent,) = _sent(world)
    assert urgent["work"]["content"]["text"] == "Aviso 1."
    world.complete(urgent)
    _clock(world, 590)
    assert _sent(world) == []
    _clock(world, 620)
    (digest,) = _sent(world)
    world.complete(digest)
    assert digest["work"]["content"]["text"].startswith("Você tem 7 avisos: 7 entrevistas concluídas. Aviso 6.")
    assert tenant.all("select status::text, count(*) from public.notifications group by 1") == [("sent", 13)]


def test_one_persons_crowd_keeps_no_other_waiting(tenant: Tenant, other: Tenant) -> None:
    """What is kept back is one person's of one client."""
    world = tenant.world
    _note(tenant, 400)
    world.complete(*_sent(world))
    _note(tenant, 400, first=400)
    _note(other, 1)
    (task,) = _sent(world)
    assert task["client_id"] == other.id


def test_an_event_without_an_interview_is_told_once_too(tenant: Tenant) -> None:
    """Per subject, or else the same words once a day."""
    world = tenant.world
    tell: Any = "select private.notify(%s, 'account_stopped', null, 'O número parou.', %s)"
    assert [world.one(tell, tenant.id, subject) for subject in ("a", "a", "b")] == [1, 0, 1]
    tell = "select private.notify(%s, 'account_stopped', null, 'O número parou.')"
    assert [world.one(tell, tenant.id) for _ in range(2)] == [1, 0]
    _clock(world, 86_400)
    assert world.one(tell, tenant.id) == 1


def test_dead_letters_and_the_end_of_a_project_are_told(tenant: Tenant) -> None:
    """Once a day the dead letters, once the project; a notification's own dead letter is told to nobody."""
    world = tenant.world
    interview = tenant.interview(ONE)
    interview.answer("nota", 9)
    for task in _sent(world):
        world.complete(task, outcome="failed", error=FOR_GOOD)
    _sent(world)
    told = "select event from public.notifications where event <> 'interview_completed' order by event"
    assert tenant.all(told) == [("project_completed",)]
    tenant.start(tenant.project(audience={"lead_ids": [tenant.lead()]}))
    (task,) = (task for task in world.claim("default") if task["work"]["kind"] == "invitation")
    world.complete(task, outcome="failed", error=FOR_GOOD)
    for _ in range(3):
        _sent(world)
    assert tenant.all(told) == [("project_completed",), ("task_failed",)]


def test_many_notifications_are_queued_as_far_as_the_share_goes(tenant: Tenant) -> None:
    """What the engine makes at once waits in its rows like everything else, and all of it is sent in the end."""
    world = tenant.world
    _note(tenant, 5)
    world.setting("admitted_tasks", 2)
    sent = 0
    for _ in range(3):
        world.one("select private.sweep()")
        assert world.queued("default") <= 2
        tasks = world.claim("default")
        world.complete(*tasks)
        sent += len(tasks)
    assert sent == 5


def test_only_a_completed_interview_is_told_of(tenant: Tenant) -> None:
    """Not a cancelled one, not an opt-out; one that a person must take over is another event."""
    one, two, three = (tenant.interview(ONE) for _ in range(3))
    one.turn("SAIR")
    tenant.all("update public.interviews set status = 'cancelled' where id = %s", two.id)
    assert tenant.all(ROWS) == []
    tenant.world.all("select private.end_interview(%s, 'handed_over')", three.id)
    assert tenant.all("select event, interview_id from public.notifications") == [("person_needed", three.id)]


def test_who_was_told_can_still_leave(tenant: Tenant) -> None:
    """Deleting a person's account takes along what was sent to that person; the interview it was about stays."""
    interview = _complete(tenant)
    tenant.world.complete(*_sent(tenant.world))
    tenant.world.touched("delete from auth.users where id = %s", tenant.owner)
    assert tenant.all(ROWS) == []
    assert tenant.world.one("select count(*) from public.messages") == 0
    assert interview.state() == ("completed", "completed")
