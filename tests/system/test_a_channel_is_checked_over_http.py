"""The function channel_check beside the real database and the simulated provider, and what webhooks say afterwards."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest
from postgrest.exceptions import APIError
from supabase import Client

from devstack.demo.access import Row, row, rows
from devstack.demo.company import create_project, start_project
from tests.stack import Stack
from tests.system.people import Everybody
from tests.system.survey import CONFIG, INVITATION, Survey, new_phone, open_survey

WABA = "102290129340398"


@pytest.fixture(scope="module")
def bookshop(stack: Stack, admin: Client) -> Survey:
    """A client whose number is in order at the provider, with two templates there."""
    survey = open_survey(stack, admin, "Livraria Sebo", owner_phone="+5511965430011")
    accounts = survey.owner.table("channel_accounts")
    accounts.update({"config": {"waba_id": WABA}}).eq("id", survey.number.channel_account_id).execute()
    listed = [
        {"name": "convite", "body": INVITATION, "category": "MARKETING"},
        {"name": "aviso", "body": "RENUM: {{1}}"},
        {"name": "cupom", "body": "Use {{1}} até {{2}}."},
    ]
    stack.simulator.change_number(
        survey.number.phone_number_id, waba_id=WABA, templates=listed, messaging_limit="TIER_250", portfolio_id="9"
    )
    return survey


def ask(survey: Survey, token: str, **body: Any) -> httpx.Response:
    """One call of the function."""
    return survey.stack.http.post(
        f"{survey.stack.access.functions_url}/channel_check",
        headers={"Authorization": f"Bearer {token}"},
        json={"channel_account_id": survey.number.channel_account_id, **body},
    )


def templates(survey: Survey) -> dict[str, Row]:
    """The account's own templates by name."""
    query = survey.owner.table("message_templates").select("*")
    found = rows(query.eq("channel_account_id", survey.number.channel_account_id).execute())
    return {one["name"]: one for one in found}


def say(survey: Survey, field: str, value: Row) -> int:
    """Meta posts one change; the webhook's status."""
    entry = {"id": WABA, "time": int(time.time()) + 1, "changes": [{"field": field, "value": value}]}
    status, _ = survey.stack.simulator.webhook(
        {"object": "whatsapp_business_account", "entry": [entry]}, phone_number_id=survey.number.phone_number_id
    )
    return status


def test_an_owner_is_told_and_the_facts_are_kept(bookshop: Survey) -> None:
    """The number and the tier stand in the account, the templates in their table, with what people had chosen."""
    answer = ask(bookshop, bookshop.token, sync=True)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert [one for one in told["findings"] if not one["ok"]] == []
    assert told["webhook_url"] == bookshop.number.webhook_url
    assert told["templates"] == {"saved": 3, "left_out": 0, "gone": 0}
    account = row(bookshop.owner.table("channel_accounts").select("*").execute())
    assert (account["daily_limit"], account["portfolio_id"]) == (250, "9")
    found = templates(bookshop)
    assert found["convite"]["parameters"] == ["lead.first_name", "client.company_name"]
    assert (found["convite"]["category"], found["convite"]["purpose"]) == ("marketing", "invitation")
    assert found["cupom"]["parameters"] == []
    assert not [secret for secret in bookshop.secrets.values() if secret in answer.text]
    with pytest.raises(APIError, match="template cupom follows its provider"):
        bookshop.owner.table("message_templates").update({"status": "paused"}).eq("name", "cupom").execute()


@pytest.mark.parametrize("who", ["staff", "other_owner", "stranger", "removed"])
def test_nobody_else_is_told_anything(bookshop: Survey, school: Survey, people: Everybody, who: str) -> None:
    """Staff of the very client neither: the answer is that of an account that is not there."""
    answer = ask(school, people.named(who).token, sync=True)
    assert (answer.status_code, answer.json()["code"]) == (404, "PT404")
    assert ask(school, "not-a-token").status_code == 401
    assert ask(bookshop, people.admin.token).status_code == 200


def test_a_paused_template_stops_a_start_with_its_reason(bookshop: Survey) -> None:
    """A signed webhook pauses it; the project is refused in its words; approved again, it starts."""
    assert ask(bookshop, bookshop.token, sync=True).status_code == 200
    named = {"message_template_id": 7, "message_template_name": "convite", "message_template_language": "pt_BR"}
    paused = {**named, "event": "PAUSED", "other_info": {"title": "FIRST_PAUSE", "description": "Low quality."}}
    assert say(bookshop, "message_template_status_update", paused) == 200
    assert (templates(bookshop)["convite"]["status"], templates(bookshop)["convite"]["reason"]) == (
        "paused",
        "Low quality.",
    )
    project = create_project(bookshop.company, "Outra pesquisa", CONFIG)
    with pytest.raises(APIError, match=r"template convite is paused by the provider \(Low quality\.\)"):
        start_project(bookshop.company, project)
    assert say(bookshop, "message_template_status_update", {**named, "event": "APPROVED"}) == 200
    cupom = {**CONFIG, "invitation": {"template": "cupom"}}
    unmapped = create_project(bookshop.company, "Cupons", cupom)
    with pytest.raises(APIError, match=r"does not say what stands for \{\{1\}\}, \{\{2\}\}"):
        start_project(bookshop.company, unmapped)
    start_project(bookshop.company, project)


def test_a_campaign_beyond_the_tier_is_refused_with_the_number(bookshop: Survey) -> None:
    """Over the API, before anything is made; the preview says the same in figures."""
    assert ask(bookshop, bookshop.token).status_code == 200
    people = [{"phone": new_phone(), "name": "Lia", "metadata": {"lista": "grande"}} for _ in range(260)]
    bookshop.owner.table("leads").insert(people).execute()
    config = {**CONFIG, "audience": {"metadata": {"lista": "grande"}}}
    project = create_project(bookshop.company, "Grande", config)
    told = row(bookshop.owner.rpc("preview_audience", {"project_id": project}).execute())
    assert (told["count"], told["limit"]["daily_limit"], told["limit"]["fits"]) == (260, 250, False)
    assert told["cost"] == {"currency": "USD", "amount": 16.25, "per_message": 0.0625, "category": "marketing"}
    with pytest.raises(APIError, match="the audience has 260 leads, but the account may write first to 250 people"):
        start_project(bookshop.company, project)
    made = bookshop.owner.table("interviews").select("id").eq("project_id", project).execute()
    assert rows(made) == []
