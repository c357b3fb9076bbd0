"""One survey from the lead's first word to the owner's report: webhooks in, messages out, PostgREST to read it."""

from __future__ import annotations

from typing import Any

import httpx

from tests.stack import Stack, until
from tests.system.survey import CLOSING, QUESTIONS, Survey


def test_a_lead_is_interviewed_to_the_end(stack: Stack, bakery: Survey, florist: Survey) -> None:
    """A voice note and an invalid answer on the way; then answers, transcript, turns, report and notification."""
    (lead,) = bakery.invited(1)
    assert lead.ask("sim, pode perguntar").endswith(QUESTIONS[0]["text"])
    assert "só consigo ler" in lead.ask("", type="audio")
    refused = lead.ask("15")
    assert refused == "Preciso de um número inteiro de 0 a 10.\n\n" + QUESTIONS[0]["text"]
    assert lead.ask("acho que 9").endswith(QUESTIONS[1]["text"])
    assert lead.ask("o pão de queijo sempre quentinho").endswith(QUESTIONS[2]["text"])
    assert lead.ask("com certeza!").endswith(CLOSING)
    bakery.settled(lead)

    interview = lead.interview()
    assert (interview["status"], interview["end_reason"]) == ("completed", "completed")
    assert lead.answers() == {"nota": 9, "motivo": "o pão de queijo sempre quentinho", "volta": True}

    messages: list[Any] = (
        bakery.owner.table("interview_messages")
        .select("role,content,metadata")
        .eq("interview_id", interview["id"])
        .order("seq")
        .execute()
        .data
    )
    assert [message["role"] for message in messages] == ["assistant", *["user", "assistant"] * 6]
    assert [message["content"] for message in messages if message["role"] == "assistant"] == [
        heard["text"] for heard in lead.heard
    ]
    turns: list[Any] = (
        bakery.owner.table("turns").select("graph,status,steps").eq("interview_id", interview["id"]).execute().data
    )
    assert [(turn["graph"], turn["status"]) for turn in turns] == [("interview", "committed")] * 6
    assert all(turn["steps"] for turn in turns)

    report = until(lambda: _report(bakery, str(interview["id"])), what="the interview's report")
    assert [answer["value"] for answer in report["statistics"]["answers"]] == [
        9,
        "o pão de queijo sempre quentinho",
        True,
    ]
    markdown = _markdown(stack, bakery, report["id"])
    assert markdown.headers["content-type"].startswith("text/markdown")
    assert "o pão de queijo sempre quentinho" in markdown.text
    assert _report(florist, str(interview["id"])) is None
    assert "pão de queijo" not in _markdown(stack, florist, report["id"]).text

    told = 'RENUM: Lead 0 concluiu a pesquisa "Satisfação".'
    until(lambda: told in [m["text"] for m in stack.simulator.messages(bakery.owner_phone)], what="the notification")


def test_a_burst_gets_one_merged_reply(stack: Stack, bakery: Survey) -> None:
    """Three messages in one go are one turn's input and get one answer."""
    (lead,) = bakery.invited(1)
    lead.ask("oi, pode sim")
    with stack.setting("debounce_ms", 700):
        for text in ("olha", "eu daria", "um 8"):
            lead.say(text)
        assert lead.hear().endswith(QUESTIONS[1]["text"])
    assert lead.replies() == []
    assert lead.answers()["nota"] == 8
    spans = stack.rows(
        "select to_seq - from_seq as span from public.turns where interview_id = %s order by finished_at",
        lead.interview()["id"],
    )
    assert len(spans) == 2


def test_who_says_stop_is_left_alone(stack: Stack, bakery: Survey) -> None:
    """One goodbye, the interview over, the withdrawal in the ledger; what is written later is kept and not answered."""
    (lead,) = bakery.invited(1)
    assert "não vai mais receber mensagens" in lead.ask("SAIR")
    interview = lead.interview()
    assert (interview["status"], interview["end_reason"]) == ("cancelled", "opted_out")
    lead.say("e o meu pedido?")
    assert lead.replies() == []
    assert [message["content"] for message in lead.said()] == ["SAIR", "e o meu pedido?"]
    ledger: list[Any] = bakery.owner.table("consents").select("granted").eq("lead_id", lead.id).execute().data
    assert {"granted": False} in ledger


def _report(survey: Survey, interview_id: str) -> Any:
    """The interview's report as a client's owner finds it, once it is written."""
    found = survey.owner.table("reports").select("*").eq("interview_id", interview_id).eq("status", "ready").execute()
    return found.data[0] if found.data else None


def _markdown(stack: Stack, survey: Survey, report_id: str) -> httpx.Response:
    return stack.http.get(
        f"{stack.access.url}/rest/v1/rpc/report_markdown",
        params={"report_id": report_id},
        headers={
            "apikey": stack.access.publishable_key,
            "Authorization": f"Bearer {survey.token}",
            "Accept": "text/markdown",
        },
    )
