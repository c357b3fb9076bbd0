"""What waits for a time arrives over the whole stack, and news that cannot get through says why."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from supabase import Client

from devstack.demo import company as companies
from tests.stack import Stack, until
from tests.system.survey import CONFIG, QUESTIONS, Lead, Survey, open_survey


@pytest.fixture(scope="module")
def bookshop(stack: Stack, admin: Client) -> Survey:
    """A client that reminds after an hour and after a further two; the invitation's own words serve for it."""
    survey = open_survey(stack, admin, "Livraria Cais", owner_phone="+5511965430009", start=False)
    steps = [{"after": {"hours": hours}, "template": "convite"} for hours in (1, 2)]
    config = {**CONFIG, "reminders": steps, "expire_after": {"days": 1}}
    survey.project_id = companies.create_project(survey.company, "Satisfação", config)
    companies.start_project(survey.company, survey.project_id)
    return survey


def _ladder(lead: Lead) -> list[tuple[int, str]]:
    """The lead's reminders as the owner reads them: step and status."""
    found: list[Any] = (
        lead.survey.owner.table("reminders")
        .select("step,status,interviews!inner(lead_id)")
        .eq("interviews.lead_id", lead.id)
        .order("step")
        .execute()
        .data
    )
    return [(row["step"], row["status"]) for row in found]


def _invited(survey: Survey) -> Lead:
    """A lead whose invitation the provider took: the ladder stands."""
    (lead,) = survey.invited(1)
    until(lambda: _ladder(lead) == [(0, "waiting"), (1, "waiting"), (2, "waiting")], what="the ladder")
    return lead


def _is_sent(lead: Lead, step: int) -> bool:
    return (step, "sent") in _ladder(lead)


def test_who_does_not_answer_is_reminded_until_the_first_answer(stack: Stack, bookshop: Survey) -> None:
    """An hour later by the clock the reminder is there, once; the answer stops the next; silence ends it."""
    lead = _invited(bookshop)
    with stack.setting("clock_offset_s", 3_660):
        assert "Podemos conversar?" in lead.hear()
        until(partial(_is_sent, lead, 1), what="the reminder's result")
    with stack.setting("clock_offset_s", 3_720):
        assert lead.ask("sim, pode perguntar").endswith(QUESTIONS[0]["text"])
        assert _ladder(lead) == [(0, "waiting"), (1, "sent"), (2, "cancelled")]
    with stack.setting("clock_offset_s", 4 * 3_600):
        assert lead.replies() == []


def test_who_never_answers_expires(stack: Stack, bookshop: Survey) -> None:
    """After both reminders and a day; the figures say so."""
    lead = _invited(bookshop)
    for step, hours in ((1, 1), (2, 3)):
        with stack.setting("clock_offset_s", hours * 3_600 + 60):
            lead.hear()
            until(partial(_is_sent, lead, step), what="its result")
    with stack.setting("clock_offset_s", 28 * 3_600):
        until(lambda: lead.interview()["end_reason"] == "expired", what="the end of the ladder")
    progress = bookshop.owner.table("project_progress").select("expired").eq("project_id", bookshop.project_id)
    ended = "select count(*) as expired from public.interviews where end_reason = 'expired' and project_id = %s"
    assert progress.execute().data == stack.rows(ended, bookshop.project_id)


def test_news_that_no_channel_takes_says_why(stack: Stack, bookshop: Survey) -> None:
    """WhatsApp refuses the owner's number, and there is nothing else: the ledger has both, and a later one arrives."""
    number = bookshop.number.phone_number_id
    stack.simulator.fail_next(131026, to=bookshop.owner_phone.lstrip("+"), phone_number_id=number)
    (lead,) = bookshop.invited(1)
    for line in ("sim", "9", "O pão é ótimo", "sim"):
        lead.ask(line)

    def told() -> list[Any]:
        query = bookshop.owner.table("notifications").select("status,reason,attempts")
        found: list[Any] = (
            query.eq("event", "interview_completed").eq("interview_id", lead.interview()["id"]).execute().data
        )
        return [row for row in found if row["status"] != "queued"]

    (row,) = until(told, what="the end of all attempts")
    assert row["status"] == "failed"
    assert str(row["reason"]).endswith("sms: there is no active account; email: there is no active account")
    assert [attempt["channel"] for attempt in row["attempts"]] == ["whatsapp", "sms", "email"]
    (second,) = bookshop.invited(1)
    for line in ("sim", "9", "O pão é ótimo", "sim"):
        second.ask(line)
    until(
        lambda: [m for m in stack.simulator.messages(bookshop.owner_phone) if "concluiu a pesquisa" in m["text"]],
        what="the next news",
    )
