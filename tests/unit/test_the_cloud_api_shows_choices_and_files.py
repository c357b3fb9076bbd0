"""Buttons, lists, files, long texts and the sign that an answer is being written, through the WhatsApp Cloud API."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from renum.accounts import Account
from renum.channels import channel
from renum.channels import whatsapp_cloud_send as sender
from renum.channels.whatsapp_cloud_build import TEXT_LIMIT, build
from renum.channels.whatsapp_cloud_parse import parse
from renum.errors import SendError
from renum.shapes import Delivery
from tests.unit.doubles import Server, config, free_port_url, server

SENTENCE = "Esta é uma frase de tamanho comum, com vírgula e tudo. "
LONG = "".join(f"Esta é a frase {number:03}, com vírgula e tudo o que tem. " for number in range(200))
"""Some 10,000 characters: three messages."""


def delivery(**content: Any) -> Delivery:
    """A delivery of this content."""
    return {
        "id": "d1",
        "kind": "reply",
        "channel": "whatsapp",
        "channel_account_id": "a1",
        "to": {"phone": "+5511999990000", "wa_id": None, "bsuid": None, "email": None},
        "content": content,
    }


def one(**content: Any) -> dict[str, Any]:
    """The only message of a delivery, without what all have."""
    (body,) = build(delivery(**content))
    assert (body["to"], body["biz_opaque_callback_data"]) == ("+5511999990000", "d1")
    return {name: body[name] for name in body if name in (body["type"], "type")}


def buttons(count: int = 2, **more: Any) -> dict[str, Any]:
    """Content with `count` buttons."""
    made = [{"id": f"b{number}", "title": f"Opção {number}"} for number in range(count)]
    return {"type": "buttons", "text": "Você volta?", "buttons": made, **more}


def rows(count: int = 2, **more: Any) -> dict[str, Any]:
    """Content with a list of `count` rows."""
    made = [{"id": f"r{number}", "title": f"Linha {number}"} for number in range(count)]
    return {"type": "list", "text": "Qual loja?", "button": "Lojas", "rows": made, **more}


def media(**more: Any) -> dict[str, Any]:
    """Content with an image."""
    return {"type": "media", "media": "image", "link": "https://p.br/a.png", "text": "A vitrine", **more}


def test_buttons_are_built_as_the_api_wants_them() -> None:
    """Reply buttons under a text."""
    assert one(**buttons(1)) == {
        "type": "interactive",
        "interactive": {
            "type": "button",
            "body": {"text": "Você volta?"},
            "action": {"buttons": [{"type": "reply", "reply": {"id": "b0", "title": "Opção 0"}}]},
        },
    }


def test_a_list_is_built_as_the_api_wants_it() -> None:
    """One section; a description only where there is one."""
    content = rows(rows=[{"id": "a", "title": "Centro", "description": "Rua 1"}, {"id": "b", "title": "Sul"}])
    assert one(**content)["interactive"] == {
        "type": "list",
        "body": {"text": "Qual loja?"},
        "action": {
            "button": "Lojas",
            "sections": [
                {"rows": [{"id": "a", "title": "Centro", "description": "Rua 1"}, {"id": "b", "title": "Sul"}]}
            ],
        },
    }


def test_a_file_goes_by_its_link() -> None:
    """With its caption, and a document with its name."""
    assert one(**media()) == {"type": "image", "image": {"link": "https://p.br/a.png", "caption": "A vitrine"}}
    assert one(**media(media="document", text="", file_name="conta.pdf")) == {
        "type": "document",
        "document": {"link": "https://p.br/a.png", "filename": "conta.pdf"},
    }


def test_a_caption_that_does_not_fit_comes_after_its_file() -> None:
    """An audio has none; a long one is a message of its own."""
    audio, caption = build(delivery(**media(media="audio")))
    assert (audio["audio"], caption["text"]["body"]) == ({"link": "https://p.br/a.png"}, "A vitrine")
    image, text = build(delivery(**media(text="x" * 1025)))
    assert ("caption" in image["image"], len(text["text"]["body"])) == (False, 1025)


def test_a_text_above_choices_goes_ahead_where_it_is_too_long() -> None:
    """The choices stay with its end."""
    *before, last = build(delivery(**buttons(text=SENTENCE * 30)))
    assert [body["type"] for body in before] == ["text"]
    assert len(last["interactive"]["body"]["text"]) <= 1024
    *before, last = build(delivery(**rows(text=LONG)))
    assert len(before) == 2
    assert last["interactive"]["action"]["button"] == "Lojas"


def test_a_template_takes_all_its_parameters() -> None:
    """Header, named variables, buttons' payloads."""
    content = {
        "type": "template",
        "name": "convite",
        "language": "pt_BR",
        "parameters": {"nome": "Ana\nMaria", "loja": "Sul"},
        "header": {"type": "document", "link": "https://p.br/a.pdf", "file_name": "a.pdf"},
        "buttons": [
            {"index": 0, "type": "quick_reply", "value": "sair"},
            {"index": 1, "type": "url", "value": "abc"},
        ],
        "text": "…",
    }
    assert one(**content)["template"]["components"] == [
        {
            "type": "header",
            "parameters": [{"type": "document", "document": {"link": "https://p.br/a.pdf", "filename": "a.pdf"}}],
        },
        {
            "type": "body",
            "parameters": [
                {"type": "text", "parameter_name": "nome", "text": "Ana Maria"},
                {"type": "text", "parameter_name": "loja", "text": "Sul"},
            ],
        },
        {
            "type": "button",
            "sub_type": "quick_reply",
            "index": "0",
            "parameters": [{"type": "payload", "payload": "sair"}],
        },
        {"type": "button", "sub_type": "url", "index": "1", "parameters": [{"type": "text", "text": "abc"}]},
    ]


def test_a_templates_header_may_be_a_text() -> None:
    """Named or not."""
    content = {"type": "template", "name": "convite", "header": {"type": "text", "text": "Olá  você"}}
    assert one(**content)["template"]["components"] == [
        {"type": "header", "parameters": [{"type": "text", "text": "Olá você"}]}
    ]
    content["header"] = {"type": "text", "text": "Oi", "parameter_name": "oi"}
    assert one(**content)["template"]["components"][0]["parameters"][0]["parameter_name"] == "oi"


TEMPLATE: dict[str, Any] = {"type": "template", "name": "convite"}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (buttons(0), "bad_buttons"),
        (buttons(4), "bad_buttons"),
        (buttons(buttons="x"), "bad_buttons"),
        (buttons(buttons=[{"id": "a", "title": "x" * 21}]), "bad_buttons"),
        (buttons(buttons=[{"id": "a", "title": " "}]), "bad_buttons"),
        (buttons(buttons=[{"id": "x" * 257, "title": "Sim"}]), "bad_buttons"),
        (buttons(buttons=[{"id": "a", "title": "Sim"}, {"id": "a", "title": "Não"}]), "bad_buttons"),
        (buttons(buttons=[{"id": "a", "title": "Sim"}, {"id": "b", "title": "Sim"}]), "bad_buttons"),
        (buttons(text=" "), "empty_text"),
        (rows(0), "bad_list"),
        (rows(11), "bad_list"),
        (rows(button=""), "bad_list"),
        (rows(button="x" * 21), "bad_list"),
        (rows(rows=[{"id": "a", "title": "x" * 25}]), "bad_list"),
        (rows(rows=[{"id": "a", "title": "Sim", "description": "x" * 73}]), "bad_list"),
        (rows(rows=[{"id": "x" * 201, "title": "Sim"}]), "bad_list"),
        (rows(rows=[{"id": "a", "title": "Sim"}, {"id": "a", "title": "Não"}]), "bad_list"),
        (media(media="hologram"), "bad_media"),
        (media(link="a.png"), "bad_link"),
        (media(link=None), "bad_link"),
        (media(link="https://p.br/" + "x" * 2048), "bad_link"),
        (media(size=5 * 1024 * 1024 + 1), "media_too_large"),
        (media(media="audio", size=16 * 1024 * 1024 + 1), "media_too_large"),
        (media(media="document", size=100 * 1024 * 1024 + 1), "media_too_large"),
        (TEMPLATE | {"parameters": ["Ana", " "]}, "missing_variable"),
        (TEMPLATE | {"parameters": {"nome": ""}}, "missing_variable"),
        (TEMPLATE | {"header": {"type": "text"}}, "missing_variable"),
        (TEMPLATE | {"header": {"type": "audio", "link": "https://p.br/a"}}, "bad_media"),
        (TEMPLATE | {"header": {"type": "image", "link": "x"}}, "bad_link"),
        (TEMPLATE | {"buttons": [{"index": "0", "type": "url", "value": "x"}]}, "bad_buttons"),
        (TEMPLATE | {"buttons": [{"index": 0, "type": "phone", "value": "x"}]}, "bad_buttons"),
        (TEMPLATE | {"buttons": [{"index": 0, "type": "url"}]}, "bad_buttons"),
    ],
)
def test_what_the_api_would_refuse_is_refused_before(content: dict[str, Any], code: str) -> None:
    """Permanent, with a name and a number that does not fit, and without a call."""
    with pytest.raises(SendError) as refused:
        build(delivery(**content))
    assert (refused.value.code, refused.value.retryable, refused.value.scope) == (code, False, "message")


@given(st.text(min_size=1, max_size=200), st.integers(1, 120))
def test_whatever_the_text_its_messages_fit(text: str, times: int) -> None:
    """In order, whole, each with its place; and only the last speaks for the delivery."""
    if not text.strip():
        with pytest.raises(SendError, match="empty_text"):
            build(delivery(type="text", text=text))
        return
    bodies = build(delivery(type="text", text=text * times))
    texts = [body["text"]["body"] for body in bodies]
    assert "".join("".join(texts).split()) == "".join((text * times).split())
    assert all(0 < len(one) <= TEXT_LIMIT for one in texts)
    references = [body["biz_opaque_callback_data"] for body in bodies]
    assert references == [f"d1:{place}/{len(bodies)}" for place in range(1, len(bodies))] + ["d1"]


def account() -> Account:
    """A channel account with a token."""
    return Account(
        id="a1",
        client_id="c1",
        channel="whatsapp",
        provider="whatsapp_cloud",
        external_id="1000",
        status="active",
        config={},
        credentials={"access_token": "EAAG-token"},
    )


def refuse(code: int) -> web.Response:
    """The API's refusal."""
    return web.json_response({"error": {"code": code, "message": f"(#{code}) no"}}, status=400)


class Graph:
    """The API, answering one send after the other as told."""

    def __init__(self, side: Server) -> None:
        self.side = side

    def answers(self, *given: Any) -> None:
        """A number refuses with that code, None says nothing for long, anything else accepts."""
        left = list(given)

        async def handle(_: Any) -> Any:
            answer = left.pop(0)
            if answer is None:
                await asyncio.sleep(5)
            return refuse(answer) if isinstance(answer, int) else {"messages": [{"id": answer}]}

        self.side.on["messages"] = handle

    def texts(self) -> list[str]:
        """What was sent, in order."""
        return [body["text"]["body"] for body in self.side.calls("messages")]


@pytest.fixture
async def graph(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Graph]:
    """A running API whose refused parts are tried again at once."""
    monkeypatch.setattr("renum.channels.parts.PART_WAITS_S", (0.01, 0.02, 0.03))
    async with server() as side:
        monkeypatch.setattr(sender, "settings", lambda: config(side.url))
        yield Graph(side)
        await sender._clients.get().aclose()


async def send() -> str | None:
    """Sends the long text."""
    return await channel("whatsapp_cloud").send(delivery(type="text", text=LONG), account())


async def test_a_long_text_is_sent_in_order(graph: Graph) -> None:
    """Three messages, one delivery, whose id is the last one's."""
    graph.answers("w1", "w2", "w3")
    assert await send() == "w3"
    texts = graph.texts()
    assert " ".join(texts) == LONG.strip()
    assert all(text.endswith(".") for text in texts)


async def test_a_part_that_is_refused_for_the_moment_is_tried_again(graph: Graph) -> None:
    """It alone: the parts before it have arrived."""
    graph.answers("w1", 131000, 130429, "w2", "w3")
    assert await send() == "w3"
    texts = graph.texts()
    assert texts[1] == texts[2] == texts[3]
    assert len(set(texts)) == 3


@pytest.mark.parametrize(
    ("answers", "sent", "scope"),
    [
        (("w1", 131026), 2, "recipient"),
        (("w1", "w2", 190), 3, "account"),
        (("w1", 131048), 2, "message"),
        (("w1", 131000, 131000, 131000, 131000), 5, "message"),
        (("w1", None), 2, "message"),
    ],
)
async def test_a_text_that_arrived_in_part_is_never_sent_again(
    graph: Graph, monkeypatch: pytest.MonkeyPatch, answers: tuple[Any, ...], sent: int, scope: str
) -> None:
    """It ends as failed, with the reason, and a refusal for the moment stops nobody's account."""
    monkeypatch.setattr("renum.channels.calls.ANSWER_WITHIN_S", 0.3)
    graph.answers(*answers)
    with pytest.raises(SendError) as refused:
        await send()
    error = refused.value
    assert (error.code, error.outcome, error.retryable, error.scope) == ("partly_sent", "failed", False, scope)
    assert "of 3 parts were accepted" in error.message
    assert len(graph.texts()) == sent


@pytest.mark.parametrize(
    ("answers", "code", "outcome", "retryable"),
    [
        ((131056,), "131056", "throttled", True),
        ((131047,), "131047", "failed", False),
        ((None,), "timeout", "unknown", False),
    ],
)
async def test_a_text_whose_first_part_is_refused_has_not_begun(
    graph: Graph, monkeypatch: pytest.MonkeyPatch, answers: tuple[Any, ...], code: str, outcome: str, retryable: bool
) -> None:
    """Decided as any message is."""
    monkeypatch.setattr("renum.channels.calls.ANSWER_WITHIN_S", 0.3)
    graph.answers(*answers)
    with pytest.raises(SendError) as refused:
        await send()
    assert (refused.value.code, refused.value.outcome, refused.value.retryable) == (code, outcome, retryable)
    assert len(graph.texts()) == 1


def status_of(reference: str, status: str, code: int | None = None) -> Any:
    """The status that a webhook with this reference becomes."""
    item: dict[str, Any] = {"id": "w1", "status": status, "biz_opaque_callback_data": reference}
    if code is not None:
        item["errors"] = [{"code": code, "title": "no"}]
    value = {"metadata": {"phone_number_id": "1000"}, "statuses": [item]}
    body = {"object": "x", "entry": [{"id": "w", "changes": [{"field": "messages", "value": value}]}]}
    (event,) = parse(json.dumps(body).encode())
    return event["status"]


@pytest.mark.parametrize("status", ["sent", "delivered", "read"])
def test_a_part_that_arrives_says_nothing_of_its_delivery(status: str) -> None:
    """The last one does."""
    assert status_of("d1:1/3", status)["reference"] is None
    assert status_of("d1", status)["reference"] == "d1"


def test_a_part_that_fails_later_ends_its_delivery() -> None:
    """For good: the rest has arrived."""
    status = status_of("d1:1/3", "failed", 131000)
    assert (status["reference"], status["error"]["code"], status["error"]["retryable"]) == ("d1", "131000", False)
    assert status_of("d1", "failed", 131000)["error"]["retryable"] is True


async def test_typing_is_shown_with_the_read_mark(graph: Graph) -> None:
    """One call, as the API wants it."""
    graph.answers("-")
    await channel("whatsapp_cloud").typing("wamid.in", account())
    assert graph.side.calls("messages") == [
        {
            "messaging_product": "whatsapp",
            "status": "read",
            "message_id": "wamid.in",
            "typing_indicator": {"type": "text"},
        }
    ]


async def test_typing_that_cannot_be_shown_is_nobodys_trouble(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refused, silent, away, or without a token: it just ends."""
    monkeypatch.setattr(sender, "TYPING_WITHIN_S", 0.2)
    graph.answers(131009, None)
    await channel("whatsapp_cloud").typing("wamid.in", account())
    await channel("whatsapp_cloud").typing("wamid.in", account())
    assert len(graph.side.calls("messages")) == 2
    monkeypatch.setattr(sender, "settings", lambda: config(free_port_url()))
    await channel("whatsapp_cloud").typing("wamid.in", account())
    account_without = account()
    account_without.credentials.clear()
    await channel("whatsapp_cloud").typing("wamid.in", account_without)
