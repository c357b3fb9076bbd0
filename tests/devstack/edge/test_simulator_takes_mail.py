"""The simulator takes mail as a mail server and as Resend would, and refuses what they refuse."""

from __future__ import annotations

import base64
import json
import smtplib
import threading
from collections.abc import Iterator
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from devstack.simulator import SimulatorClient
from tests.devstack.edge.conftest import Edge
from tests.stack import until

SECRET = "whsec_" + base64.b64encode(b"s" * 24).decode()


class Sender:
    """A registered sender with an inbox for webhooks."""

    def __init__(self, edge: Edge, webhook_url: str) -> None:
        self.address = edge.new_email()
        self.simulator: SimulatorClient = edge.simulator
        self.api_key = f"re_{self.address}"
        self.http = httpx.Client(
            base_url=f"{edge.config.simulator_url}/resend",
            headers={"Authorization": f"Bearer {self.api_key}"},
            trust_env=False,
        )
        self.simulator.register_sender(
            self.address,
            username=self.address,
            password="senha-boa",
            api_key=self.api_key,
            webhook_url=webhook_url,
            webhook_secret=SECRET,
            status_delay_ms=1,
        )

    def letter(self, to: str, **headers: str) -> EmailMessage:
        """A message."""
        made = EmailMessage()
        for name, value in {"From": self.address, "To": to, "Subject": "Olá, você", **headers}.items():
            made[name] = value
        made.set_content("Bom dia, José.")
        return made

    def post(self, to: str, **more: Any) -> httpx.Response:
        """Sends through Resend."""
        headers = more.pop("headers", None)
        body = {"from": f"Padaria <{self.address}>", "to": [to], "subject": "Oi", "text": "Bom dia."}
        return self.http.post("/emails", json=body | more, headers=headers)


@pytest.fixture(scope="module")
def inbox() -> Iterator[tuple[str, list[tuple[dict[str, str], dict[str, Any]]]]]:
    """A webhook that keeps what it gets: (its address, [(headers, body)])."""
    kept: list[tuple[dict[str, str], dict[str, Any]]] = []

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            kept.append(({name.lower(): value for name, value in self.headers.items()}, json.loads(body)))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Taking)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", kept
    server.shutdown()
    server.server_close()


@pytest.fixture
def sender(edge: Edge, inbox: tuple[str, list[Any]]) -> Iterator[Sender]:
    """A sender, and nothing ordered by an earlier test."""
    edge.simulator.reset()
    made = Sender(edge, inbox[0])
    yield made
    made.http.close()
    edge.simulator.reset()


def smtp(sender: Sender, password: str = "senha-boa") -> smtplib.SMTP:
    """A conversation with the mail server, signed in."""
    host, port = sender.simulator.smtp()
    client = smtplib.SMTP(host, port, timeout=10)
    client.login(sender.address, password)
    return client


def test_a_letter_lands_in_the_mailbox(edge: Edge, sender: Sender) -> None:
    """Readable there, headers included."""
    to = edge.new_email()
    with smtp(sender) as client:
        client.send_message(sender.letter(to, **{"Message-ID": "<d1@padaria.com.br>"}))
    (mail,) = edge.simulator.mailbox(to)
    assert (mail["subject"], mail["text"].strip(), mail["via"]) == ("Olá, você", "Bom dia, José.", "smtp")
    assert mail["id"] == mail["headers"]["Message-ID"] == "<d1@padaria.com.br>"


def test_strangers_are_turned_away(edge: Edge, sender: Sender) -> None:
    """A wrong password, no password, another's sender, nobody's mailbox, a message that is too large."""
    to, gone = edge.new_email(), edge.new_email()
    with pytest.raises(smtplib.SMTPAuthenticationError) as wrong:
        smtp(sender, "senha-errada")
    assert wrong.value.smtp_code == 535
    host, port = sender.simulator.smtp()
    with smtplib.SMTP(host, port, timeout=10) as client:
        client.ehlo()
        assert client.mail(sender.address)[0] == 530
    edge.simulator.set_mailbox(gone, exists=False)
    with smtp(sender) as client:
        assert client.mail("outra@padaria.com.br")[0] == 553
        assert client.mail(sender.address)[0] == 250
        assert client.rcpt(gone)[0] == 550
        assert client.rcpt(to)[0] == 250
        client.rset()
        with pytest.raises(smtplib.SMTPSenderRefused) as large:
            client.sendmail(sender.address, to, b"Subject: x\r\n\r\n" + b"linha\r\n" * 200_000)
        assert large.value.smtp_code == 552
    assert edge.simulator.mailbox(to) == []


@pytest.mark.parametrize(("step", "code"), [("sign_in", 454), ("sender", 452), ("recipient", 450), ("message", 554)])
def test_smtp_fails_as_ordered(edge: Edge, sender: Sender, step: str, code: int) -> None:
    """Once, at that step, with that code; then it works."""
    to = edge.new_email()
    edge.simulator.fail_mail(step=step, code=code)
    with pytest.raises(smtplib.SMTPException, match=str(code)), smtp(sender) as client:
        client.send_message(sender.letter(to))
    with smtp(sender) as client:
        client.send_message(sender.letter(to))
    assert len(edge.simulator.mailbox(to)) == 1


def test_an_answer_can_be_lost_after_the_letter_was_taken(edge: Edge, sender: Sender) -> None:
    """The connection breaks, the letter is there."""
    to = edge.new_email()
    edge.simulator.fail_mail(mode="lost", to=to)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        smtp(sender).send_message(sender.letter(to))
    assert len(edge.simulator.mailbox(to)) == 1


def test_resend_takes_a_key_once(edge: Edge, sender: Sender) -> None:
    """Same key, same body: the same id and one mail. Another body: a conflict."""
    to, key = edge.new_email(), {"Idempotency-Key": "d1"}
    first, again = sender.post(to, headers=key), sender.post(to, headers=key)
    other = sender.post(to, headers=key, text="Outra coisa")
    assert (first.status_code, again.json()) == (200, first.json())
    assert (other.status_code, other.json()["name"]) == (409, "invalid_idempotent_request")
    (mail,) = edge.simulator.mailbox(to)
    assert (mail["id"], mail["via"]) == (first.json()["id"], "resend")


@pytest.mark.parametrize(
    ("more", "status", "name"),
    [
        ({"headers": {"Authorization": ""}}, 401, "missing_api_key"),
        ({"headers": {"Authorization": "Bearer re_errada"}}, 403, "invalid_api_key"),
        ({"from": "eu@outra.com.br"}, 403, "validation_error"),
        ({"from": "eu"}, 422, "invalid_from_address"),
        ({"to": "ninguem"}, 422, "validation_error"),
        ({"text": ""}, 422, "missing_required_field"),
        ({"tags": [{"name": "a b", "value": "1"}]}, 422, "validation_error"),
    ],
)
def test_resend_refuses_what_it_refuses(sender: Sender, more: dict[str, Any], status: int, name: str) -> None:
    """By the names of its error page."""
    answer = sender.post(**{"to": "ana@exemplo.com.br", **more})
    assert (answer.status_code, answer.json()["name"], answer.json()["statusCode"]) == (status, name, status)


def test_resend_fails_as_ordered(edge: Edge, sender: Sender) -> None:
    """A refusal by name, and an answer that nobody hears."""
    to = edge.new_email()
    edge.simulator.fail_mail(name="rate_limit_exceeded", status=429, to=to)
    slow = sender.post(to)
    assert (slow.status_code, slow.json()["name"], slow.headers["retry-after"]) == (429, "rate_limit_exceeded", "1")
    edge.simulator.fail_mail(mode="lost", to=to)
    lost = sender.post(to)
    assert (lost.status_code, lost.headers["content-type"].split(";")[0]) == (504, "text/html")
    assert len(edge.simulator.mailbox(to)) == 1


def test_what_became_of_it_comes_by_signed_webhook(edge: Edge, sender: Sender, inbox: tuple[str, list[Any]]) -> None:
    """In order, with our tags, and with what a bounce says."""
    to, tags = edge.new_email(), [{"name": "delivery_id", "value": "d1"}]

    def arrived() -> list[Any]:
        return [(headers, body) for headers, body in inbox[1] if body["data"]["to"] == [to]]

    email_id = sender.post(to, tags=tags).json()["id"]
    until(lambda: len(arrived()) == 2)
    assert edge.simulator.mail_event(email_id, "email.bounced") == 200
    events = [body for _, body in arrived()]
    assert [event["type"] for event in events] == ["email.sent", "email.delivered", "email.bounced"]
    assert {event["data"]["email_id"] for event in events} == {email_id}
    assert events[0]["data"]["tags"] == {"delivery_id": "d1"}
    assert events[2]["data"]["bounce"]["type"] == "Permanent"
    assert all(headers["svix-signature"].startswith("v1,") and headers["svix-id"] for headers, _ in arrived())
    edge.simulator.fail_mail(mode="event", name="email.complained", to=to)
    sender.post(to, tags=tags)
    until(lambda: len(arrived()) == 4)
    assert arrived()[3][1]["type"] == "email.complained"


def test_a_control_call_that_makes_no_sense_says_so(edge: Edge) -> None:
    """With the word that is wrong."""
    with pytest.raises(ValueError, match="passwrod"):
        edge.simulator.register_sender("eu@padaria.com.br", passwrod="x")
    with pytest.raises(ValueError, match="step is one of"):
        edge.simulator.fail_mail(step="lunch")
    with pytest.raises(ValueError, match="no e-mail of that id"):
        edge.simulator.mail_event("x", "email.sent")
