"""Inbound messages and statuses: real envelopes, signed over their bytes, in order, and again while the webhook is
away.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from devstack.simulator import SimulatorClient
from devstack.simulator.client import WebhookFailed
from tests.devstack.edge.conftest import Edge

NUMBER, SECRET = "106540352242922", "segredo-do-app"


class Receiver:
    """A webhook that keeps what it gets; `answers` are given first, then 200."""

    def __init__(self) -> None:
        self.answers: list[int] = []
        self.bodies: list[bytes] = []
        self.signatures: list[str | None] = []
        self.port = 0
        self._server: ThreadingHTTPServer | None = None

    def start(self) -> None:
        """Listens, on the same port as before when there was one."""
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                query = dict(httpx.QueryParams(self.path.partition("?")[2]))
                good = query.get("hub.mode") == "subscribe" and query.get("hub.verify_token") == "combinado"
                self._reply(200 if good else 403, query.get("hub.challenge", "").encode())

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = receiver.answers.pop(0) if receiver.answers else 200
                if status == 200:
                    receiver.bodies.append(body)
                    receiver.signatures.append(self.headers.get("X-Hub-Signature-256"))
                self._reply(status, b"recebido")

            def _reply(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Nobody answers any more."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    @property
    def values(self) -> list[dict[str, Any]]:
        """The `value` of each change received."""
        envelopes = [json.loads(body) for body in list(self.bodies)]
        return [change["value"] for e in envelopes for entry in e["entry"] for change in entry["changes"]]

    def statuses(self, count: int, timeout: float = 5.0) -> list[dict[str, Any]]:
        """The statuses received, once there are `count`."""
        deadline = time.monotonic() + timeout
        while True:
            found = [status for value in self.values for status in value.get("statuses", [])]
            if len(found) >= count or time.monotonic() > deadline:
                assert len(found) == count, found
                return found
            time.sleep(0.02)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A listening webhook."""
    found = Receiver()
    found.start()
    yield found
    found.stop()


@pytest.fixture
def sim(edge: Edge, receiver: Receiver) -> Iterator[SimulatorClient]:
    """A simulator whose number points to the receiver."""
    edge.simulator.reset(numbers=True)
    edge.simulator.register_number(
        NUMBER, f"http://127.0.0.1:{receiver.port}/hook", SECRET, access_token="t", status_delay_ms=5
    )
    yield edge.simulator
    edge.simulator.reset(numbers=True)


def _send(edge: Edge, text: str = "Olá", to: str = "+5511987654321", **more: Any) -> str:
    body = {"messaging_product": "whatsapp", "to": to, "type": "text", "text": {"body": text}, **more}
    url = f"{edge.config.whatsapp_graph_url}/v25.0/{NUMBER}/messages"
    answer = edge.http.post(url, json=body, headers={"Authorization": "Bearer t"})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["messages"][0]["id"])


def test_a_lead_writes(sim: SimulatorClient, receiver: Receiver) -> None:
    """A complete envelope, ASCII on the wire, signed with the app secret over exactly these bytes."""
    wamid = sim.say("+55 11 98765-4321", "Olá, João 👋", name="Ana")
    (body,) = receiver.bodies
    assert receiver.signatures == ["sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()]
    assert body.isascii()
    assert json.loads(body)["object"] == "whatsapp_business_account"
    (value,) = receiver.values
    assert value["metadata"] == {"display_phone_number": "551130000000", "phone_number_id": NUMBER}
    (contact,), (message,) = value["contacts"], value["messages"]
    assert (contact["profile"]["name"], contact["wa_id"]) == ("Ana", "5511987654321")
    assert contact["user_id"] == message["from_user_id"]
    assert contact["user_id"].startswith("BR.")
    assert (message["id"], message["from"], message["type"]) == (wamid, "5511987654321", "text")
    assert message["text"] == {"body": "Olá, João 👋"}
    assert abs(int(message["timestamp"]) - time.time()) < 5


def test_a_lead_sends_other_things(sim: SimulatorClient, receiver: Receiver) -> None:
    """A voice note, a button, a reply to a message, any payload, and somebody whose number is hidden."""
    sim.say_audio("5511987654321")
    sim.say("5511987654321", "Sim", type="button", reply_to="wamid.convite")
    sim.say("5511987654321", "", type="location", payload={"latitude": -23.5, "longitude": -46.6})
    sim.say("5511987654321", "oi", hide_phone=True, id="wamid.meu", timestamp=1_700_000_000)
    audio, button, location, hidden = (value["messages"][0] for value in receiver.values)
    assert (audio["type"], audio["audio"]["voice"], audio["audio"]["mime_type"]) == (
        "audio",
        True,
        "audio/ogg; codecs=opus",
    )
    assert (button["button"]["text"], button["context"]["id"]) == ("Sim", "wamid.convite")
    assert location["location"] == {"latitude": -23.5, "longitude": -46.6}
    assert (hidden["id"], hidden["timestamp"]) == ("wamid.meu", "1700000000")
    assert "from" not in hidden
    assert "wa_id" not in receiver.values[3]["contacts"][0]
    assert "5511987654321" not in receiver.bodies[3].decode()


def test_the_webhooks_answer_comes_back(sim: SimulatorClient, receiver: Receiver) -> None:
    """A refusal and silence are errors with their status."""
    receiver.answers = [503]
    with pytest.raises(WebhookFailed) as refused:
        sim.say("5511987654321", "oi")
    assert refused.value.status == 503
    receiver.stop()
    with pytest.raises(WebhookFailed) as silent:
        sim.say("5511987654321", "oi")
    assert silent.value.status == 0


def test_any_envelope_can_be_posted_signed_or_not(sim: SimulatorClient, receiver: Receiver) -> None:
    """For tests of the receiving side."""
    assert sim.webhook({"object": "x"}) == (200, "recebido")
    assert sim.webhook("not json at all", signature=None) == (200, "recebido")
    assert sim.webhook({"object": "x"}, signature="sha256=00") == (200, "recebido")
    good = "sha256=" + hmac.new(SECRET.encode(), receiver.bodies[0], hashlib.sha256).hexdigest()
    assert receiver.signatures == [good, None, "sha256=00"]
    assert receiver.bodies[1] == b"not json at all"


def test_statuses_follow_a_send_with_its_reference(edge: Edge, sim: SimulatorClient, receiver: Receiver) -> None:
    """sent, then delivered, each signed, with contacts; pricing on the first."""
    wamid = _send(edge, biz_opaque_callback_data="entrega-7")
    sent, delivered = receiver.statuses(2)
    assert (sent["status"], delivered["status"]) == ("sent", "delivered")
    for status in (sent, delivered):
        assert (status["id"], status["recipient_id"]) == (wamid, "5511987654321")
        assert status["biz_opaque_callback_data"] == "entrega-7"
    assert sent["pricing"]["category"] == "service"
    assert "pricing" not in delivered
    assert receiver.values[0]["contacts"][0]["wa_id"] == "5511987654321"
    for body, signature in zip(receiver.bodies, receiver.signatures, strict=True):
        assert signature == "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()


def test_which_statuses_come_can_be_chosen(edge: Edge, sim: SimulatorClient, receiver: Receiver) -> None:
    """Three, or none."""
    sim.change_number(statuses=["sent", "delivered", "read"])
    _send(edge)
    assert [status["status"] for status in receiver.statuses(3)] == ["sent", "delivered", "read"]
    sim.change_number(statuses=[])
    _send(edge)
    time.sleep(0.2)
    assert len(receiver.statuses(3)) == 3


def test_a_message_may_fail_after_it_was_accepted(edge: Edge, sim: SimulatorClient, receiver: Receiver) -> None:
    """One failed status with the code, without contacts."""
    sim.fail_next(131026, mode="status", details="fora do ar")
    wamid = _send(edge)
    (failed,) = receiver.statuses(1)
    assert (failed["id"], failed["status"]) == (wamid, "failed")
    assert failed["errors"][0]["code"] == 131026
    assert failed["errors"][0]["error_data"]["details"] == "fora do ar"
    assert "contacts" not in receiver.values[0]


def test_statuses_wait_for_a_webhook_that_is_away_and_keep_their_order(
    edge: Edge, sim: SimulatorClient, receiver: Receiver
) -> None:
    """Down, then refusing, then back: every status arrives once, each recipient's in order; many share one POST."""
    receiver.stop()
    people = [f"55119000000{n:02d}" for n in range(10)]
    ids = {person: [_send(edge, f"{n}", to=f"+{person}") for n in range(5)] for person in people}
    time.sleep(0.2)
    assert sim.numbers()[0]["status_webhooks"]["pending"] > 0
    receiver.answers = [503, 500]
    receiver.start()
    statuses = receiver.statuses(100, timeout=15)
    for person in people:
        theirs = [(status["id"], status["status"]) for status in statuses if status["recipient_id"] == person]
        assert len(set(theirs)) == 10
        for kind in ("sent", "delivered"):
            assert [id_ for id_, status in theirs if status == kind] == ids[person]
        for wamid in ids[person]:
            assert theirs.index((wamid, "sent")) < theirs.index((wamid, "delivered"))
    assert len(receiver.bodies) < 100
    time.sleep(0.05)
    assert sim.numbers()[0]["status_webhooks"] == {"pending": 0, "posted": 100, "dropped": 0}


def test_no_status_beats_the_answer_of_its_send(edge: Edge, sim: SimulatorClient, receiver: Receiver) -> None:
    """Even with no delay and a slow answer."""
    sim.change_number(status_delay_ms=0, answer_delay_ms=200, statuses=["sent"])
    with httpx.Client() as client:
        for n in range(3):
            started = time.monotonic()
            body = {"messaging_product": "whatsapp", "to": "+5511987654321", "text": {"body": "x"}}
            url = f"{edge.config.whatsapp_graph_url}/v25.0/{NUMBER}/messages"
            before = len(receiver.bodies)
            assert client.post(url, json=body, headers={"Authorization": "Bearer t"}).status_code == 200
            assert time.monotonic() - started > 0.19
            assert before <= n
            receiver.statuses(n + 1)


def test_a_webhook_that_refuses_for_good_does_not_block_for_ever(
    edge: Edge, sim: SimulatorClient, receiver: Receiver
) -> None:
    """After five 4xx the statuses are dropped and counted; the next ones go out."""
    receiver.answers = [401] * 5
    sim.change_number(statuses=["sent"])
    _send(edge)
    deadline = time.monotonic() + 10
    while sim.numbers()[0]["status_webhooks"]["dropped"] == 0:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    second = _send(edge)
    assert [status["id"] for status in receiver.statuses(1)] == [second]


def test_registration_checks_the_address_as_meta_does(edge: Edge, sim: SimulatorClient, receiver: Receiver) -> None:
    """With a verify token: true when the challenge comes back, false otherwise; without one, nobody is asked."""
    url = f"http://127.0.0.1:{receiver.port}/hook"
    assert sim.register_number(NUMBER, url, SECRET, verify_token="combinado")["verified"] is True
    assert sim.register_number(NUMBER, url, SECRET, verify_token="errado")["verified"] is False
    assert sim.register_number(NUMBER, url, SECRET)["verified"] is None
    assert SECRET not in edge.http.get(f"{edge.config.simulator_url}/_control/numbers").text


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/_control/numbers", {}),
        ("/_control/numbers", {"phone_number_id": "1", "webhook_url": "x", "app_secret": "y", "unknown": 1}),
        ("/_control/numbers", {"phone_number_id": NUMBER, "templates": [{}]}),
        ("/_control/failures", {"code": [131026]}),
        ("/_control/failures", {"code": 1, "mode": "maybe"}),
        ("/_control/failures", {"code": 1, "count": 0}),
        ("/_control/inbound", {"text": "sem remetente"}),
        ("/_control/inbound", {"from": "5511987654321", "phone_number_id": "999"}),
        ("/_control/inbound", {"from": "5511987654321", "type": "order"}),
        ("/_control/webhook", {}),
        ("/_control/windows", {}),
        ("/mailbox", {"to": "nobody"}),
    ],
)
def test_orders_that_make_no_sense_are_refused_with_a_sentence(
    edge: Edge, sim: SimulatorClient, path: str, body: dict[str, Any]
) -> None:
    """400 {"error"}."""
    answer = edge.http.post(edge.config.simulator_url + path, json=body)
    assert answer.status_code == 400, answer.text
    assert len(answer.json()["error"]) > 10
