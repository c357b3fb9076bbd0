"""The Cloud API's management endpoints on loopback: every answer ends in a finding in Portuguese, none in an
exception."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from renum.accounts import Account
from renum.channels import Finding, whatsapp_cloud_check
from renum.channels.whatsapp_cloud import channel
from renum.errors import SendError
from tests.unit.doubles import Server, config, free_port_url, server

TOKEN = "EAAtoken0123456789"
WEBHOOK = "https://renum.example/functions/v1/whatsapp_webhook/7"
PHONE: dict[str, Any] = {
    "id": "1000",
    "display_phone_number": "+55 11 3000-0000",
    "verified_name": "Padaria",
    "name_status": "APPROVED",
    "quality_rating": "GREEN",
    "status": "CONNECTED",
    "whatsapp_business_manager_messaging_limit": "TIER_250",
    "webhook_configuration": {"application": WEBHOOK},
}


@pytest.fixture
async def graph(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Server]:
    """A Graph API where all is well."""
    async with server() as double:
        made = config(double.url)
        monkeypatch.setattr(whatsapp_cloud_check, "settings", lambda: made)
        double.answer("1000", PHONE)
        double.answer("555", {"id": "555", "owner_business_info": {"id": "99", "name": "Portfólio"}})
        monkeypatch.setattr(whatsapp_cloud_check, "new_challenge", lambda: "4242")
        double.answer("subscribed_apps", {"data": [{"whatsapp_business_api_data": {"id": "1"}}]})
        yield double
        await whatsapp_cloud_check._clients.get().aclose()


def account(**more: Any) -> Account:
    """A number of WhatsApp Business account 555."""
    values = {"external_id": "1000", "config": {"waba_id": "555"}, "credentials": {"access_token": TOKEN}, **more}
    return Account(
        id="7", client_id="c", channel="whatsapp", provider="whatsapp_cloud", status="active", problem=None, **values
    )


def refused(code: int, status: int = 400) -> web.Response:
    """An error as the Graph API words it."""
    return web.json_response({"error": {"message": f"(#{code}) refused {TOKEN}", "code": code}}, status=status)


async def missing(number: Account | None = None) -> dict[str, Finding]:
    """What a check finds missing."""
    found = await channel.check(number or account(), WEBHOOK)
    assert all(one.ok == (one.todo is None) for one in found)
    return {one.item: one for one in found if not one.ok}


async def test_where_all_is_well_nothing_is_missing(graph: Server) -> None:
    """Asked with the account's token, of the number and of its business account."""
    found = await channel.check(account(), WEBHOOK)
    assert [one.item for one in found if not one.ok] == []
    assert {one.item for one in found} == {"token", "number", "name", "quality", "limit", "webhook", "subscription"}
    assert {request.headers["Authorization"] for request in graph.received} == {f"Bearer {TOKEN}"}
    assert [request.path for request in graph.received] == ["/v23.0/1000", "/v23.0/555/subscribed_apps"]


@pytest.mark.parametrize(
    ("change", "item", "words"),
    [
        ({"status": "BANNED"}, "number", "com status BANNED"),
        ({"name_status": "DECLINED"}, "name", "foi recusado pela Meta"),
        ({"name_status": "EXPIRED"}, "name", "foi vencido pela Meta"),
        ({"name_status": "PENDING_REVIEW"}, "name", "ainda não foi aprovado"),
        ({"quality_rating": "RED"}, "quality", "A qualidade do número é baixa"),
        ({"webhook_configuration": {}}, "webhook", "não tem endereço"),
        (
            {"webhook_configuration": {"application": WEBHOOK, "phone_number": "https://x.br"}},
            "webhook",
            "https://x.br",
        ),
        ({"webhook_configuration": "?"}, "webhook", "não tem endereço"),
    ],
)
async def test_each_thing_that_is_wrong_is_named(graph: Server, change: Any, item: str, words: str) -> None:
    """By itself, with what to do about it."""
    graph.answer("1000", {**PHONE, **change})
    found = await missing()
    assert list(found) == [item]
    assert words in found[item].text


@pytest.mark.parametrize(
    ("answer", "item", "words"),
    [
        (refused(190, 401), "token", "recusou o token de acesso (código 190)"),
        (refused(10, 403), "token", "recusou o token de acesso (código 10)"),
        (refused(100), "number", "não conhece o número 1000"),
        (refused(2, 503), "token", "não respondeu agora"),
        (refused(80007), "token", "não respondeu agora"),
        (web.Response(text="<html>"), "token", "não respondeu agora"),
        (web.Response(status=204), "token", "não respondeu agora"),
        (web.json_response([1]), "token", "não respondeu agora"),
        (web.Response(status=302, headers={"Location": "http://127.0.0.1:1/"}), "token", "não respondeu agora"),
    ],
)
async def test_a_refusal_is_a_finding(graph: Server, answer: web.Response, item: str, words: str) -> None:
    """Wrong token, unknown number, an API that is away; nothing of its answer is quoted."""
    graph.answer("1000", answer)
    found = await missing()
    assert list(found) == [item]
    assert words in found[item].text
    assert TOKEN not in found[item].text


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (web.Response(text="4242"), None),
        (web.Response(text="4243"), "respondeu HTTP 200 à verificação"),
        (web.Response(status=403), "respondeu HTTP 403 à verificação"),
        (None, "não responde"),
    ],
)
async def test_the_address_is_asked_as_meta_will_ask_it(
    graph: Server, answer: web.Response | None, words: str | None
) -> None:
    """The challenge comes back, or it is said what came instead; the verify token is not."""
    url = f"{graph.url if answer else free_port_url()}/whatsapp_webhook"
    graph.answer("1000", {**PHONE, "webhook_configuration": {"application": url}})
    graph.answer("whatsapp_webhook", answer)
    number = account(credentials={"access_token": TOKEN, "verify_token": "prova-secreta"})
    found = {one.item: one for one in await channel.check(number, url)}
    assert found["verification"].ok is (words is None)
    assert words is None or words in found["verification"].text
    assert "prova-secreta" not in str(found)


async def test_an_api_that_is_away_is_a_finding(graph: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody listens."""
    nowhere = config(free_port_url())
    monkeypatch.setattr(whatsapp_cloud_check, "settings", lambda: nowhere)
    assert (await missing())["token"].text == "A Meta não respondeu agora."


async def test_the_business_account_is_needed_and_checked(graph: Server) -> None:
    """Its id is missing or no id, nobody may see it, no app is subscribed; an id that is none asks for nothing."""
    for config_ in ({}, {"waba_id": ""}, {"waba_id": "../1000"}):
        assert "Falta o ID" in (await missing(account(config=config_)))["waba"].text
    graph.answer("subscribed_apps", refused(200, 403))
    assert "não dá acesso" in (await missing())["waba"].text
    graph.answer("subscribed_apps", {"data": []})
    assert "Nenhum aplicativo está inscrito" in (await missing())["subscription"].text
    assert "não conhece o número" in (await missing(account(external_id="1000/messages")))["number"].text
    assert all(".." not in request.path for request in graph.received)


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        ({"whatsapp_business_manager_messaging_limit": "TIER_250"}, 250),
        ({"whatsapp_business_manager_messaging_limit": "TIER_2K"}, 2_000),
        ({"whatsapp_business_manager_messaging_limit": None, "messaging_limit_tier": "TIER_10K"}, 10_000),
        ({"whatsapp_business_manager_messaging_limit": {"current_limit": "TIER_100K"}}, 100_000),
        ({"whatsapp_business_manager_messaging_limit": "TIER_UNLIMITED"}, None),
        ({"whatsapp_business_manager_messaging_limit": "TIER_NOT_SET"}, "untold"),
        ({"whatsapp_business_manager_messaging_limit": None}, "untold"),
    ],
)
async def test_the_tier_is_a_number_of_people(graph: Server, limit: Any, expected: Any) -> None:
    """Unlimited is None; what is not told is not told on."""
    graph.answer("1000", {**PHONE, **limit})
    facts = await channel.facts(account())
    assert facts.get("daily_limit", "untold") == expected
    assert (facts["display_phone"], facts["portfolio_id"]) == ("+55 11 3000-0000", "99")


async def test_facts_do_without_the_portfolio(graph: Server) -> None:
    """A token that may not see the owner still tells the rest."""
    graph.answer("555", refused(200, 403))
    assert await channel.facts(account()) == {"display_phone": "+55 11 3000-0000", "daily_limit": 250}


def item(name: str, **more: Any) -> dict[str, Any]:
    """A template as the API lists it."""
    whole = {"id": "1", "name": name, "language": "pt_BR", "status": "APPROVED", "category": "UTILITY"}
    return {**whole, "components": [{"type": "BODY", "text": "Oi {{1}}"}], **more}


async def test_templates_are_fetched_page_by_page(graph: Server) -> None:
    """By the cursor; the address in `next` is not followed, for it would be given the token."""
    page = {"cursors": {"after": "c1"}, "next": "https://evil.example/?access_token=x"}
    graph.answer(
        "message_templates",
        {"data": [item("um"), item("dois")], "paging": page},
        {
            "data": [item("três"), "?", {"name": "x"}, item("novo", status="SUBLIME")],
            "paging": {"cursors": {"after": "c2"}},
        },
    )
    found = await channel.templates(account())
    assert found is not None
    assert [one["name"] for one in found] == ["um", "dois", "três"]
    assert len(graph.received) == 2
    assert found[0] == {
        "provider_id": "1",
        "name": "um",
        "language": "pt_BR",
        "category": "utility",
        "body": "Oi {{1}}",
        "status": "approved",
        "reason": None,
        "components": [{"type": "BODY", "text": "Oi {{1}}"}],
    }
    assert await channel.templates(account(config={})) is None


async def test_pages_that_never_end_are_left(graph: Server) -> None:
    """The same cursor again, or refusals in between, are no endless loop."""
    graph.answer("message_templates", {"data": [item("um")], "paging": {"cursors": {"after": "c1"}, "next": "x"}})
    assert len(await channel.templates(account()) or []) == 2
    graph.answer("message_templates", refused(190, 401))
    with pytest.raises(SendError, match="190"):
        await channel.templates(account())


@pytest.mark.parametrize(
    ("more", "field", "expected"),
    [
        ({"status": "PAUSED"}, "status", "paused"),
        ({"status": "REJECTED", "rejected_reason": "SCAM"}, "reason", "SCAM"),
        ({"rejected_reason": "NONE"}, "reason", None),
        ({"category": "SOMETHING_NEW"}, "category", "marketing"),
        ({"components": [{"type": "HEADER", "format": "IMAGE"}]}, "body", "[um]"),
        ({"components": "?"}, "components", []),
        ({"language": "en-US"}, "language", "en_US"),
    ],
)
def test_a_template_is_read_as_what_it_is(more: Any, field: str, expected: Any) -> None:
    """Status, reason, category, body, language."""
    read: Any = whatsapp_cloud_check.template(item("um", **more))
    assert read[field] == expected
