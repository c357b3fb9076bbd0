"""Invitations that go unanswered: reminded of by a ladder of each project, until the lead answers; then they expire."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest

from tests.database.builders import JSON, Interview, Tenant, World, refused
from tests.database.clock import now, set_clock, wednesday
from tests.database.test_instances_do_not_collide import _at_once

LADDER = "select step, channel::text, status::text, reason from public.reminders order by (step = 0), step"
DUE = "select due_at from public.reminders where step = %s"
FOR_GOOD = {"code": "131026", "message": "Undeliverable", "retryable": False, "scope": "recipient"}
STEPS: list[JSON] = [
    {"after": "next_morning"},
    {"after": {"days": 2}, "channel": "sms", "text": "{{lead.first_name}}, a {{client.company_name}} espera por você."},
    {"after": {"hours": 36}, "channel": "email", "subject": "Última chamada"},
]


@pytest.fixture
def ready(tenant: Tenant) -> Tenant:
    """A client that can remind by every channel; it is Wednesday, 14:00 in Brasília."""
    tenant.all(
        "insert into public.message_templates (name, body, parameters, status, purpose) values"
        " ('lembrete', 'Oi {{1}}, ainda podemos conversar?', array['lead.first_name'], 'approved', 'reminder')"
    )
    tenant.all("update public.channel_accounts set display_phone = '+55 11 4000-1234'")
    for channel, provider, address in (("sms", "twilio", "+15005550006"), ("email", "smtp", "oi@padaria.com.br")):
        tenant.all(
            "insert into public.channel_accounts (channel, provider, name, external_id) values (%s, %s, 'x', %s)",
            channel,
            provider,
            address,
        )
    set_clock(tenant.world, wednesday(14))
    return tenant


def _sweep(world: World, **ahead: float) -> list[JSON]:
    """Time passes, the sweep runs; what is to be sent to leads, claimed."""
    set_clock(world, now(world) + timedelta(**ahead))
    world.one("select private.sweep()")
    return [task for task in world.claim("default") if task["work"]["kind"] != "notification"]


def _invited(tenant: Tenant, phone: str, **config: Any) -> Interview:
    lead = tenant.lead(phone, email="ana@exemplo.com.br")
    tenant.start(project := tenant.project(audience={"lead_ids": [lead]}, **config))
    tenant.world.complete(*tenant.world.claim("default"))
    interview, thread = tenant.world.row(
        "select id, thread_id from public.interviews where project_id = %s and lead_id = %s", project, lead
    )
    return Interview(tenant, interview, lead, project, thread, "55" + phone)


@pytest.mark.parametrize(
    ("phone", "invited", "due"),
    [
        ("11961230001", (14, 0), (1, 8, 0)),
        ("11961230001", (8, 30), (1, 7, 30)),
        ("11961230001", (0, 10), (0, 23, 10)),
        ("92991230001", (14, 0), (1, 9, 0)),
        ("92991230001", (0, 30), (0, 9, 0)),
        ("68991230001", (14, 0), (1, 10, 0)),
        ("68991230001", (1, 0), (0, 10, 0)),
        ("68991230001", (10, 30), (1, 9, 30)),
    ],
)
def test_the_next_morning_is_the_leads_own(
    ready: Tenant, phone: str, invited: tuple[int, int], due: tuple[int, int, int]
) -> None:
    """The next day at 8:00 where the lead lives or 23 hours after the invitation, whichever is sooner; all times here
    are Brasília's, one hour ahead of Manaus, two of Rio Branco."""
    set_clock(ready.world, wednesday(*invited))
    _invited(ready, phone)
    days, hour, minute = due
    expected = wednesday(hour, minute) + timedelta(days=days)
    assert abs(ready.one(DUE, 1) - expected) < timedelta(seconds=30)
    assert ready.all(LADDER) == [(1, "whatsapp", "waiting", None), (0, None, "waiting", None)]
    assert abs(ready.one(DUE, 0) - expected - timedelta(days=7)) < timedelta(seconds=30)


def test_without_a_template_nobody_is_reminded_by_default(tenant: Tenant) -> None:
    """The invitation expires all the same; a ladder that is written down and empty is the same."""
    _invited(tenant, "11961230001")
    assert tenant.all(LADDER) == [(0, None, "waiting", None)]
    assert abs(tenant.one(DUE, 0) - now(tenant.world) - timedelta(days=7)) < timedelta(seconds=30)
    other = _invited(tenant, "11961230002", reminders=[], expire_after={"days": 2})
    ((due,),) = tenant.all("select due_at from public.reminders where interview_id = %s", other.id)
    assert abs(due - now(tenant.world) - timedelta(days=2)) < timedelta(seconds=30)


def test_the_ladder_is_climbed_channel_by_channel(ready: Tenant) -> None:
    """WhatsApp on the thread, by template; then a short message with a link; then an e-mail. Then it is over."""
    world = ready.world
    interview = _invited(ready, "11961230001", reminders=STEPS, expire_after={"days": 3})
    assert _sweep(world, hours=17, minutes=59) == []
    (first,) = _sweep(world, minutes=2)
    assert (first["work"]["kind"], first["work"]["content"]["name"]) == ("reminder", "lembrete")
    assert first["work"]["content"]["parameters"] == ["Ana"]
    world.complete(first)
    (second,) = _sweep(world, days=2)
    company = ready.one("select company_name from public.clients")
    link = "https://wa.me/551140001234"
    assert second["work"]["channel"] == "sms"
    assert second["work"]["content"] == {
        "type": "text",
        "text": f"Ana, a {company} espera por você. Responda pelo WhatsApp: {link}",
    }
    assert second["work"]["to"]["phone"] == "+5511961230001"
    world.complete(second)
    (third,) = _sweep(world, hours=36)
    assert (third["work"]["content"]["subject"], third["work"]["to"]["email"]) == (
        "Última chamada",
        "ana@exemplo.com.br",
    )
    assert link in third["work"]["content"]["text"]
    world.complete(third)
    assert [row[:3] for row in ready.all(LADDER)] == [
        (1, "whatsapp", "sent"),
        (2, "sms", "sent"),
        (3, "email", "sent"),
        (0, None, "waiting"),
    ]
    said = ready.all("select seq, metadata ->> 'channel' from public.interview_messages order by seq")
    assert said == [(1, None), (2, "whatsapp"), (3, "sms"), (4, "email")]
    assert world.one("select array_agg(seq order by seq) from public.deliveries where thread_id is not null") == [1, 2]
    assert _sweep(world, days=3, minutes=1) == []
    assert interview.state() == ("cancelled", "expired")


def test_the_first_answer_stops_it_and_nothing_is_before_the_reply(ready: Tenant) -> None:
    """A reminder that waits for its time, even one already in the queue, holds no reply back."""
    world = ready.world
    interview = _invited(ready, "11961230001", reminders=STEPS)
    set_clock(world, now(world) + timedelta(hours=18, minutes=1))
    world.one("select private.sweep()")
    assert world.queued("default") == 1
    assert interview.answer("nota", 9).startswith("Por quê?")
    assert world.claim("default") == []
    assert ready.all("select status::text, reason from public.deliveries where kind = 'reminder'") == [
        ("cancelled", "the lead answered")
    ]
    answered = "the lead answered"
    assert ready.all(LADDER) == [
        (1, "whatsapp", "cancelled", answered),
        (2, "sms", "cancelled", answered),
        (3, "email", "cancelled", answered),
        (0, None, "waiting", None),
    ]
    assert _sweep(world, days=5) == []


def test_an_answer_to_the_reminder_by_sms_stops_it_too(ready: Tenant) -> None:
    """What came by SMS lies in a conversation, and no e-mail follows; another lead's message stops nothing."""
    world = ready.world
    interview, other = _invited(ready, "11961230001", reminders=STEPS), _invited(ready, "11961230002", reminders=STEPS)
    for _ in range(2):
        world.complete(*_sweep(world, days=2, hours=1))
    assert world.one("select count(*) from public.reminders where channel = 'sms' and status = 'sent'") == 2
    sms = world.one("select id from public.channel_accounts where channel = 'sms'")
    sender = {"wa_id": None, "bsuid": None, "parent_bsuid": None, "name": None, "username": None}
    said = ready.message(None, "me liga amanhã", number=None, sender=sender | {"phone": "+5511961230001"})
    ready.ingest(said, account=sms)
    assert world.all(
        "select i.id = %s, r.status::text from public.reminders as r"
        " join public.interviews as i on i.id = r.interview_id where r.channel = 'email' order by 1",
        interview.id,
    ) == [(False, "waiting"), (True, "cancelled")]
    world.complete(*_sweep(world, days=2))
    mails = world.all("select lead_id from public.deliveries where channel = 'email'")
    assert mails == [(other.lead,)]


def test_who_writes_before_the_invitation_is_out_needs_none(ready: Tenant) -> None:
    """It waits, put off, and the lead writes first: it is cancelled, the lead is answered, and silence expires it."""
    world = ready.world
    lead = ready.lead("11961230001")
    ready.start(ready.project(audience={"lead_ids": [lead]}, reminders=STEPS))
    world.all(
        "update public.deliveries set status = 'deferred', reason = 'quiet hours', due_at = now() + interval '9 hours'"
    )
    interview, thread, project = world.row("select id, thread_id, project_id from public.interviews")
    Interview(ready, interview, lead, project, thread, "5511961230001").answer("nota", 9)
    assert ready.one("select reason from public.deliveries where kind = 'invitation'") == "the lead answered"
    assert ready.all(LADDER) == [(0, None, "waiting", None)]


@pytest.mark.parametrize("how", ["declined", "opt-out", "cancelled", "withdrawn"])
def test_an_interview_that_ended_is_reminded_of_no_more(ready: Tenant, how: str) -> None:
    """Whoever ended it, and however."""
    world = ready.world
    interview = _invited(ready, "11961230001", reminders=STEPS)
    if how == "declined":
        interview.turn("não quero", declined=True)
    elif how == "opt-out":
        interview.turn("SAIR")
    elif how == "cancelled":
        ready.all("update public.interviews set status = 'cancelled' where id = %s", interview.id)
    else:
        ready.all(
            "insert into public.consents (lead_id, granted, legal_basis) values (%s, false, 'consent')", interview.lead
        )
    assert {row[2] for row in ready.all(LADDER)} == {"cancelled"}
    assert _sweep(world, days=30) == []


def test_who_never_answers_expires_and_the_next_survey_comes(ready: Tenant) -> None:
    """The thread is free; a late answer belongs to the new interview, or to a conversation if there is none."""
    world = ready.world
    interview = _invited(ready, "11961230001", reminders=[])
    second = ready.project(audience={"lead_ids": [interview.lead]}, reminders=[])
    ready.start(second)
    assert _sweep(world, days=6, hours=23) == []
    (task,) = _sweep(world, hours=2)
    assert task["work"]["kind"] == "invitation"
    world.complete(task)
    assert interview.state() == ("cancelled", "expired")
    assert world.one(
        "select project_id from public.interviews where id = (select interview_id from private.threads)"
    ) == (second)
    assert _sweep(world, days=8) == []
    interview.say("desculpe a demora")
    assert ready.all("select content from public.messages where role = 'user'") == [("desculpe a demora",)]
    assert world.claim("high_priority") == []
    progress = "select cancelled, expired, unanswered from public.project_progress"
    assert ready.all(progress) == [(0, 1, 0)] * 2


def test_an_interview_that_goes_on_expires_when_the_lead_falls_silent(ready: Tenant) -> None:
    """Its time runs from the lead's last word."""
    world = ready.world
    interview = _invited(ready, "11961230001", reminders=[])
    _sweep(world, days=5)
    interview.answer("nota", 9)
    _sweep(world, days=6)
    assert interview.state() == ("in_progress", None)
    interview.say("é que")
    _sweep(world, days=6)
    interview.commit(interview.claim())
    assert interview.state() == ("in_progress", None)
    _sweep(world, days=1, minutes=1)
    assert interview.state() == ("cancelled", "expired")


def test_an_invitation_that_failed_goes_on_by_the_other_channels_at_once(ready: Tenant) -> None:
    """The WhatsApp steps are left out, the others keep their distance, and what nobody got is cancelled."""
    world = ready.world
    lead = ready.lead("11961230001", email="ana@exemplo.com.br")
    ready.start(ready.project(audience={"lead_ids": [lead]}, reminders=STEPS))
    world.complete(*world.claim("default"), outcome="failed", error=FOR_GOOD)
    (sms,) = _sweep(world)
    assert sms["work"]["channel"] == "sms"
    world.complete(sms)
    assert _sweep(world, hours=35) == []
    (email,) = _sweep(world, hours=2)
    assert email["work"]["channel"] == "email"
    world.complete(email)
    _sweep(world, days=7, minutes=1)
    assert ready.one("select end_reason::text from public.interviews") == "expired"


def test_where_no_channel_is_left_the_interview_is_cancelled_after_a_day(ready: Tenant) -> None:
    """Unless somebody replays the invitation, which begins the ladder anew."""
    world = ready.world
    ready.all("update public.channel_accounts set status = 'paused' where channel <> 'whatsapp'")
    leads = [ready.lead("11961230001"), ready.lead("11961230002")]
    ready.start(ready.project(audience={"lead_ids": leads}, reminders=STEPS))
    tasks = world.claim("default")
    world.complete(*tasks, outcome="failed", error=FOR_GOOD)
    assert _sweep(world) == []
    assert _sweep(world) == []
    skipped = "select count(*) from public.reminders where status = 'skipped' and reason = 'there is no active account'"
    assert ready.one(skipped) == 4
    letter = ready.one("select id from public.failed_tasks where task_row_id = %s", tasks[0]["id"])
    ready.all("select public.replay_failed_task(%s)", letter)
    (again,) = _sweep(world)
    world.complete(again)
    _sweep(world, hours=24, minutes=1)
    ended = "select i.end_reason::text, i.metadata ->> 'reason' from public.interviews as i order by i.end_reason"
    assert ready.all(ended) == [("cancelled", "no message reached the lead"), (None, None)]


def test_a_paused_project_reminds_nobody(ready: Tenant) -> None:
    """Nor does anything expire; when it goes on, one reminder comes, and those after it keep their distance."""
    world = ready.world
    interview = _invited(ready, "11961230001", reminders=STEPS)
    change = "update public.projects set status = %s where id = %s"
    ready.all(change, "paused", interview.project)
    assert _sweep(world, days=60) == []
    assert interview.state() == ("pending", None)
    ready.all(change, "active", interview.project)
    (first,) = _sweep(world)
    world.complete(first)
    assert first["work"]["channel"] == "whatsapp"
    assert _sweep(world, days=1, hours=23) == []
    (second,) = _sweep(world, hours=2)
    assert second["work"]["channel"] == "sms"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("update public.message_templates set status = 'paused'", "there is no approved template for reminders"),
        (
            "update public.projects set config = config || '{\"reminders\": []}'",
            "the project has no such reminder any more",
        ),
    ],
)
def test_a_reminder_that_cannot_be_made_says_why(ready: Tenant, change: str, reason: str) -> None:
    """And the ladder goes on."""
    interview = _invited(ready, "11961230001", reminders=STEPS[:1])
    ready.world.all(change)
    assert _sweep(ready.world, days=1) == []
    assert ready.all(LADDER) == [(1, "whatsapp", "skipped", reason), (0, None, "waiting", None)]
    _sweep(ready.world, days=7)
    assert interview.state() == ("cancelled", "expired")


def test_sweeps_at_once_fire_each_reminder_once(ready: Tenant) -> None:
    """Four of them over the same thirty rows; and each interview expires once."""
    world = ready.world
    world.setting("admitted_tasks", 100)
    for n in range(30):
        ready.lead(f"119612300{n:02}")
    ready.start(ready.project(reminders=STEPS[:1]))
    world.complete(*world.claim("default"))

    def thrice(name: str) -> int:
        with psycopg.connect(world.connection.info.dsn, autocommit=True) as connection:
            return sum(connection.execute(f"select private.{name}()".encode()).fetchall()[0][0] for _ in range(3))

    set_clock(world, now(world) + timedelta(hours=19))
    assert sum(_at_once(world, 4, lambda _instance, _n: thrice("fire_reminders"))) == 30
    assert world.row(
        "select count(*), count(distinct interview_id) from public.deliveries where kind = 'reminder'"
    ) == (30, 30)
    set_clock(world, now(world) + timedelta(days=8))
    assert sum(_at_once(world, 4, lambda _instance, _n: thrice("expire_interviews"))) == 30
    assert world.all("select end_reason::text, count(*) from public.interviews group by 1") == [("expired", 30)]
    assert world.one("select count(*) from private.project_changes") == 30


def test_nothing_in_a_name_is_a_variable(ready: Tenant) -> None:
    """Nor does a name bring a line of its own into an e-mail's subject."""
    world = ready.world
    lead = ready.lead("11961230001", name="{{project.name}}", email="ana@exemplo.com.br")
    steps = [{"after": {"hours": 1}, "channel": "email", "text": "Oi {{lead.name}}, {{whatsapp.link}} é o endereço."}]
    ready.start(ready.project(audience={"lead_ids": [lead]}, reminders=steps))
    world.complete(*world.claim("default"))
    (task,) = _sweep(world, hours=1, minutes=1)
    assert task["work"]["content"]["text"] == "Oi project.name, https://wa.me/551140001234 é o endereço."
    assert "\n" not in task["work"]["content"]["subject"]


REFUSED: list[tuple[JSON, str]] = [
    ({"reminders": {}}, "reminders must be a list of at most 5 steps"),
    ({"reminders": None}, "reminders must be a list of at most 5 steps"),
    ({"reminders": [{"after": {"days": 1}}] * 6}, "reminders must be a list of at most 5 steps"),
    ({"reminders": ["amanhã"]}, "reminder 1 must be an object"),
    ({"reminders": [{}]}, "reminder 1: after must be"),
    ({"reminders": [{"after": "noon"}]}, "reminder 1: after must be"),
    ({"reminders": [{"after": {"hours": 0}}]}, "reminder 1: after must be"),
    ({"reminders": [{"after": {"hours": 1.5}}]}, "reminder 1: after must be"),
    ({"reminders": [{"after": {"days": 91}}]}, "reminder 1: after must be"),
    ({"reminders": [{"after": {"days": "2"}}]}, "reminder 1: after must be"),
    ({"reminders": [{"after": {"days": 1, "hours": 1}}]}, "reminder 1: after must be"),
    ({"reminders": [{"after": {"days": [2]}}]}, "reminder 1: after must be"),
    ({"reminders": [{"after": {"days": 1}}, {"after": {"days": 1}, "channel": "fax"}]}, "reminder 2: channel must be"),
    ({"reminders": [{"after": {"days": 1}, "channel": None}]}, "reminder 1: channel must be"),
    ({"reminders": [{"after": {"days": 1}, "wait": 3}]}, "reminder 1 has wait, which is none of"),
    ({"reminders": [{"after": {"days": 1}, "template": 3}]}, "reminder 1: template must be the name of one"),
    ({"reminders": [{"after": {"days": 1}, "template": "a", "channel": "sms"}]}, "reminder 1: template must be"),
    ({"reminders": [{"after": {"days": 1}, "subject": "a\r\nBcc: b@c"}]}, "reminder 1: subject must be one line"),
    ({"reminders": [{"after": {"days": 1}, "text": " "}]}, "reminder 1: text must have 1 to 1000 characters"),
    ({"reminders": [{"after": {"days": 1}, "text": "{{lead.cpf}}"}]}, "reminder 1: text has {{lead.cpf}}; known are"),
    ({"expire_after": {"days": 0}}, 'expire_after must be {"days": 1 to 365}'),
    ({"expire_after": {"days": [7]}}, 'expire_after must be {"days": 1 to 365}'),
    ({"expire_after": 7}, 'expire_after must be {"days": 1 to 365}'),
    ({"expire_after": {"days": 7, "hours": 1}}, 'expire_after must be {"days": 1 to 365}'),
]


@pytest.mark.parametrize(("config", "sentence"), REFUSED)
def test_a_ladder_that_makes_no_sense_is_refused(tenant: Tenant, config: JSON, sentence: str) -> None:
    """With a sentence that names the step."""
    with pytest.raises(psycopg.Error) as error:
        tenant.project(**config)
    assert sentence in refused(error.value)


def test_the_end_is_not_a_moment_too_soon(ready: Tenant) -> None:
    """An invitation accepted late has its whole time."""
    world = ready.world
    ready.lead("11961230001")
    ready.start(ready.project(reminders=[], expire_after={"days": 1}))
    (task,) = world.claim("default")
    world.complete(task, outcome="unknown")
    assert ready.all(LADDER) == []
    late: datetime = now(world) + timedelta(hours=20)
    set_clock(world, late)
    ready.ingest(ready.status("delivered", message_id="w.late", reference=task["id"]))
    assert abs(ready.one(DUE, 0) - late - timedelta(days=1)) < timedelta(seconds=30)
