"""What people and agents' tools write to leads: placed in the dialogue, sent, or refused with the rule's name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from devstack.demo.company import ALL_HOURS
from tests.database.builders import JSON, Interview, Session, Tenant, World
from tests.database.test_hours_are_kept import MONDAY, OUTSIDE, at, keep_hours

TEXT: JSON = {"type": "text", "text": "Oi, aqui é a Dona da Padaria."}
WINDOW = "free text is outside WhatsApp's 24-hour window"
WRITE = "insert into public.deliveries (lead_id, content) values (%s, %s)"
STATE = "select status::text, kind::text, reason from public.deliveries where kind = 'message'"
TOOL = """
create function agent_tools.write(client uuid, lead uuid, said jsonb) returns void
language sql security definer set search_path = ''
as $$ insert into public.deliveries (id, client_id, lead_id, content) values (gen_random_uuid(), client, lead, said) $$
"""

Write = Callable[[Interview, JSON], None]


def _person(interview: Interview, content: JSON) -> None:
    interview.tenant.all(WRITE, interview.lead, content)


@pytest.fixture
def tool(world: World) -> Iterator[None]:
    """A tool as a migration would bring it: a function that belongs to renum_agent."""
    world.all("grant create on schema agent_tools to renum_agent")
    world.all(TOOL)
    world.all("alter function agent_tools.write(uuid, uuid, jsonb) owner to renum_agent")
    world.all("revoke create on schema agent_tools from renum_agent")
    yield
    world.all("drop function agent_tools.write(uuid, uuid, jsonb)")


@contextmanager
def working(world: World, lease: str) -> Iterator[Session]:
    """The transaction in which a tool is called: the lease in a local setting."""
    with world.connection.transaction():
        world.all("select set_config('renum.lease', %s, true)", lease)
        yield world


def _agent(interview: Interview, content: JSON) -> None:
    """The tool called in a turn of the interview's thread; the turn is made where there is none."""
    world = interview.world
    lease = str(uuid4())
    world.all(
        "update private.threads set lease = %s, lease_until = clock_timestamp() + interval '1 minute' where id = %s",
        lease,
        interview.thread,
    )
    with working(world, lease):
        world.all("select agent_tools.write(%s, %s, %s)", interview.tenant.id, interview.lead, content)


@pytest.fixture(params=["person", "tool"])
def write(request: pytest.FixtureRequest, tool: None) -> Write:
    """Each rule is tried by both."""
    return _person if request.param == "person" else _agent


def test_a_message_takes_its_place_and_goes_out(interview: Interview, write: Write) -> None:
    """In the live interview, after what was said, over the lead's account; sent before the reply that comes later."""
    world = interview.world
    interview.say("oi")
    write(interview, TEXT)
    assert interview.tenant.all(STATE) == [("queued", "message", None)]
    role, content, seq, facts = world.row(
        "select role::text, content, seq, metadata from public.interview_messages order by seq desc limit 1"
    )
    assert (role, content, seq) == ("assistant", TEXT["text"], 3)
    assert ("written_by" in facts) != ("turn_id" in facts)
    assert world.one("select last_seq from private.threads") == 3
    (task,) = (task for task in world.claim("high_priority") if task["task"] == "delivery")
    assert task["work"]["content"] == TEXT
    assert task["work"]["to"]["wa_id"] == interview.wa_id
    assert world.complete(task)[0]["status"] == "sent"


def test_outside_of_interviews_it_stands_in_the_conversation(interview: Interview, write: Write) -> None:
    """The lead's open one, or a new one."""
    world = interview.world
    world.all("update public.interviews set status = 'cancelled', end_reason = 'cancelled' where id = %s", interview.id)
    interview.say("oi")
    write(interview, TEXT)
    world.all("update public.conversations set status = 'closed'")
    write(interview, TEXT)
    rows = world.all("select conversation_id, role::text, seq from public.messages order by seq")
    assert [row[1:] for row in rows] == [("user", 2), ("assistant", 3), ("assistant", 4)]
    assert rows[0][0] == rows[1][0] != rows[2][0]
    # One after the other: the second waits until the first was accepted.
    (task,) = world.claim("high_priority")
    (answer,) = world.complete(task)
    assert answer["task"]["work"]["content"] == TEXT


def _opt_out(interview: Interview) -> None:
    interview.tenant.all(
        "insert into public.consents (lead_id, granted, legal_basis) values (%s, false, 'consent')", interview.lead
    )


def _status(status: str) -> Callable[[Interview], None]:
    def change(interview: Interview) -> None:
        interview.tenant.all("update public.leads set status = %s where id = %s", status, interview.lead)

    return change


def _long_ago(interview: Interview) -> None:
    interview.world.all("update private.threads set last_inbound_at = private.now() - interval '24 hours'")


def _template(status: str) -> Callable[[Interview], None]:
    def change(interview: Interview) -> None:
        interview.world.all("update public.message_templates set status = %s::public.template_status", status)

    return change


def _night(interview: Interview) -> None:
    keep_hours(interview.tenant)
    at(interview.world, MONDAY, "23:00")


def _gateway(interview: Interview) -> None:
    """Over an account that takes free text at any time, so that only the hour speaks against it."""
    interview.world.all("update public.channel_accounts set provider = 'evolution'")
    _night(interview)


def _sunday(interview: Interview) -> None:
    _gateway(interview)
    at(interview.world, date(2027, 3, 7), "12:00")


def _often(interview: Interview) -> None:
    keep_hours(interview.tenant, ALL_HOURS, on_holidays=True, daily_cap=1)


APPROVED: JSON = {"type": "template", "name": "convite"}


@pytest.mark.parametrize(
    ("before", "content", "rule"),
    [
        (_opt_out, TEXT, "the lead opted out"),
        (_opt_out, APPROVED, "the lead opted out"),
        (_status("blocked"), TEXT, "the lead is blocked"),
        (_status("inactive"), APPROVED, "the lead is inactive"),
        (_long_ago, TEXT, WINDOW),
        (lambda interview: None, TEXT, WINDOW),
        (_night, APPROVED, OUTSIDE),
        (_gateway, TEXT, OUTSIDE),
        (_sunday, TEXT, OUTSIDE),
        (_often, APPROVED, "the lead was written to once within 24 hours"),
        (_template("paused"), APPROVED, "there is no approved template named 'convite'"),
        (_template("rejected"), APPROVED, "there is no approved template named 'convite'"),
        (
            lambda interview: None,
            {"type": "template", "name": "nenhum"},
            "there is no approved template named 'nenhum'",
        ),
        (lambda interview: None, {"type": "text", "text": " "}, "content must be"),
        (lambda interview: None, {"type": "text", "text": "a" * 10001}, "content must be"),
        (lambda interview: None, {"type": "text", "text": ["a"]}, "content must be"),
        (lambda interview: None, {"text": "a"}, "content must be"),
        (lambda interview: None, {"type": "carousel", "text": "a"}, "content must be"),
    ],
)
def test_against_policy_it_is_refused_with_the_rule(
    interview: Interview, write: Write, before: Callable[[Interview], None], content: JSON, rule: str
) -> None:
    """Nothing of it is left: no delivery, no message, no number used up."""
    world = interview.world
    before(interview)
    seq = world.one("select last_seq from private.threads")
    with pytest.raises(psycopg.Error, match=rule.replace("'", ".")) as caught:
        write(interview, content)
    assert caught.value.sqlstate in ("42501", "22023")
    assert interview.tenant.all(STATE) == []
    assert world.one("select last_seq from private.threads") == seq
    assert world.one("select count(*) from public.messages") == 0


def test_to_who_just_wrote_the_night_is_no_obstacle(interview: Interview, write: Write) -> None:
    """A person answers at 23:00 who was asked at 22:59."""
    _night(interview)
    interview.say("vocês entregam amanhã?")
    write(interview, TEXT)
    assert interview.tenant.all(STATE) == [("queued", "message", None)]


def test_what_was_let_in_is_looked_at_again_when_it_is_claimed(interview: Interview) -> None:
    """The lead opts out between the insert and the claim."""
    interview.say("oi")
    interview.world.one("select count(*) from public.deliveries")
    _person(interview, TEXT)
    _opt_out(interview)
    assert interview.world.claim("high_priority") == []
    assert interview.tenant.all(STATE) == [("cancelled", "message", "the lead opted out")]


def test_a_template_is_worded_for_the_lead(interview: Interview) -> None:
    """By its name alone: language, parameters and text are filled in."""
    _person(interview, APPROVED)
    content = interview.tenant.one("select content from public.deliveries where kind = 'message'")
    assert content["parameters"][0] == "Ana"
    assert content["text"].startswith("Oi Ana, aqui é da Padaria")


def test_the_same_id_is_written_once(interview: Interview) -> None:
    """Again it is a conflict, or nothing where the caller says so; said once either way."""
    tenant, key = interview.tenant, str(uuid4())
    interview.say("oi")
    write = "insert into public.deliveries (id, lead_id, content) values (%s, %s, %s)"
    tenant.all(write, key, interview.lead, TEXT)
    with pytest.raises(psycopg.errors.UniqueViolation):
        tenant.all(write, key, interview.lead, TEXT)
    tenant.all(f"{write} on conflict do nothing", key, interview.lead, TEXT)
    assert len(tenant.all(STATE)) == 1
    assert tenant.one("select count(*) from public.interview_messages where content = %s", TEXT["text"]) == 1


def test_another_clients_lead_is_nobody(interview: Interview, other: Tenant) -> None:
    """Whoever's name it is in: neither lead nor account of another client is reached, or told of."""
    interview.say("oi")
    with pytest.raises(psycopg.Error, match="there is no such lead of this client"):
        other.all(WRITE, interview.lead, TEXT)
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
        other.all(
            "insert into public.deliveries (client_id, lead_id, content) values (%s, %s, %s)",
            interview.tenant.id,
            interview.lead,
            TEXT,
        )
    with pytest.raises(psycopg.Error, match="no such active channel account"):
        other.all(
            "insert into public.deliveries (lead_id, channel_account_id, content) values (%s, %s, %s)",
            other.lead(),
            interview.tenant.account,
            TEXT,
        )
    assert interview.tenant.all(STATE) == []


@pytest.mark.parametrize(
    "column", ["kind", "status", "due_at", "thread_id", "interview_id", "queue", "seq", "profile_id"]
)
def test_the_rest_of_the_row_is_not_peoples_to_write(interview: Interview, column: str) -> None:
    """A message of theirs cannot pass for a reply, nor for one that was sent."""
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied"):
        interview.tenant.all(
            f"insert into public.deliveries (lead_id, content, {column}) select %s, %s, {column}"
            " from public.deliveries limit 1",
            interview.lead,
            TEXT,
        )


def test_a_tool_reaches_the_lead_of_its_turn_only(interview: Interview, other: Tenant, tool: None) -> None:
    """Not the same client's next lead, not another client's, nobody with a lease that is over or made up."""
    world, tenant = interview.world, interview.tenant
    neighbour, stranger = tenant.interview(), other.interview()
    for someone in (interview, neighbour, stranger):
        someone.say("oi")
    task = interview.claim()
    call = "select agent_tools.write(%s, %s, %s)"
    for lease, client, lead in (
        (task["claim"], tenant.id, neighbour.lead),
        (task["claim"], other.id, stranger.lead),
        (task["claim"], other.id, interview.lead),
        (str(uuid4()), tenant.id, interview.lead),
        ("", tenant.id, interview.lead),
        ("' or true --", tenant.id, interview.lead),
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"), working(world, lease):
            world.all(call, client, lead, TEXT)
    with working(world, task["claim"]):
        world.all(call, tenant.id, interview.lead, TEXT)
    world.all("update private.threads set lease_until = clock_timestamp() - interval '1 second'")
    with pytest.raises(psycopg.errors.InsufficientPrivilege), working(world, task["claim"]):
        world.all(call, tenant.id, interview.lead, TEXT)
    assert world.all("select lead_id from public.deliveries where kind = 'message'") == [(interview.lead,)]


def test_what_the_engine_makes_is_stored_and_never_raises(interview: Interview) -> None:
    """Through the functions' own calls: a turn whose reply may not go commits, its delivery cancelled with the rule."""
    world, tenant = interview.world, interview.tenant
    interview.say("9")
    task = interview.claim()
    world.all("update private.threads set last_inbound_at = private.now() - interval '25 hours'")
    verdict = interview.commit(task, answers=[{"key": "nota", "value": 9, "quote": "9", "seq": 2}])
    assert (verdict["verdict"], verdict["delivery"]) == ("committed", None)
    assert tenant.all("select status::text, reason from public.deliveries where kind = 'reply'") == [
        ("cancelled", WINDOW)
    ]
    assert interview.answers()["nota"][0] == "answered"


@pytest.mark.parametrize(
    ("status", "state", "reason"),
    [
        ("paused", "deferred", "the template convite is paused"),
        ("pending", "deferred", "the template convite is pending"),
        ("rejected", "cancelled", "the template convite is rejected"),
        ("disabled", "cancelled", "the template convite is disabled"),
    ],
)
def test_a_template_is_looked_at_when_it_is_claimed(tenant: Tenant, status: str, state: str, reason: str) -> None:
    """Paused after the invitation was queued: it waits and goes when the template is back; gone for good: cancelled."""
    world = tenant.world
    tenant.lead()
    tenant.start(tenant.project())
    tenant.all("update public.message_templates set status = %s::public.template_status where name = 'convite'", status)
    assert world.claim("default") == []
    assert tenant.all("select status::text, reason from public.deliveries") == [(state, reason)]
    tenant.all("update public.message_templates set status = 'approved'")
    world.setting("clock_offset_s", int(timedelta(minutes=16).total_seconds()))
    world.one("select private.sweep()")
    assert len(world.claim("default")) == (1 if state == "deferred" else 0)


def test_who_may_not_be_invited_is_not(tenant: Tenant) -> None:
    """Blocked and opted out after the interview was made: it is cancelled with the reason, the others are invited."""
    world = tenant.world
    good, blocked, gone = tenant.lead(), tenant.lead(), tenant.lead()
    project = tenant.project()
    world.setting("admitted_tasks", 0)
    tenant.start(project)
    tenant.all("update public.leads set status = 'blocked' where id = %s", blocked)
    world.all("update public.leads set opted_out_at = now() where id = %s", gone)
    world.setting("admitted_tasks", 100)
    world.one("select private.sweep()")
    found: dict[str, Any] = dict(world.all("select lead_id, metadata ->> 'reason' from public.interviews"))
    assert found == {good: None, blocked: "the lead is blocked", gone: "the lead opted out"}
    assert [task["work"]["kind"] for task in world.claim("default")] == ["invitation"]
