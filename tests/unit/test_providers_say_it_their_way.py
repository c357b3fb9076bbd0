"""What goes out, as each provider takes it: addresses, texts, choices, templates, files; and what a check says."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from renum.accounts import Account
from renum.channels import Finding, channel, evolution, twilio_media, twilio_send, zapi, zenvia
from renum.errors import MediaError, SendError
from renum.settings import settings
from renum.shapes import Delivery, MediaWork
from tests.gateways import CREDENTIALS, ID, account
from tests.unit.doubles import Server, free_port_url, server

OURS = "6f0c2d0e-0000-4000-8000-000000000009"
WEBHOOK = f"https://api.renum.example/functions/v1/whatsapp_webhook/{ID}"
BUTTONS = {"type": "buttons", "text": "Podemos?", "buttons": [{"id": "s", "title": "Sim"}, {"id": "n", "title": "Não"}]}
LIST = {
    "type": "list",
    "text": "Onde?",
    "button": "Ver",
    "rows": [{"id": "1", "title": "Loja", "description": "na rua"}, {"id": "2", "title": "Site"}],
}
TEMPLATE = {"type": "template", "name": "convite", "language": "pt_BR", "parameters": ["Ana"], "text": "Oi, Ana!"}
MEDIA = {"type": "media", "media": "document", "link": "https://x.example/nota.pdf", "text": "a nota"}
SID = "HX" + "a" * 32


def delivery(content: Any, **to: Any) -> Delivery:
    recipient: Any = {"phone": None, "wa_id": None, "bsuid": None, "email": None, **(to or {"phone": "+5511987654321"})}
    return {
        "id": OURS,
        "kind": "reply",
        "channel": "whatsapp",
        "channel_account_id": ID,
        "to": recipient,
        "content": content,
    }


def form(content: Any, channel: str = "whatsapp", config: Any = None, **to: Any) -> dict[str, str]:
    (only,) = twilio_send.build(delivery(content, **to), account("twilio", channel=channel, config=config or {}))
    return only


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"type": "text", "text": "Olá!"}, "Olá!"),
        (TEMPLATE, "Oi, Ana!"),
        (BUTTONS, "Podemos?\n\n1. Sim\n2. Não"),
        (LIST, "Onde?\n\n1. Loja: na rua\n2. Site"),
    ],
)
def test_every_provider_sends_what_has_a_text_as_text(content: Any, expected: str) -> None:
    """Choices have numbers."""
    assert form(content)["Body"] == expected
    assert form(content, "sms")["Body"] == expected
    assert evolution.build(delivery(content))[0][1]["text"] == expected
    assert zapi.build(delivery(content))[0][1]["message"] == expected
    assert zenvia.build(delivery(content), account("zenvia"))[0]["contents"] == [{"type": "text", "text": expected}]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ({"type": "text", "text": " \n"}, "empty_text"),
        ({"type": "text"}, "empty_text"),
        ({**BUTTONS, "buttons": []}, "no_choices"),
        ({**LIST, "rows": None}, "no_choices"),
        ({"type": "hologram", "text": "oi"}, "unknown_content"),
        ({}, "unknown_content"),
        ({**MEDIA, "link": "file:///etc/passwd"}, "no_link"),
        ({**MEDIA, "media": "sticker"}, "unknown_content"),
    ],
)
def test_what_no_provider_would_take_is_refused_before_it_leaves(content: Any, code: str) -> None:
    for build in (evolution.build, zapi.build):
        with pytest.raises(SendError) as refused:
            build(delivery(content))
        assert (refused.value.code, refused.value.scope, refused.value.outcome) == (code, "message", "failed")


def test_an_sms_is_a_text() -> None:
    """No file."""
    for build in (lambda: form(MEDIA, "sms"), lambda: zenvia.build(delivery(MEDIA), account("zenvia"))):
        with pytest.raises(SendError) as refused:
            build()
        assert refused.value.code == "unknown_content"


def test_addresses_are_the_ids_that_each_provider_knows() -> None:
    """The provider's own id first: a Brazilian one may lack the ninth digit."""
    text = {"type": "text", "text": "oi"}
    both = {"phone": "+5511987654321", "wa_id": "551187654321"}
    assert form(text, **both)["To"] == "whatsapp:+551187654321"
    assert form(text, bsuid="BR.1502")["To"] == "whatsapp:BR.1502"
    assert form(text, "sms", **both)["To"] == "+5511987654321"
    assert form(text)["From"] == "whatsapp:+551130000000"
    assert form(text, "sms")["From"] == "+551130000000"
    assert evolution.build(delivery(text, **both))[0][1]["number"] == "551187654321"
    assert evolution.build(delivery(text, lid="212345678901234"))[0][1]["number"] == "212345678901234@lid"
    assert zapi.build(delivery(text, lid="212345678901234"))[0][1]["phone"] == "212345678901234@lid"
    assert zenvia.build(delivery(text), account("zenvia"))[0]["to"] == "5511987654321"


def test_nobody_to_write_to_is_a_recipients_problem() -> None:
    text = {"type": "text", "text": "oi"}
    for build in (
        lambda: form(text, lid="212345678901234"),
        lambda: form(text, "sms", wa_id="551187654321"),
        lambda: evolution.build(delivery(text, bsuid="BR.1")),
        lambda: zapi.build(delivery(text, email="a@b.example")),
        lambda: zenvia.build(delivery(text, lid="2"), account("zenvia")),
    ):
        with pytest.raises(SendError) as refused:
            build()
        assert (refused.value.code, refused.value.scope) == ("no_address", "recipient")


def test_twilio_takes_an_approved_template_by_its_content() -> None:
    """By the content's own sid, or a name that is one; values without line breaks. Over SMS it is its text."""
    for content in ({**TEMPLATE, "content_sid": SID}, {**TEMPLATE, "name": SID}):
        fields = form({**content, "parameters": ["Ana\nLima", "8"]})
        assert fields["ContentSid"] == SID
        assert json.loads(fields["ContentVariables"]) == {"1": "Ana Lima", "2": "8"}
        assert "Body" not in fields
        assert form(content, "sms")["Body"] == "Oi, Ana!"


def test_twilio_is_told_where_to_call_back_with_our_id() -> None:
    """Only where the account says its address; whatever is in it already stays."""
    text = {"type": "text", "text": "oi"}
    assert "StatusCallback" not in form(text)
    assert "StatusCallback" not in form(text, config={"webhook_url": "javascript:alert(1)"})
    assert form(text, config={"webhook_url": WEBHOOK})["StatusCallback"] == f"{WEBHOOK}?delivery={OURS}"
    assert form(text, config={"webhook_url": f"{WEBHOOK}?k=v"})["StatusCallback"] == f"{WEBHOOK}?k=v&delivery={OURS}"
    service = form(text, config={"messaging_service_sid": "MG1"})
    assert service["MessagingServiceSid"] == "MG1"
    assert "From" not in service


def test_files_go_by_their_address() -> None:
    assert form(MEDIA)["MediaUrl"] == MEDIA["link"]
    assert evolution.build(delivery({**MEDIA, "mime_type": "application/pdf", "file_name": "nota.pdf"})) == [
        (
            "/message/sendMedia",
            {
                "number": "5511987654321",
                "mediatype": "document",
                "media": MEDIA["link"],
                "caption": "a nota",
                "mimetype": "application/pdf",
                "fileName": "nota.pdf",
            },
        )
    ]
    assert zapi.build(delivery(MEDIA)) == [
        (
            "send-document/pdf",
            {"phone": "5511987654321", "document": MEDIA["link"], "caption": "a nota", "fileName": "nota.pdf"},
        )
    ]
    assert zapi.build(delivery({**MEDIA, "media": "image"}))[0][0] == "send-image"


@pytest.mark.parametrize("content", [{**MEDIA, "media": "audio"}, {**MEDIA, "text": "uma nota. " * 200}])
def test_what_cannot_stand_below_a_file_follows_it(content: Any) -> None:
    """An audio shows no text, and no file a long one: nothing of it is dropped."""
    said = str(content["text"]).strip()
    file, *rest = twilio_send.build(delivery(content), account("twilio"))
    assert (file["MediaUrl"], "Body" in file) == (MEDIA["link"], False)
    assert " ".join(one["Body"] for one in rest) == said
    (_, sent), *following = evolution.build(delivery(content))
    assert MEDIA["link"] in sent.values()
    assert not sent.get("caption")
    assert " ".join(body["text"] for _, body in following) == said
    (_, sent), *following = zapi.build(delivery(content))
    assert MEDIA["link"] in sent.values()
    assert "caption" not in sent
    assert " ".join(body["message"] for _, body in following) == said


@pytest.fixture
async def double(environment: None, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Server]:
    """A server that stands for every provider."""
    async with server() as found:
        monkeypatch.setenv("RENUM_PRIVATE_HOSTS", "127.0.0.1")
        for name in ("TWILIO_URL", "ZAPI_URL", "ZENVIA_URL"):
            monkeypatch.setenv(name, found.url)
        settings.cache_clear()
        yield found
        for clients in (twilio_send.clients, evolution.clients, zapi.clients, zenvia.clients):
            await clients.get().aclose()


async def checked(found: Account) -> dict[str, Finding]:
    return {one.item: one for one in await channel(found.provider).check(found, WEBHOOK)}


ALIVE = {
    "twilio": (f"{CREDENTIALS['twilio']['account_sid']}.json", {"status": "active"}, {"status": "suspended"}),
    "evolution": ("loja", {"instance": {"state": "open"}}, {"instance": {"state": "close"}}),
    "zapi": ("status", {"connected": True}, {"connected": False, "error": "You are not connected."}),
}


@pytest.mark.parametrize("provider", ALIVE)
async def test_a_check_asks_the_provider(double: Server, provider: str) -> None:
    """Well, asleep, refused and away: each with what the owner can do."""
    path, well, asleep = ALIVE[provider]
    config = {"base_url": double.url, "webhook_url": WEBHOOK}
    found = account(provider, config=config)
    double.answer(path, well)
    assert all(one.ok for one in (await checked(found)).values())

    async def refuse(_: dict[str, Any]) -> web.Response:
        return web.json_response({"error": "no"}, status=401)

    for refused in (False, True):
        double.answer(path, asleep)
        if refused:
            double.on[path] = refuse
        told = (await checked(found))["account"]
        assert not told.ok
        assert told.todo
    assert WEBHOOK in (await checked(found))["webhook"].text


async def test_a_check_of_a_gateway_that_is_away_or_inside_says_so(double: Server) -> None:
    for url in (free_port_url(), "https://10.0.0.1", None):
        told = (await checked(account("evolution", config={"base_url": url})))["account"]
        assert not told.ok
        assert told.todo


@pytest.mark.parametrize("provider", CREDENTIALS)
async def test_a_check_names_the_credentials_that_are_missing(double: Server, provider: str) -> None:
    """By their names; nothing is asked of the provider without them."""
    first = (await checked(account(provider, credentials={}, problem="credentials_missing")))["credentials"]
    assert not first.ok
    assert all(name in first.text for name in CREDENTIALS[provider] if name != "api_token" or provider == "zenvia")
    unreadable = await checked(account(provider, credentials={}, problem="credentials_unreadable"))
    assert "não podem ser abertas" in unreadable["credentials"].text
    assert double.received == []


async def test_administrators_are_told_that_evolution_api_is_used(double: Server) -> None:
    """Its licence asks for that."""
    double.answer("loja", {"instance": {"state": "open"}})
    assert "Evolution API" in (await checked(account("evolution", config={"base_url": double.url})))["notice"].text


def work(url: str, **more: Any) -> MediaWork:
    given: Any = {
        "id": "m",
        "channel_account_id": ID,
        "provider_media_id": "ME1",
        "provider_url": url,
        "mime_type": "image/jpeg",
        "sha256": None,
        "bucket": "media",
        "path": "a/b",
        "max_bytes": 1000,
    }
    given |= more
    fetched: MediaWork = given
    return fetched


async def test_a_file_of_twilio_is_fetched_behind_its_redirect(double: Server) -> None:
    """The token goes to Twilio; where it sends us next is asked as well when that is Twilio's."""
    double.answer("ME1", web.Response(status=307, headers={"Location": f"{double.url}/store/file1"}))
    double.answer("file1", web.Response(body=b"RENUM", content_type="image/jpeg"))
    into = io.BytesIO()
    fetched = await twilio_media.fetch(work(f"{double.url}/2010-04-01/Media/ME1"), account("twilio"), into)
    assert (into.getvalue(), fetched["size"], fetched["mime_type"]) == (b"RENUM", 5, "image/jpeg")
    assert double.received[0].headers["Authorization"].startswith("Basic ")


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("https://evil.example/ME1", "foreign_url"),
        ("https://twilio.com.evil.example/ME1", "foreign_url"),
        ("http://169.254.169.254/latest", "foreign_url"),
        ("https://user@api.twilio.com/ME1", "foreign_url"),
        ("", "foreign_url"),
    ],
)
async def test_twilios_token_goes_to_twilio_only(double: Server, url: str, code: str) -> None:
    with pytest.raises(MediaError) as refused:
        await twilio_media.fetch(work(url), account("twilio"), io.BytesIO())
    assert refused.value.code == code


async def test_a_file_that_is_too_large_gone_or_led_astray_has_a_name(double: Server) -> None:
    url = f"{double.url}/ME1"
    double.answer(
        "ME1",
        web.Response(body=b"x" * 1001),
        web.Response(status=404),
        web.Response(status=307, headers={"Location": "http://169.254.169.254/"}),
        web.Response(status=503),
    )
    codes = []
    for _ in range(4):
        with pytest.raises(MediaError) as refused:
            await twilio_media.fetch(work(url), account("twilio"), io.BytesIO())
        codes.append((refused.value.code, refused.value.retryable))
    assert codes == [("too_large", False), ("gone", False), ("foreign_url", False), ("http_503", True)]
