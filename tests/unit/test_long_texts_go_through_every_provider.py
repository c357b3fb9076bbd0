"""Ten thousand characters through Twilio, Evolution API, Z-API and Zenvia: messages that end where sentences do, in
order, one delivery, and nothing that arrived is sent again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs

import pytest
from aiohttp import web

from renum.channels import channel, evolution, twilio_send, zapi, zenvia
from renum.errors import SendError
from renum.settings import settings
from renum.shapes import Delivery
from tests.gateways import ID, account
from tests.unit.doubles import Received, Server, server

LONG = ("Esta é uma frase de tamanho comum, com vírgula e tudo. " * 184).strip()
OURS = "6f0c2d0e-0000-4000-8000-000000000009"
WEBHOOK = f"https://renum.example/whatsapp_webhook/{ID}"
PATHS = {"twilio": "Messages.json", "evolution": "loja", "zapi": "send-text", "zenvia": "messages"}
PARTS = {"twilio": 7, "evolution": 3, "zapi": 3, "zenvia": 7}
BUSY = {
    "twilio": ({"code": 20503, "message": "later"}, 503),
    "evolution": ({"status": 400, "error": "Bad Request", "response": {"message": ["Error: Connection Closed"]}}, 400),
    "zapi": ({"error": "You are not connected."}, 200),
    "zenvia": ({"code": "SERVICE_UNAVAILABLE", "message": "later"}, 503),
}
DELIVERY: Delivery = {
    "id": OURS,
    "kind": "reply",
    "channel": "whatsapp",
    "channel_account_id": ID,
    "to": {"phone": "+5511987654321", "wa_id": None, "bsuid": None, "email": None},
    "content": {"type": "text", "text": LONG},
}


def accepted(provider: str, place: int) -> Any:
    """The provider's word for a message that it took."""
    given = f"m{place}"
    return {
        "twilio": {"sid": given},
        "evolution": {"key": {"id": given}},
        "zapi": {"messageId": given},
        "zenvia": {"id": given},
    }[provider]


def busy(provider: str) -> web.Response:
    body, status = BUSY[provider]
    return web.json_response(body, status=status)


def said(provider: str, request: Received) -> str:
    """What a request says."""
    if provider == "twilio":
        return parse_qs(request.raw.decode())["Body"][0]
    if provider == "zenvia":
        return str(request.body["contents"][0]["text"])
    return str(request.body["message" if provider == "zapi" else "text"])


@pytest.fixture
async def double(environment: None, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Server]:
    """A server that stands for every provider; who waits, waits shortly."""
    async with server() as found:
        monkeypatch.setenv("RENUM_PRIVATE_HOSTS", "127.0.0.1")
        for name in ("TWILIO_URL", "ZAPI_URL", "ZENVIA_URL"):
            monkeypatch.setenv(name, found.url)
        monkeypatch.setattr("renum.channels.parts.PART_WAITS_S", (0.01, 0.01, 0.01))
        settings.cache_clear()
        yield found
        for clients in (twilio_send.clients, evolution.clients, zapi.clients, zenvia.clients):
            await clients.get().aclose()


async def send(provider: str, double: Server) -> str | None:
    config = {"base_url": double.url, "webhook_url": WEBHOOK}
    return await channel(provider).send(DELIVERY, account(provider, config=config))


@pytest.mark.parametrize("provider", PATHS)
async def test_a_long_text_is_sent_in_order(double: Server, provider: str) -> None:
    """Known by the last one's id; a part that is refused for the moment is tried again, it alone."""
    count = PARTS[provider]
    answers = [accepted(provider, place) for place in range(1, count + 1)]
    double.answer(PATHS[provider], answers[0], busy(provider), *answers[1:])
    assert await send(provider, double) == f"m{count}"
    texts = [said(provider, request) for request in double.received]
    assert texts[1] == texts[2]
    assert " ".join([texts[0], *texts[2:]]) == LONG
    assert len(texts) == count + 1
    assert all(text.endswith(".") for text in texts)


@pytest.mark.parametrize("provider", PATHS)
async def test_a_text_that_arrived_in_part_is_never_sent_again(double: Server, provider: str) -> None:
    """Whatever was said of the second part: the delivery has failed, with the reason."""
    for second in (web.Response(body=b"<html>"), web.Response(status=401), web.Response()):
        double.answer(PATHS[provider], accepted(provider, 1), second)
        with pytest.raises(SendError) as refused:
            await send(provider, double)
        error = refused.value
        assert (error.code, error.outcome, error.retryable) == ("partly_sent", "failed", False)
        assert error.message.startswith(f"1 of {PARTS[provider]} parts were accepted")


@pytest.mark.parametrize("provider", PATHS)
async def test_a_first_part_decides_as_a_short_message_does(double: Server, provider: str) -> None:
    """Nothing has arrived yet."""
    double.answer(PATHS[provider], busy(provider))
    with pytest.raises(SendError) as refused:
        await send(provider, double)
    assert refused.value.retryable
    assert len(double.received) == 1


async def test_twilio_calls_back_about_the_last_part_only_by_the_deliverys_id(double: Server) -> None:
    """What becomes of an earlier one is not what becomes of the delivery."""
    double.answer(PATHS["twilio"], accepted("twilio", 1))
    await send("twilio", double)
    told = [parse_qs(request.raw.decode())["StatusCallback"][0] for request in double.received]
    assert told == [*(f"{WEBHOOK}?delivery={OURS}.{place}.7" for place in range(1, 7)), f"{WEBHOOK}?delivery={OURS}"]
