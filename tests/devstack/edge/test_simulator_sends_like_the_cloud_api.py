"""POST /v{n}.0/{phone_number_id}/messages: accepted and refused as the Cloud API does, errors in Meta's exact shape."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from devstack.simulator import SimulatorClient
from tests.devstack.edge.conftest import Edge

NUMBER, TOKEN = "106540352242922", "EAAtoken"
TEXT: dict[str, Any] = {
    "messaging_product": "whatsapp",
    "recipient_type": "individual",
    "to": "+5511987654321",
    "type": "text",
    "text": {"body": "Olá!", "preview_url": False},
}


@pytest.fixture
def sim(edge: Edge) -> Iterator[SimulatorClient]:
    """A simulator with one number, no status webhooks, two approved templates and one paused."""
    edge.simulator.reset(numbers=True)
    edge.simulator.register_number(
        NUMBER,
        "http://127.0.0.1:1/webhook",
        "segredo",
        access_token=TOKEN,
        statuses=[],
        templates=[
            {"name": "convite", "language": "pt_BR", "body": "Oi, {{1}}! Aqui é da {{2}}. Pode responder?"},
            {"name": "nomeado", "language": "pt_BR", "body": "Oi, {{nome}}!"},
            {"name": "parado", "language": "pt_BR", "body": "Oi", "status": "PAUSED"},
        ],
    )
    yield edge.simulator
    edge.simulator.reset(numbers=True)


@pytest.fixture
def send(edge: Edge, sim: SimulatorClient) -> Any:
    """Sends one message; keyword arguments replace parts of TEXT (None removes one)."""

    def _send(
        token: str | None = TOKEN, number: str = NUMBER, content: bytes | None = None, **changes: Any
    ) -> httpx.Response:
        body = {key: value for key, value in (TEXT | changes).items() if value is not None}
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        url = f"{edge.config.whatsapp_graph_url}/v25.0/{number}/messages"
        if content is not None:
            return edge.http.post(url, content=content, headers=headers)
        return edge.http.post(url, json=body, headers=headers)

    return _send


def _template(name: str, *values: str, language: str = "pt_BR") -> dict[str, Any]:
    parameters = [{"type": "text", "text": value} for value in values]
    return {
        "type": "template",
        "text": None,
        "template": {
            "name": name,
            "language": {"code": language},
            "components": [{"type": "body", "parameters": parameters}],
        },
    }


def _interactive(kind: str, action: dict[str, Any], body: str = "Escolha") -> dict[str, Any]:
    return {
        "type": "interactive",
        "text": None,
        "interactive": {"type": kind, "body": {"text": body}, "action": action},
    }


def _buttons(*titles: str) -> dict[str, Any]:
    buttons = [{"type": "reply", "reply": {"id": f"b{n}", "title": title}} for n, title in enumerate(titles)]
    return _interactive("button", {"buttons": buttons})


def _rows(count: int) -> dict[str, Any]:
    rows = [{"id": f"r{n}", "title": f"Nota {n}"} for n in range(count)]
    return _interactive("list", {"button": "Notas", "sections": [{"rows": rows}]})


def test_a_text_is_accepted_and_kept(sim: SimulatorClient, send: Any) -> None:
    """The answer's shape; the message is readable by any spelling of the number, with our reference."""
    answer = send(biz_opaque_callback_data="entrega-1")
    assert answer.status_code == 200
    body = answer.json()
    assert body["messaging_product"] == "whatsapp"
    assert body["contacts"][0]["input"] == "+5511987654321"
    assert body["contacts"][0]["wa_id"] == "5511987654321"
    assert body["messages"][0]["id"].startswith("wamid.")
    (kept,) = sim.messages("+55 (11) 98765-4321")
    assert (kept["id"], kept["to"], kept["text"]) == (body["messages"][0]["id"], "5511987654321", "Olá!")
    assert (kept["type"], kept["reference"], kept["phone_number_id"]) == ("text", "entrega-1", NUMBER)
    assert kept["body"]["recipient_type"] == "individual"


def test_a_bsuid_goes_into_recipient(sim: SimulatorClient, send: Any) -> None:
    """The answer has user_id and no wa_id; `to` wins when both are given."""
    answer = send(to=None, recipient="BR.13491208655302741918").json()
    assert answer["contacts"] == [{"input": "BR.13491208655302741918", "user_id": "BR.13491208655302741918"}]
    assert sim.messages("BR.13491208655302741918")[0]["text"] == "Olá!"
    assert send(recipient="BR.1").json()["contacts"][0]["wa_id"] == "5511987654321"


@pytest.mark.parametrize(
    ("changes", "kind", "reads"),
    [
        (_template("convite", "Ana", "Loja"), "template", "Oi, Ana! Aqui é da Loja. Pode responder?"),
        (_template("nomeado", "Ana"), "template", "Oi, Ana!"),
        (_buttons("Sim", "Não"), "interactive", "Escolha\n[Sim]\n[Não]"),
        (_rows(2), "interactive", "Escolha\n• Nota 0\n• Nota 1"),
        (
            {"type": "image", "text": None, "image": {"link": "https://x/y.jpg", "caption": "foto"}},
            "image",
            "[image] foto",
        ),
        ({"type": "audio", "text": None, "audio": {"id": "123"}}, "audio", "[audio]"),
        ({"text": {"body": "a" * 4096}}, "text", "a" * 4096),
        ({"type": None}, "text", "Olá!"),
    ],
)
def test_every_kind_that_we_send_is_accepted(
    sim: SimulatorClient, send: Any, changes: dict[str, Any], kind: str, reads: str
) -> None:
    """What the lead reads is kept beside the body."""
    answer = send(**changes)
    assert answer.status_code == 200, answer.text
    assert ("message_status" in answer.json()["messages"][0]) == (kind == "template")
    (kept,) = sim.messages("5511987654321")
    assert (kept["type"], kept["text"]) == (kind, reads)


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"messaging_product": None}, 400, 100),
        ({"to": None}, 400, 100),
        ({"to": "11"}, 400, 131009),
        ({"to": "not a phone"}, 400, 131009),
        ({"to": ["+5511987654321"]}, 400, 131009),
        ({"to": None, "recipient": "5511987654321"}, 400, 131009),
        ({"text": None}, 400, 131008),
        ({"text": "Olá"}, 400, 100),
        ({"text": {"body": ""}}, 400, 131008),
        ({"text": {"body": 7}}, 400, 131009),
        ({"text": {"body": "a" * 4097}}, 400, 100),
        ({"type": "hologram"}, 400, 131051),
        ({"type": {"a": 1}}, 400, 131009),
        (_template("nenhum", "Ana"), 404, 132001),
        (_template("convite", "Ana", "Loja", language="en_US"), 404, 132001),
        (_template("convite", "Ana"), 400, 132000),
        (_template("convite", "Ana", "Loja", "mais"), 400, 132000),
        (_template("parado"), 400, 132015),
        ({"type": "image", "text": None, "image": {}}, 400, 131008),
        (_buttons(), 400, 131009),
        (_buttons("1", "2", "3", "4"), 400, 131009),
        (_buttons("Igual", "Igual"), 400, 131009),
        (_buttons("t" * 21), 400, 100),
        (_rows(0), 400, 131009),
        (_rows(11), 400, 131009),
    ],
)
def test_what_meta_refuses_is_refused_by_its_code(
    sim: SimulatorClient, send: Any, changes: dict[str, Any], status: int, code: int
) -> None:
    """Status, code, and the error's shape; nothing goes out."""
    answer = send(**changes)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (status, code)
    assert error["message"].startswith(f"(#{code}) ")
    assert error["type"] == "OAuthException"
    assert error["fbtrace_id"]
    assert error["error_data"]["messaging_product"] == "whatsapp"
    assert error["error_data"]["details"]
    assert sim.messages() == []


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff"])
def test_a_body_that_is_no_json_object_is_code_100(send: Any, content: bytes) -> None:
    """400, never a 5xx."""
    answer = send(content=content)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, 100)


def test_the_token_must_be_the_accounts(sim: SimulatorClient, send: Any) -> None:
    """190 for none and for another one; a number that is not registered takes any token but none."""
    for token in (None, "another"):
        answer = send(token=token)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, 190)
        assert answer.json()["error"]["type"] == "OAuthException"
    assert send(token="another", number="999").status_code == 200
    assert send(token=None, number="999").status_code == 401
    assert len(sim.messages()) == 1


def test_read_and_typing_are_acknowledged_and_not_kept(sim: SimulatorClient, send: Any) -> None:
    """{"success": true}; a wrong id is refused."""
    parts = {"status": "read", "message_id": "wamid.x", "typing_indicator": {"type": "text"}}
    assert send(to=None, text=None, type=None, **parts).json() == {"success": True}
    assert send(to=None, text=None, type=None, **(parts | {"message_id": "x"})).json()["error"]["code"] == 131009
    assert sim.messages() == []


def test_outside_the_window_only_templates_pass(sim: SimulatorClient, send: Any) -> None:
    """131047 until the window is open again."""
    sim.set_window("5511987654321", open=False)
    assert send().json()["error"]["code"] == 131047
    assert send(to="+5511900000000").status_code == 200
    assert send(**_template("nomeado", "Ana")).status_code == 200
    sim.set_window("5511987654321", open=True)
    assert send().status_code == 200


def test_failures_can_be_ordered(sim: SimulatorClient, send: Any) -> None:
    """By code, count and recipient; with another HTTP status; and the one where only the answer is lost."""
    sim.fail_next(131016, count=2)
    assert [send().status_code for _ in range(3)] == [500, 500, 200]
    sim.fail_next(131056, to="+5511900000001", count=None)
    assert send().status_code == 200
    answer = send(to="+5511900000001")
    assert answer.json()["error"]["message"] == "(#131056) (Business Account, Consumer Account) pair rate limit hit"
    assert send(to="+5511900000001").status_code == 400
    sim.reset()
    sim.fail_next(130429, http_status=200, details="devagar")
    odd = send()
    assert (odd.status_code, odd.json()["error"]["error_data"]["details"]) == (200, "devagar")
    assert sim.messages() == []
    sim.fail_next(1, mode="lost")
    lost = send()
    assert (lost.status_code, lost.headers["content-type"].split(";")[0]) == (504, "text/html")
    assert len(sim.messages()) == 1


def test_a_waiting_reader_is_woken_by_the_next_message(sim: SimulatorClient, send: Any) -> None:
    """The long poll answers when the message comes, looks only after `after`, and gives up in time."""
    first = send().json()["messages"][0]["id"]
    seen = sim.wait_for_message("5511987654321", timeout=5)
    assert seen is not None
    assert seen["id"] == first
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(sim.wait_for_message, "5511987654321", seen["seq"], 5.0)
        time.sleep(0.2)
        assert not waiting.done()
        send(to="+5511900000002")
        second = send().json()["messages"][0]["id"]
        woken = waiting.result(2)
    assert woken is not None
    assert woken["id"] == second
    started = time.monotonic()
    assert sim.wait_for_message("5511987654321", woken["seq"], 0.3) is None
    assert 0.25 < time.monotonic() - started < 2


def test_hundreds_of_messages_a_second(edge: Edge, sim: SimulatorClient) -> None:
    """400 sends of 8 threads are all kept, in order of acceptance, with ids of their own."""
    url = f"{edge.config.whatsapp_graph_url}/v25.0/{NUMBER}/messages"
    run = secrets.token_hex(4)

    def burst(thread: int) -> None:
        with httpx.Client(headers={"Authorization": f"Bearer {TOKEN}"}) as client:
            for n in range(50):
                body = TEXT | {"to": f"+551190000{thread:04d}", "text": {"body": f"{run} {thread} {n}"}}
                assert client.post(url, json=body).status_code == 200

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(burst, range(8)))
    kept = sim.messages(limit=2000)
    assert len(kept) == 400
    assert len({message["id"] for message in kept}) == 400
    assert [m["text"] for m in kept if m["to"] == "5511900000003"] == [f"{run} 3 {n}" for n in range(50)]
