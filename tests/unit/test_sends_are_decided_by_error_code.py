"""Every error code of the Cloud API leads to its action; every broken answer ends in a named outcome."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from aiohttp import web

from renum.accounts import Account
from renum.channels import calls, channel
from renum.channels import whatsapp_cloud_send as sender
from renum.channels.whatsapp_cloud_build import build
from renum.channels.whatsapp_cloud_errors import ACTIONS, send_error, status_error
from renum.errors import RenumError, SendError
from renum.shapes import Delivery
from tests.unit.doubles import config, free_port_url, server

ACTION_BY_CODE = {
    ("failed", True, "message"): [1, 2, 131000, 131016, 131053, 133004],
    ("failed", True, "number"): [131057],
    ("throttled", True, "recipient"): [131056],
    ("throttled", True, "number"): [130429, 131048, 131064],
    ("throttled", True, "account"): [4, 80007],
    ("throttled", True, "message"): [134101],
    ("failed", False, "recipient"): [131026, 131021, 131030, 130472, 137000, 131050, 131049, 131062],
    ("failed", False, "message"): [
        131047, 100, 33, 131008, 131009, 131051, 131055, 132000, 132001, 132005, 132007, 132008, 132012, 132015, 132016,
        132068, 132069, 134100, 134102, 135000,
    ],
    ("failed", False, "number"): [131037, 131045, 133010, 133006, 133008, 133009, 133015, 133016],
    ("failed", False, "account"): [0, 190, 3, 10, 200, 250, 299, 131005, 368, 131031, 130497, 131042],
}  # fmt: skip
CASES = [(code, *action) for action, codes in ACTION_BY_CODE.items() for code in codes]


@pytest.mark.parametrize(("code", "outcome", "retryable", "scope"), CASES)
def test_a_code_leads_to_its_action(code: int, outcome: str, retryable: bool, scope: str) -> None:
    """The table of Meta's error page, each code with what it means for us, whatever its HTTP status."""
    for status in (400, 500):
        error = send_error({"code": code, "message": "m"}, status=status)
        assert (error.code, error.outcome, error.retryable, error.scope) == (str(code), outcome, retryable, scope)
        assert (error.retry_after_ms is not None) == (outcome == "throttled")


def test_no_code_is_in_the_table_without_a_case() -> None:
    """A code added to the table needs its line here."""
    assert set(ACTIONS) <= {case[0] for case in CASES}


@pytest.mark.parametrize(
    ("body", "status", "outcome", "retryable", "scope"),
    [
        ({"code": 999999}, 400, "failed", False, "message"),
        ({"code": 999999, "is_transient": True}, 400, "failed", True, "message"),
        ({"code": 999999}, 503, "failed", True, "message"),
        ({}, 429, "throttled", True, "number"),
        ({}, 401, "failed", False, "account"),
        ({"code": "131026"}, 400, "failed", False, "recipient"),
        ({"code": True}, 400, "failed", False, "message"),
        ("nonsense", 400, "failed", False, "message"),
    ],
)
def test_a_code_nobody_knows_is_decided_by_status(
    body: Any, status: int, outcome: str, retryable: bool, scope: str
) -> None:
    """The HTTP status is the last resort."""
    error = send_error(body, status=status)
    assert (error.outcome, error.retryable, error.scope) == (outcome, retryable, scope)


@pytest.mark.parametrize("errors", [None, [], "x", [None], [7]])
def test_a_status_without_errors_has_none(errors: Any) -> None:
    """Most statuses are good news."""
    assert status_error(errors) is None


def answer(status: int, content: bytes = b"", **headers: str) -> httpx.Response:
    """A provider's answer."""
    return httpx.Response(status, content=content, headers=headers)


@pytest.mark.parametrize(
    ("response", "code", "outcome", "retryable", "scope"),
    [
        (answer(200, b"<html>Wi-Fi login</html>"), "not_json", "unknown", False, "message"),
        (answer(200), "empty_answer", "unknown", False, "message"),
        (answer(200, b"[]"), "not_json", "unknown", False, "message"),
        (answer(200, b"{}"), "no_message_id", "unknown", False, "message"),
        (answer(200, b'{"messages":[]}'), "no_message_id", "unknown", False, "message"),
        (answer(200, b'{"messages":[{"id":5}]}'), "no_message_id", "unknown", False, "message"),
        (answer(302, b"", location="https://elsewhere"), "redirected", "failed", False, "account"),
        (answer(500, b"oops"), "http_500", "failed", True, "message"),
        (answer(502, b"<html>"), "not_json", "unknown", False, "message"),
        (answer(504), "empty_answer", "unknown", False, "message"),
        (answer(404, b"nope"), "http_404", "failed", False, "message"),
        (answer(200, b'{"error":{"code":131047}}'), "131047", "failed", False, "message"),
    ],
)
def test_a_broken_answer_has_a_name(
    response: httpx.Response, code: str, outcome: str, retryable: bool, scope: str
) -> None:
    """HTML with 200, nothing at all, a redirect: each ends in a named state, and what may have been accepted is
    unknown."""
    with pytest.raises(SendError) as refused:
        sender.read_answer(response)
    error = refused.value
    assert (error.code, error.outcome, error.retryable, error.scope) == (code, outcome, retryable, scope)


def test_retry_after_is_obeyed_when_longer() -> None:
    """The provider's own header wins over the table's pause."""
    with pytest.raises(SendError) as refused:
        sender.read_answer(answer(429, b'{"error":{"code":130429}}', **{"retry-after": "30"}))
    assert refused.value.retry_after_ms == 30_000


DELIVERY: Delivery = {
    "id": "d1",
    "kind": "reply",
    "channel": "whatsapp",
    "channel_account_id": "a1",
    "to": {"phone": "+5511999990000", "wa_id": None, "bsuid": None, "email": None},
    "content": {"type": "text", "text": "Olá!"},
}


def delivery(**more: Any) -> Delivery:
    """A delivery with `more` in it."""
    made: Any = {**DELIVERY, **more}
    changed: Delivery = made
    return changed


def to(**ids: str) -> dict[str, str | None]:
    """A recipient with only these ids."""
    return {"phone": None, "wa_id": None, "bsuid": None, "email": None, **ids}


@pytest.mark.parametrize(
    ("recipient", "expected"),
    [
        (to(phone="+5511999990000"), {"to": "+5511999990000"}),
        (to(wa_id="551199990000", phone="+5511999990000"), {"to": "+551199990000"}),
        (to(bsuid="BR.1"), {"recipient": "BR.1"}),
        (to(bsuid="BR.1", wa_id="5511999990000"), {"to": "+5511999990000"}),
    ],
)
def test_the_address_is_the_providers_own_id_first(recipient: Any, expected: dict[str, str]) -> None:
    """With a leading +, or `recipient` for who is known by a business-scoped id only."""
    (body,) = build(delivery(to=recipient))
    assert {key: body[key] for key in ("to", "recipient") if key in body} == expected


def test_a_text_is_built_as_the_api_wants_it() -> None:
    """The whole body, and our delivery id in it."""
    assert build(DELIVERY) == [
        {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": "+5511999990000",
            "type": "text",
            "text": {"body": "Olá!", "preview_url": False},
            "biz_opaque_callback_data": "d1",
        }
    ]


def test_a_template_is_built_as_the_api_wants_it() -> None:
    """Parameters carry no line breaks or runs of spaces: Meta refuses those."""
    content = {
        "type": "template",
        "name": "convite",
        "language": "pt_BR",
        "parameters": ["Ana  \n Maria", 3],
        "text": "…",
    }
    assert build(delivery(content=content))[0]["template"] == {
        "name": "convite",
        "language": {"code": "pt_BR"},
        "components": [
            {"type": "body", "parameters": [{"type": "text", "text": "Ana Maria"}, {"type": "text", "text": "3"}]}
        ],
    }


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"to": to()}, "no_address"),
        ({"content": {"type": "text", "text": "  "}}, "empty_text"),
        ({"content": {"type": "template", "name": ""}}, "no_template"),
        ({"content": {"type": "hologram"}}, "unknown_content"),
    ],
)
def test_what_cannot_be_sent_is_refused_before_it_leaves(more: dict[str, Any], code: str) -> None:
    """Permanent, with a name, and without a call."""
    with pytest.raises(SendError) as refused:
        build(delivery(**more))
    assert (refused.value.code, refused.value.retryable) == (code, False)


def account(**more: Any) -> Account:
    """A channel account with a token."""
    given: dict[str, Any] = {"credentials": {"access_token": "EAAG-token"}, "config": {}, **more}
    return Account(
        id="a1",
        client_id="c1",
        channel="whatsapp",
        provider="whatsapp_cloud",
        external_id="1000",
        status="active",
        **given,
    )


@pytest.fixture
async def point_at(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Any]:
    """Points the adapter at an address."""

    def point(url: str) -> None:
        monkeypatch.setattr(sender, "settings", lambda: config(url))

    yield point
    await sender._clients.get().aclose()


async def test_an_accepted_message_gives_its_id(point_at: Any) -> None:
    """Over real HTTP: the right address, the account's token, the built body."""
    async with server() as graph:
        point_at(graph.url)
        graph.answer("messages", {"messages": [{"id": "wamid.9", "message_status": "held_for_quality_assessment"}]})
        assert await channel("whatsapp_cloud").send(DELIVERY, account()) == "wamid.9"
        (request,) = graph.received
        assert request.path == "/v23.0/1000/messages"
        assert request.headers["Authorization"] == "Bearer EAAG-token"
        assert [request.body] == build(DELIVERY)


async def fails(graph_url: str, point_at: Any) -> SendError:
    """The error of one send to `graph_url`."""
    point_at(graph_url)
    with pytest.raises(SendError) as refused:
        await sender.send(DELIVERY, account())
    return refused.value


async def test_a_refused_connection_is_tried_again(point_at: Any) -> None:
    """Nothing left this machine, so nothing can be duplicated."""
    error = await fails(free_port_url(), point_at)
    assert (error.code, error.outcome, error.retryable) == ("unreachable", "failed", True)


async def test_a_connection_that_breaks_after_the_request_left_is_unknown(point_at: Any) -> None:
    """It may have been accepted: never repeated blindly."""

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.close()

    listener = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    async with listener:
        port = listener.sockets[0].getsockname()[1]
        error = await fails(f"http://127.0.0.1:{port}", point_at)
    assert (error.code, error.outcome, error.retryable) == ("disconnected", "unknown", False)


async def test_silence_is_unknown(point_at: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider that answers nothing within the bound may still deliver."""
    monkeypatch.setattr(calls, "ANSWER_WITHIN_S", 0.1)
    async with server() as graph:

        async def never(_: dict[str, Any]) -> Any:
            await asyncio.sleep(5)

        graph.on["messages"] = never
        error = await fails(graph.url, point_at)
    assert (error.code, error.outcome) == ("timeout", "unknown")


async def test_an_account_without_a_token_stops_at_the_account(point_at: Any) -> None:
    """Credentials that do not open concern every message of the account, and the reason names it."""
    point_at(free_port_url())
    with pytest.raises(SendError) as refused:
        await sender.send(DELIVERY, account(credentials={}, problem="credentials_unreadable"))
    assert (refused.value.code, refused.value.scope, refused.value.retryable) == (
        "credentials_unreadable",
        "account",
        False,
    )


async def test_a_refusal_over_http_keeps_its_code(point_at: Any) -> None:
    """Meta's error object decides, not the 400 it comes with."""
    async with server() as graph:
        body = {
            "error": {"code": 131056, "message": "(#131056) Pair rate limit hit", "error_data": {"details": "Too many"}}
        }

        async def refuse(_: dict[str, Any]) -> Any:
            return web.json_response(body, status=400)

        graph.on["messages"] = refuse
        error = await fails(graph.url, point_at)
    assert (error.code, error.outcome, error.scope) == ("131056", "throttled", "recipient")
    assert error.message == "(#131056) Pair rate limit hit — Too many"


def test_an_unknown_provider_is_named() -> None:
    """An account of a provider without an adapter stops at the account."""
    with pytest.raises(RenumError, match="pombo-correio") as refused:
        channel("pombo-correio")
    assert refused.value.scope == "account"
