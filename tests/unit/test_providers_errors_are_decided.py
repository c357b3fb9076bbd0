"""Every error of Twilio, Evolution API, Z-API and Zenvia leads to its action, by the provider's own word; every broken
answer ends in a named outcome."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from aiohttp import web

from renum.channels import (
    calls,
    channel,
    evolution,
    evolution_errors,
    twilio_errors,
    twilio_send,
    zapi,
    zapi_errors,
    zenvia,
    zenvia_errors,
)
from renum.errors import SendError
from renum.settings import settings
from renum.shapes import Delivery
from tests.gateways import CREDENTIALS, account
from tests.unit.doubles import free_port_url, server

TWILIO = {
    ("failed", True, "message"): [
        20500, 20503, 20504, 30001, 30008, 30009, 30410, 63009, 63010, 63011, 63012, 63019, 63023, 63029,
    ],
    ("throttled", True, "number"): [14107, 21611, 30022, 63018],
    ("throttled", True, "account"): [20429, 30023, 63038],
    ("failed", False, "recipient"): [
        21211, 21214, 21217, 21265, 21408, 21604, 21608, 21610, 21612, 21614, 21635, 30003, 30004, 30005, 30006, 63003,
        63014, 63015, 63024, 63031, 63032, 63033, 63036, 63049,
    ],
    ("failed", False, "message"): [
        21602, 21605, 21617, 21619, 21620, 21623, 21627, 21654, 21655, 21656, 21910, 92005, 30007, 30010, 30011, 30019,
        63005, 63006, 63013, 63016, 63021, 63025, 63027, 63028, 63030, 63040, 63041, 63042,
    ],
    ("failed", False, "number"): [
        21212, 21407, 21601, 21603, 21606, 21607, 21616, 21660, 21701, 21702, 21703, 21704, 21705, 30024, 30032, 30034,
        63002, 63007, 63022,
    ],
    ("failed", False, "account"): [
        20003, 20004, 20005, 20006, 20008, 20010, 20101, 20403, 20404, 21609, 30002, 63001, 63008, 63020, 63051,
    ],
}  # fmt: skip
CODES = [(code, *action) for action, codes in TWILIO.items() for code in codes]


def decision(error: SendError) -> tuple[str, bool, str]:
    return error.outcome, error.retryable, error.scope


@pytest.mark.parametrize(("code", "outcome", "retryable", "scope"), CODES)
def test_a_code_of_twilio_leads_to_its_action(code: int, outcome: str, retryable: bool, scope: str) -> None:
    """Whatever its HTTP status, and in a status callback as in an answer."""
    for status in (400, 401, 429, 500):
        error = twilio_errors.send_error({"code": code, "message": "m"}, status)
        assert (error.code, *decision(error)) == (str(code), outcome, retryable, scope)
        assert (error.retry_after_ms is not None) == (outcome == "throttled")
    late = twilio_errors.status_error(str(code), "m")
    assert (late["code"], late["retryable"], late["scope"]) == (str(code), retryable, scope)


def test_no_code_of_twilio_is_in_the_table_without_a_case() -> None:
    assert set(twilio_errors.ACTIONS) == {case[0] for case in CODES}


EVOLUTION: list[tuple[Any, int, tuple[str, str, bool, str]]] = [
    (
        [{"jid": "5511@s.whatsapp.net", "exists": False, "number": "5511"}],
        400,
        ("not_on_whatsapp", "failed", False, "recipient"),
    ),
    (
        ["PrismaClientKnownRequestError: Invalid `this.prismaRepository`"],
        400,
        ("not_recorded", "unknown", False, "message"),
    ),
    (["Error: Timed Out"], 400, ("timed_out", "unknown", False, "message")),
    (["Error: rate-overlimit"], 400, ("rate_overlimit", "throttled", True, "number")),
    (["Error: Connection Closed"], 400, ("not_connected", "failed", True, "number")),
    (["SessionError: No sessions"], 400, ("not_connected", "failed", True, "number")),
    (['The "loja" instance does not exist'], 404, ("no_instance", "failed", False, "account")),
    ("Unauthorized", 401, ("unauthorized", "failed", False, "account")),
    (["Owned media must be a url or base64"], 400, ("bad_media", "failed", False, "message")),
    ([['instance requires property "text"']], 400, ("bad_request", "failed", False, "message")),
    (["TypeError: Cannot read properties of undefined"], 400, ("http_400", "failed", False, "message")),
    (["Internal server error"], 500, ("http_500", "unknown", False, "message")),
]
ZAPI = [
    ("null not allowed", ("client_token", "failed", False, "account")),
    ("Client-Token abc not allowed", ("client_token", "failed", False, "account")),
    ("Instance not found", ("no_instance", "failed", False, "account")),
    ("Unauthorized", ("unauthorized", "failed", False, "account")),
    (
        "To continue sending a message, you must subscribe to this instance again",
        ("subscription", "failed", False, "account"),
    ),
    ("Phone number does not exist", ("not_on_whatsapp", "failed", False, "recipient")),
    (
        "Message has not been sent because it got invalid phone number",
        ("not_on_whatsapp", "failed", False, "recipient"),
    ),
    ("Did not have permission to send this message.", ("not_permitted", "failed", False, "recipient")),
    ("Whatsapp rejected sending this message", ("not_permitted", "failed", False, "recipient")),
    ("You are not connected.", ("not_connected", "failed", True, "number")),
    ("You need to restore the session.", ("not_connected", "failed", True, "number")),
    ("Too many requests", ("too_fast", "throttled", True, "number")),
    ("Message not send caused by invalid media url", ("bad_media", "failed", False, "message")),
    ("Got a 404 error while trying to send message", ("bad_media", "failed", False, "message")),
    ("You must accept buttons message terms in panel", ("terms", "failed", False, "message")),
    ("Timeout on send message", ("timed_out", "unknown", False, "message")),
    ("Error on send message", ("not_sent", "failed", True, "message")),
    ("something else", ("http_400", "failed", False, "message")),
]
ZENVIA = {
    ("failed", False, "account"): [
        "AUTHENTICATION_ERROR", "AUTHORIZATION_ERROR", "UNAUTHORIZED", "FORBIDDEN", "INSUFFICIENT_CREDITS",
    ],
    ("failed", False, "number"): ["NOT_FOUND"],
    ("failed", False, "message"): ["VALIDATION_ERROR", "INVALID_REQUEST", "DUPLICATED", "CONTENT_TOO_LONG"],
    ("throttled", True, "account"): ["RATE_LIMIT_EXCEEDED", "TOO_MANY_REQUESTS"],
    ("failed", True, "message"): ["INTERNAL_ERROR", "SERVICE_UNAVAILABLE"],
}  # fmt: skip


@pytest.mark.parametrize(("said", "status", "expected"), EVOLUTION)
def test_evolutions_words_lead_to_their_action(said: Any, status: int, expected: tuple[str, str, bool, str]) -> None:
    body = {"status": status, "error": "Bad Request", "response": {"message": said}}
    assert evolution_errors.error_in(body) is body
    error = evolution_errors.send_error(body, status)
    assert (error.code, *decision(error)) == expected
    assert "5511" not in error.message


def test_every_line_of_the_worded_tables_has_a_case() -> None:
    assert {line.code for line in evolution_errors.TABLE} <= {case[2][0] for case in EVOLUTION}
    assert {line.code for line in zapi_errors.TABLE} <= {case[1][0] for case in ZAPI}


@pytest.mark.parametrize(("said", "expected"), ZAPI)
def test_zapis_words_lead_to_their_action(said: str, expected: tuple[str, str, bool, str]) -> None:
    """In an answer, also one with a 200; and later, when nothing is unknown any more."""
    for status in (200, 400):
        error = zapi_errors.send_error({"error": said}, status)
        assert (error.code, *decision(error)) == expected
    late = zapi_errors.status_error(said)
    assert late["code"] == expected[0]
    assert late["retryable"] == (expected[2] or expected[1] == "unknown")


@pytest.mark.parametrize(("code", "expected"), [(code, action) for action, codes in ZENVIA.items() for code in codes])
def test_a_code_of_zenvia_leads_to_its_action(code: str, expected: tuple[str, bool, str]) -> None:
    for status in (400, 401, 500):
        error = zenvia_errors.send_error({"code": code, "message": "m"}, status)
        assert (error.code, decision(error)) == (code, expected)


def test_no_code_of_zenvia_is_in_the_table_without_a_case() -> None:
    assert set(zenvia_errors.ACTIONS) == {code for codes in ZENVIA.values() for code in codes}


@pytest.mark.parametrize(("path", "scope"), [("to", "recipient"), ("from", "number"), ("contents[0].text", "message")])
def test_zenvias_validation_error_is_whose_field_it_is(path: str, scope: str) -> None:
    details = [{"code": "INVALID", "path": path, "message": "m"}]
    error = zenvia_errors.send_error({"code": "VALIDATION_ERROR", "message": "m", "details": details}, 400)
    assert error.scope == scope


READINGS = {
    "twilio": (twilio_send.READING, {"sid": "SM1", "error_code": None}),
    "evolution": (evolution.READING, {"key": {"id": "3EB0"}, "status": "PENDING"}),
    "zapi": (zapi.READING, {"zaapId": "A", "messageId": "3EB0", "id": "3EB0"}),
    "zenvia": (zenvia.READING, {"id": "m-1"}),
}
BROKEN = [
    (httpx.Response(200, content=b""), "empty_answer", "unknown", "message"),
    (httpx.Response(200, content=b"<html>ok</html>"), "not_json", "unknown", "message"),
    (httpx.Response(200, content=b"[]"), "not_json", "unknown", "message"),
    (httpx.Response(200, content=b"{}"), "no_message_id", "unknown", "message"),
    (httpx.Response(200, content=b"[" * 9000), "not_json", "unknown", "message"),
    (httpx.Response(502, content=b"<html>"), "not_json", "unknown", "message"),
    (httpx.Response(504, content=b""), "empty_answer", "unknown", "message"),
    (httpx.Response(408, content=b""), "empty_answer", "unknown", "message"),
    (httpx.Response(520, content=b"<html>"), "not_json", "unknown", "message"),
    (httpx.Response(524, content=b"<html>"), "not_json", "unknown", "message"),
    (httpx.Response(302, headers={"location": "https://elsewhere.example"}), "redirected", "failed", "account"),
    (httpx.Response(500, content=b"<html>"), "http_500", "failed", "message"),
    (httpx.Response(503, content=b""), "http_503", "failed", "message"),
    (httpx.Response(401, content=b"no"), "http_401", "failed", "account"),
    (httpx.Response(429, content=b"", headers={"retry-after": "30"}), "http_429", "throttled", "number"),
]


@pytest.mark.parametrize("provider", READINGS)
@pytest.mark.parametrize(("response", "code", "outcome", "scope"), BROKEN)
def test_a_broken_answer_has_a_name(
    provider: str, response: httpx.Response, code: str, outcome: str, scope: str
) -> None:
    with pytest.raises(SendError) as refused:
        calls.read_answer(response, READINGS[provider][0])
    error = refused.value
    if code == "http_500" and provider in ("evolution", "zapi"):
        outcome = "unknown"  # they send first and fail afterwards
    assert (error.code, error.outcome, error.scope) == (code, outcome, scope)
    assert code != "http_429" or error.retry_after_ms == 30_000


@pytest.mark.parametrize("provider", READINGS)
def test_an_accepted_message_gives_its_id(provider: str) -> None:
    reading, body = READINGS[provider]
    assert calls.read_answer(httpx.Response(201, content=json.dumps(body).encode()), reading)


def test_twilio_may_accept_and_give_up_in_one_answer() -> None:
    body = {"sid": "SM1", "status": "failed", "error_code": 21610, "error_message": "unsubscribed"}
    with pytest.raises(SendError) as refused:
        calls.read_answer(httpx.Response(201, content=json.dumps(body).encode()), twilio_send.READING)
    assert (refused.value.code, refused.value.scope) == ("21610", "recipient")


TO: Any = {"phone": "+5511987654321", "wa_id": "551187654321", "bsuid": None, "email": None}
VARIABLES = {"twilio": "TWILIO_URL", "zapi": "ZAPI_URL", "zenvia": "ZENVIA_URL"}


def delivery(**content: Any) -> Delivery:
    return {
        "id": "6f0c2d0e-0000-4000-8000-000000000009",
        "kind": "reply",
        "channel": "whatsapp",
        "channel_account_id": "0b9dbf5e-0000-4000-8000-000000000001",
        "to": TO,
        "content": content or {"type": "text", "text": "Olá!"},
    }


@pytest.fixture
async def at(environment: None, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Any]:
    """Points a provider's adapter at a server; returns the account to send with."""

    def point(provider: str, url: str) -> Any:
        monkeypatch.setenv("RENUM_PRIVATE_HOSTS", "127.0.0.1")
        if provider in VARIABLES:
            monkeypatch.setenv(VARIABLES[provider], url)
        settings.cache_clear()
        return account(provider, config={"base_url": url} if provider == "evolution" else {})

    yield point
    for clients in (twilio_send.clients, evolution.clients, zapi.clients, zenvia.clients):
        await clients.get().aclose()


PATHS = {
    "twilio": f"/2010-04-01/Accounts/{CREDENTIALS['twilio']['account_sid']}/Messages.json",
    "evolution": "/message/sendText/loja",
    "zapi": "/instances/3C01/token/zapi-instance-token/send-text",
    "zenvia": "/v2/channels/sms/messages",
}


@pytest.mark.parametrize("provider", PATHS)
async def test_a_send_goes_to_the_providers_address(provider: str, at: Any) -> None:
    async with server() as double:
        double.answer(PATHS[provider].rsplit("/", 1)[-1], READINGS[provider][1])
        assert await channel(provider).send(delivery(), at(provider, double.url))
        (request,) = double.received
    assert request.path == PATHS[provider]
    assert "551187654321" in request.raw.decode() or "5511987654321" in request.raw.decode()


async def fails(provider: str, found: Any) -> SendError:
    with pytest.raises(SendError) as refused:
        await channel(provider).send(delivery(), found)
    for secret in CREDENTIALS[provider].values():
        assert secret not in refused.value.message
    return refused.value


@pytest.mark.parametrize("provider", PATHS)
async def test_silence_a_broken_line_and_a_closed_door_are_told_apart(
    provider: str, at: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing left: again. It left, and nobody knows: never again by itself."""
    error = await fails(provider, at(provider, free_port_url()))
    assert (error.code, *decision(error)) == ("unreachable", "failed", True, "account")

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.close()

    listener = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    async with listener:
        error = await fails(provider, at(provider, f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"))
    assert (error.code, *decision(error)) == ("disconnected", "unknown", False, "message")

    async def never(_: dict[str, Any]) -> web.Response:
        await asyncio.sleep(5)
        return web.Response()

    monkeypatch.setattr(calls, "ANSWER_WITHIN_S", 0.1)
    async with server() as double:
        double.on[PATHS[provider].rsplit("/", 1)[-1]] = never
        error = await fails(provider, at(provider, double.url))
    assert (error.code, *decision(error)) == ("timeout", "unknown", False, "message")


@pytest.mark.parametrize("provider", PATHS)
async def test_an_account_without_credentials_stops_at_the_account(provider: str, at: Any) -> None:
    at(provider, free_port_url())
    nothing = account(
        provider, credentials={}, problem="credentials_unreadable", config={"base_url": "https://1.1.1.1"}
    )
    with pytest.raises(SendError) as refused:
        await channel(provider).send(delivery(), nothing)
    assert (refused.value.code, refused.value.scope) == ("credentials_unreadable", "account")


@pytest.mark.parametrize(
    ("url", "code"),
    [
        (None, "bad_base_url"),
        (7, "bad_base_url"),
        ("", "bad_base_url"),
        ("evo.example", "bad_base_url"),
        ("ftp://evo.example", "bad_base_url"),
        ("http://1.1.1.1", "bad_base_url"),
        ("https://user:pass@1.1.1.1", "bad_base_url"),
        ("https://1.1.1.1?x=1", "bad_base_url"),
        ("https://169.254.169.254/latest", "address_not_allowed"),
        ("https://10.0.0.1", "address_not_allowed"),
        ("https://[::1]:8080", "address_not_allowed"),
        ("https://localhost", "address_not_allowed"),
    ],
)
@pytest.mark.usefixtures("environment")
async def test_a_gateways_address_is_a_public_one_with_https(url: Any, code: str) -> None:
    with pytest.raises(SendError) as refused:
        await evolution.address(account("evolution", config={"base_url": url}), "/message/sendText")
    assert (refused.value.code, refused.value.scope) == (code, "account")


@pytest.mark.parametrize("provider", PATHS)
async def test_a_long_text_goes_out_in_parts_and_never_twice(provider: str, at: Any) -> None:
    """In order, the last one alone under our own id; what is refused after the first part was taken ends by name."""
    long = " ".join(f"Frase número {n} desta resposta." for n in range(330))
    path = PATHS[provider].rsplit("/", 1)[-1]
    async with server() as double:
        found = at(provider, double.url)
        found.config["webhook_url"] = "https://renum.example/1"
        double.answer(path, READINGS[provider][1])
        assert await channel(provider).send(delivery(type="text", text=long), found)
        sent = len(double.received)
        assert sent == -(-len(long) // (1600 if provider in ("twilio", "zenvia") else 4096))
        ours = [bool(re.search(rb"6f0c2d0e[0-9a-f-]{28}(&|$)", request.raw)) for request in double.received]
        assert ours == [provider == "twilio" and n == sent for n in range(1, sent + 1)]

        async def refuse_the_second(_: dict[str, Any]) -> web.Response:
            if len(double.received) == sent + 1:
                return web.json_response(READINGS[provider][1])
            return web.json_response({"code": "VALIDATION_ERROR", "error": "invalid phone"}, status=400)

        double.on[path] = refuse_the_second
        with pytest.raises(SendError) as refused:
            await channel(provider).send(delivery(type="text", text=long), found)
        assert (refused.value.code, refused.value.retryable) == ("partly_sent", False)
        assert len(double.received) == sent + 2
