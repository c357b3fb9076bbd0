"""E-mail over SMTP and through Resend, and what WhatsApp shows besides text: from a row of the outbox to who reads it,
and back as a status."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from psycopg.types.json import Jsonb
from supabase import Client

from devstack.demo.access import Row, row
from devstack.demo.channels import store
from devstack.simulator.client import Mail
from tests.stack import Stack, until
from tests.system.survey import Survey, open_survey


@pytest.fixture(scope="module")
def shop(stack: Stack, admin: Client) -> Survey:
    """A client that surveys nobody."""
    return open_survey(stack, admin, "Livraria Norte", start=False)


@dataclass
class Reader:
    """A lead with an e-mail address, and what is sent there."""

    shop: Survey
    account: str
    lead: str
    email: str

    @property
    def stack(self) -> Stack:
        return self.shop.stack

    def send(self, **content: Any) -> str:
        """Puts one message into the outbox; its id."""
        made: str = self.stack.value(
            "insert into public.deliveries (client_id, lead_id, channel_account_id, channel, kind, content, queue)"
            " select a.client_id, %s, a.id, a.channel, 'message', %s, 'default'"
            " from public.channel_accounts as a where a.id = %s returning id::text",
            self.lead,
            Jsonb(content),
            self.account,
        )
        return made

    def row(self, delivery: str) -> Row:
        """The delivery as it is now."""
        (found,) = self.stack.rows("select *, status::text as state from public.deliveries where id = %s", delivery)
        return found

    def becomes(self, delivery: str, *states: str) -> Row:
        """The delivery once it is in one of these states."""
        return until(
            lambda: found if (found := self.row(delivery))["state"] in states else None, 20, f"{states} of {delivery}"
        )

    def mails(self) -> list[Mail]:
        """What arrived."""
        return self.stack.simulator.mailbox(self.email, kind="message")


def reader(shop: Survey, provider: str, config: Row, credentials: dict[str, str], **sender: Any) -> Reader:
    """An e-mail account whose sender the simulator knows, and a lead to write to."""
    address = f"oi@{secrets.token_hex(6)}.com.br"
    account = row(
        shop.owner.table("channel_accounts")
        .insert(
            {
                "channel": "email",
                "provider": provider,
                "name": "E-mail",
                "external_id": address,
                "config": {"from_name": "Livraria Norte", **config},
            }
        )
        .execute()
    )
    store(shop.stack.access, shop.owner, account, credentials)
    webhook_url = f"{shop.stack.access.functions_url}/email_webhook/{account['id']}"
    known = {"webhook_url": webhook_url, "webhook_secret": credentials["webhook_secret"]} if sender else {}
    login = {name: credentials[name] for name in ("username", "password", "api_key") if name in credentials}
    shop.stack.simulator.register_sender(address, **login, **known, **sender)
    email = f"{secrets.token_hex(6)}@exemplo.com.br"
    return Reader(shop, str(account["id"]), shop.lead("Ana Lima", email=email).id, email)


@pytest.fixture(scope="module")
def by_smtp(shop: Survey) -> Reader:
    """Somebody who is written to over SMTP."""
    host, port = shop.stack.simulator.smtp()
    keys = {"username": f"livraria-{secrets.token_hex(4)}", "password": secrets.token_hex(8)}
    return reader(shop, "smtp", {"host": host, "port": port, "security": "none"}, keys)


@pytest.fixture(scope="module")
def by_resend(shop: Survey) -> Reader:
    """Somebody who is written to through Resend."""
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
    keys = {"api_key": f"re_{secrets.token_hex(12)}", "webhook_secret": secret}
    return reader(shop, "resend", {}, keys, status_delay_ms=20)


@pytest.fixture(autouse=True)
def nothing_ordered(stack: Stack) -> Iterator[None]:
    """No failure outlives its test."""
    yield
    stack.simulator.clear_mail_failures()


def test_a_letter_goes_over_smtp(by_smtp: Reader) -> None:
    """Over a real socket, signed in, under the delivery's own Message-ID."""
    delivery = by_smtp.send(type="text", subject="Olá, Ana! 📚", text="Chegou o livro que você pediu.")
    sent = by_smtp.becomes(delivery, "sent")
    (mail,) = by_smtp.mails()
    assert (mail["subject"], mail["text"].strip()) == ("Olá, Ana! 📚", "Chegou o livro que você pediu.")
    assert sent["provider_message_id"] == mail["id"]
    assert mail["id"].startswith(f"<{delivery}@")
    assert "List-Unsubscribe" in mail["headers"]


def test_a_mailbox_that_is_not_there_fails_for_good(by_smtp: Reader) -> None:
    """With the server's code, and without a second try."""
    by_smtp.stack.simulator.set_mailbox(by_smtp.email, exists=False)
    failed = by_smtp.becomes(by_smtp.send(type="text", text="Bom dia"), "failed")
    by_smtp.stack.simulator.set_mailbox(by_smtp.email, exists=True)
    assert (failed["error"]["code"], failed["error"]["scope"], failed["attempts"]) == ("550", "recipient", 1)


def test_a_header_with_a_line_break_goes_nowhere(by_smtp: Reader) -> None:
    """It ends as failed, with the reason, and nobody gets a letter."""
    by_smtp.becomes(by_smtp.send(type="text", text="Bom dia"), "sent")
    # As no insert of people's could bring it: that one is refused where it is written.
    content = {"type": "text", "subject": "Oi\r\nBcc: todos@exemplo.com.br", "text": "x"}
    before = len(by_smtp.mails())
    made = by_smtp.stack.value(
        "insert into public.deliveries"
        " (client_id, lead_id, thread_id, channel_account_id, channel, kind, content, queue, message_id)"
        " select t.client_id, t.lead_id, t.id, t.channel_account_id, 'email', 'message', %s, 'default',"
        " gen_random_uuid()"
        " from private.threads as t where t.lead_id = %s and t.channel_account_id = %s returning id::text",
        Jsonb(content),
        by_smtp.lead,
        by_smtp.account,
    )
    failed = by_smtp.becomes(made, "failed")
    assert failed["error"]["code"] == "bad_header"
    assert len(by_smtp.mails()) == before


def test_a_letter_whose_answer_is_lost_is_unknown(by_smtp: Reader) -> None:
    """It may have been taken, and it was: nothing says it a second time at once."""
    by_smtp.stack.simulator.fail_mail(mode="lost", to=by_smtp.email)
    before = len(by_smtp.mails())
    unknown = by_smtp.becomes(by_smtp.send(type="text", text="Só uma vez"), "unknown")
    assert unknown["error"]["code"] == "disconnected"
    assert len(by_smtp.mails()) == before + 1


def test_a_letter_goes_through_resend_and_its_statuses_come_back(by_resend: Reader) -> None:
    """Accepted, delivered, read: by webhooks that are proved."""
    delivery = by_resend.send(type="text", subject="Oi, Ana", text="Chegou o livro.")
    delivered = by_resend.becomes(delivery, "delivered")
    (mail,) = by_resend.mails()
    assert (delivered["provider_message_id"], mail["text"]) == (mail["id"], "Chegou o livro.")
    assert by_resend.stack.simulator.mail_event(mail["id"], "email.opened") == 200
    assert by_resend.becomes(delivery, "read")["read_at"] is not None


def test_a_bounce_comes_back_too(by_resend: Reader) -> None:
    """The address is to blame."""
    by_resend.stack.simulator.fail_mail(mode="event", name="email.bounced", to=by_resend.email)
    failed = by_resend.becomes(by_resend.send(type="text", text="Bom dia"), "failed")
    assert (failed["error"]["code"], failed["error"]["scope"]) == ("bounced", "recipient")


def test_an_answer_of_resend_that_is_lost_is_settled_by_its_status(by_resend: Reader) -> None:
    """The tag with the delivery's id finds it."""
    before = len(by_resend.mails())
    by_resend.stack.simulator.fail_mail(mode="lost", to=by_resend.email)
    by_resend.becomes(by_resend.send(type="text", text="Só uma vez"), "delivered")
    assert len(by_resend.mails()) == before + 1


def test_a_forged_webhook_of_resend_is_refused(by_resend: Reader) -> None:
    """Without the secret nobody moves a delivery."""
    url = f"{by_resend.stack.access.functions_url}/email_webhook/{by_resend.account}"
    headers = {"svix-id": "msg_1", "svix-timestamp": "1", "svix-signature": "v1,AAAA"}
    assert by_resend.stack.http.post(url, json={"type": "email.sent"}, headers=headers).status_code == 401


def test_a_complaint_ends_all_writing(by_resend: Reader) -> None:
    """It is an opt-out, and the next message is not sent."""
    delivery = by_resend.send(type="text", text="A última")
    by_resend.becomes(delivery, "delivered")
    mail = by_resend.mails()[-1]
    assert by_resend.stack.simulator.mail_event(mail["id"], "email.complained") == 200
    query = "select opted_out_at is not null from public.leads where id = %s"
    until(lambda: by_resend.stack.value(query, by_resend.lead), what="the opt-out")
    assert by_resend.becomes(by_resend.send(type="text", text="Mais uma"), "cancelled")["reason"]


@pytest.fixture(scope="module")
def on_whatsapp(shop: Survey) -> Reader:
    """Somebody who has just written, so that every kind of message may be sent."""
    lead = shop.lead("Bia Souza")
    lead.say("Oi")
    until(lambda: lead.said(), what="the stored message")
    return Reader(shop, shop.number.channel_account_id, lead.id, lead.phone)


def received(reader: Reader, delivery: str) -> list[Any]:
    """What arrived of a delivery, in order."""
    reader.becomes(delivery, "delivered")
    messages = reader.stack.simulator.messages(reader.email)
    return [one for one in messages if str(one["reference"]).startswith(delivery)]


CHOICES = [{"id": "sim", "title": "Sim"}, {"id": "nao", "title": "Não"}]


@pytest.mark.parametrize(
    ("content", "kind", "text"),
    [
        ({"type": "buttons", "text": "Volta?", "buttons": CHOICES}, "interactive", "Volta?\n[Sim]\n[Não]"),
        (
            {"type": "list", "text": "Qual?", "button": "Lojas", "rows": CHOICES},
            "interactive",
            "Qual?\n• Sim\n• Não",
        ),
        (
            {"type": "media", "media": "image", "link": "https://p.br/a.png", "text": "A vitrine"},
            "image",
            "[image] A vitrine",
        ),
    ],
)
def test_whatsapp_shows_more_than_text(on_whatsapp: Reader, content: Row, kind: str, text: str) -> None:
    """Buttons, a list, a picture."""
    (message,) = received(on_whatsapp, on_whatsapp.send(**content))
    assert (message["type"], message["text"]) == (kind, text)


def test_ten_thousand_characters_arrive_in_parts_and_in_order(on_whatsapp: Reader) -> None:
    """Each ends where a sentence does; one delivery, known by its last part."""
    text = " ".join(f"Esta é a frase {number:03}, com vírgula e tudo o que tem." for number in range(200))
    delivery = on_whatsapp.send(type="text", text=text)
    parts = received(on_whatsapp, delivery)
    assert len(parts) == 3
    assert " ".join(part["text"] for part in parts) == text
    assert on_whatsapp.row(delivery)["provider_message_id"] == parts[-1]["id"]


def test_a_file_that_is_too_large_is_not_sent(on_whatsapp: Reader) -> None:
    """It is known why."""
    content = {"type": "media", "media": "image", "link": "https://p.br/a.png", "size": 6_000_000}
    failed = on_whatsapp.becomes(on_whatsapp.send(**content), "failed")
    assert (failed["error"]["code"], failed["error"]["retryable"]) == ("media_too_large", False)
