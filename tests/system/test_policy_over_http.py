"""Policy as its users meet it: a tenant at PostgREST, the real functions as workers, leads over real webhooks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest
from supabase import Client

from devstack.demo.access import Row
from devstack.demo.company import ALL_HOURS, DAYS, open_at_all_hours
from tests.stack import Stack, until
from tests.system.people import Person
from tests.system.survey import Lead, Survey, open_survey

TEXT: Row = {"type": "text", "text": "Oi! Aqui é a Dona da Clínica, posso ajudar?"}
OUTSIDE = "it is outside the hours at which the lead may be written to"


@pytest.fixture(scope="module")
def shop(stack: Stack, admin: Client) -> Survey:
    """A client of its own: its hours change."""
    return open_survey(stack, admin, "Loja do Horário")


@pytest.fixture
def owner(stack: Stack, shop: Survey) -> Person:
    return Person(stack, "the owner", shop.token)


def _keep(shop: Survey, **rules: object) -> None:
    shop.owner.table("sending_rules").upsert({"client_id": shop.client_id, **rules}, on_conflict="client_id").execute()


def _days_from_now() -> Row:
    """Open on one day only, far enough away that no clock of any lead is there."""
    day = datetime.now(UTC) + timedelta(days=3)
    return {DAYS[day.weekday()]: ["08:00", "20:00"]}


def _write(owner: Person, lead: Lead, content: Row = TEXT, **columns: str) -> httpx.Response:
    return owner.rest("POST", "/deliveries", json={"lead_id": lead.id, "content": content, **columns})


def _state(lead: Lead, kind: str) -> list[Row]:
    return lead.stack.rows(
        "select status::text, reason from public.deliveries where lead_id = %s and kind = %s::public.delivery_kind"
        " order by created_at",
        lead.id,
        kind,
    )


def test_an_invitation_waits_for_its_hour_and_goes_then(shop: Survey) -> None:
    """Closed today, the lead hears nothing; its hour come (the owner opens), the sweep sends by itself."""
    _keep(shop, hours=_days_from_now(), on_holidays=True)
    lead = shop.lead("Rita")
    (state,) = until(lambda: _state(lead, "invitation"), what="an invitation")
    assert state == {"status": "deferred", "reason": OUTSIDE}
    due = shop.stack.value("select due_at from public.deliveries where lead_id = %s", lead.id)
    assert timedelta(days=2) < due - datetime.now(UTC) < timedelta(days=4)
    open_at_all_hours(shop.company)
    shop.stack.rows("update public.deliveries set due_at = now() where lead_id = %s", lead.id)
    assert "Rita" in lead.hear()


def test_who_writes_is_answered_whatever_the_hour(shop: Survey) -> None:
    """Closed today: a reply goes, a person's message goes; to a lead who said nothing, not."""
    open_at_all_hours(shop.company)
    (lead, silent) = shop.invited(2)
    _keep(shop, hours=_days_from_now(), on_holidays=True)
    assert lead.ask("oi") != ""
    owner = Person(shop.stack, "the owner", shop.token)
    answer = _write(owner, lead)
    assert answer.status_code == 201, answer.text
    assert lead.hear() == TEXT["text"]
    refused = _write(owner, silent)
    assert (refused.status_code, refused.json()["message"]) == (
        403,
        "free text is outside WhatsApp's 24-hour window",
    )
    late = _write(owner, silent, {"type": "template", "name": "convite"})
    assert (late.status_code, late.json()["message"]) == (403, OUTSIDE)
    assert late.json()["hint"].startswith("It may be sent from 20")
    assert silent.replies() == []
    open_at_all_hours(shop.company)


def test_after_parar_one_goodbye_and_nothing_more(shop: Survey, owner: Person) -> None:
    """Not by the engine, not by people, not by a list; until the lead itself comes back."""
    open_at_all_hours(shop.company)
    (lead,) = shop.invited(1)
    assert "não vai mais receber" in lead.ask("PARAR")
    lead.say("PARAR")
    lead.say("alguém aí?")
    for content in (TEXT, {"type": "template", "name": "convite"}):
        refused = _write(owner, lead, content)
        assert (refused.status_code, refused.json()["message"]) == (403, "the lead opted out")
    granted = {"lead_id": lead.id, "granted": True, "legal_basis": "contract"}
    back = owner.rest("POST", "/consents", json=granted)
    assert (back.status_code, "by its consent only" in back.json()["message"]) == (400, True)
    assert lead.replies() == []
    lead.say("quero receber mensagens")
    until(lambda: not shop.stack.value("select opted_out_at is not null from public.leads where id = %s", lead.id))
    assert _write(owner, lead).status_code == 201
    assert lead.hear() == TEXT["text"]


def test_the_same_message_twice_is_sent_once(shop: Survey, owner: Person) -> None:
    """A repeated POST with the same id: a conflict, or nothing with resolution=ignore-duplicates."""
    open_at_all_hours(shop.company)
    (lead,) = shop.invited(1)
    lead.ask("oi")
    key = str(uuid4())
    assert _write(owner, lead, id=key).status_code == 201
    assert _write(owner, lead, id=key).status_code == 409
    row = {"id": key, "lead_id": lead.id, "content": TEXT}
    quiet = owner.rest("POST", "/deliveries", json=row, headers={"Prefer": "resolution=ignore-duplicates"})
    assert quiet.status_code in (200, 201), quiet.text
    assert lead.hear() == TEXT["text"]
    assert lead.replies() == []


@pytest.mark.parametrize(
    ("rules", "saying"),
    [
        ({"hours": {"monday": ["20:00", "08:00"]}}, "hours of monday must be two times"),
        ({"hours": ALL_HOURS, "daily_cap": 0}, "daily_cap_is_positive"),
        ({"hours": ALL_HOURS, "closed_dates": ["2027-01-01"] * 101}, "closed_dates_are_at_most_100"),
        ({"hours": ALL_HOURS, "closed_dates": [None]}, "closed_dates_are_dates"),
    ],
)
def test_rules_that_are_none_are_refused(owner: Person, shop: Survey, rules: Row, saying: str) -> None:
    """In words, and what was there stays."""
    before = owner.rest("GET", "/sending_rules").json()
    answer = owner.rest("PATCH", f"/sending_rules?client_id=eq.{shop.client_id}", json=rules)
    assert answer.status_code == 400
    assert saying in answer.json()["message"]
    assert owner.rest("GET", "/sending_rules").json() == before
