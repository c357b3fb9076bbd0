"""A whole round through each provider's own HTTP: an invitation goes out, the provider tells that it arrived, the lead
answers, the next question follows. And what each of them is not to be believed."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from devstack.demo import company as companies
from devstack.demo.access import Row, row, token_of
from devstack.simulator.client import SentMessage, WebhookFailed
from devstack.simulator.state import bsuid_of
from tests.stack import Stack, until
from tests.system.survey import CONFIG, QUESTIONS, Survey, new_phone

_numbers = itertools.count(1)


def _sender() -> str:
    """A number of our own that no other account of the session has."""
    return f"+5511300{next(_numbers):05}"


@dataclass(frozen=True)
class Kind:
    """One way of one provider: what its account is called and opened with, and how it is told from others."""

    provider: str
    channel: str
    external_id: Callable[[], str]
    credentials: Callable[[], dict[str, str]]
    say: Row = field(default_factory=dict)
    base: str = ""
    options: Row = field(default_factory=dict)


def _twilio() -> dict[str, str]:
    return {"account_sid": "AC" + secrets.token_hex(16), "auth_token": secrets.token_hex(16)}


def _gateway() -> dict[str, str]:
    return {"api_key": secrets.token_hex(16), "webhook_secret": secrets.token_hex(16)}


def _zapi() -> dict[str, str]:
    return {name: secrets.token_hex(12) for name in ("instance_token", "client_token", "webhook_secret")}


def _zenvia() -> dict[str, str]:
    return {"api_token": secrets.token_hex(16), "webhook_secret": secrets.token_hex(16)}


def _instance() -> str:
    return "loja-" + secrets.token_hex(4)


KINDS = {
    "twilio-whatsapp": Kind("twilio", "whatsapp", _sender, _twilio),
    "twilio-sms": Kind("twilio", "sms", _sender, _twilio, say={"channel": "sms"}),
    "evolution": Kind("evolution", "whatsapp", _instance, _gateway, base="evolution"),
    "evolution-signed": Kind("evolution", "whatsapp", _instance, _gateway, base="evolution", options={"signs": True}),
    "zapi": Kind("zapi", "whatsapp", _instance, _zapi),
    "zenvia": Kind("zenvia", "sms", _sender, _zenvia),
}


class Line:
    """A client's account with a provider, open on both sides, and a survey that runs over it."""

    def __init__(self, survey: Survey, kind: Kind) -> None:
        self.stack, self.survey, self.kind = survey.stack, survey, kind
        self.external_id, self.credentials = kind.external_id(), kind.credentials()
        access = self.stack.access
        account = row(
            survey.owner.table("channel_accounts")
            .insert(
                {
                    "provider": kind.provider,
                    "channel": kind.channel,
                    "name": kind.provider,
                    "external_id": self.external_id,
                    "throughput": None,
                }
            )
            .execute()
        )
        self.id = str(account["id"])
        # Through the gateway, as the world would call it.
        self.url = f"{access.url}/functions/v1/{kind.channel}_webhook/{self.id}"
        config = {"webhook_url": self.url}
        if kind.base:
            config["base_url"] = f"{access.simulator_url}/{kind.base}"
        survey.owner.table("channel_accounts").update({"config": config}).eq("id", self.id).execute()
        answer = self.stack.http.post(
            f"{access.functions_url}/channel_credentials",
            headers={"Authorization": f"Bearer {token_of(survey.owner)}"},
            json={"channel_account_id": self.id, "credentials": self.credentials},
        )
        assert answer.status_code == 204, answer.text
        called = self.url + (f"?token={self.credentials['webhook_secret']}" if kind.provider == "zapi" else "")
        self.stack.simulator.register_account(kind.provider, self.external_id, called, self.credentials, **kind.options)

    def start(self, *lead_ids: str) -> None:
        """A survey over this account, for these leads."""
        config = {**CONFIG, "audience": {"lead_ids": list(lead_ids)}}
        project = row(
            self.survey.owner.table("projects")
            .insert({"name": f"Por {self.kind.provider}", "config": config, "channel_account_id": self.id})
            .execute()
        )
        companies.start_project(self.survey.company, str(project["id"]))

    def say(self, phone: str, text: str, **options: Any) -> str:
        """A lead writes through the provider."""
        more = {**self.kind.say, **options}
        return self.stack.simulator.say_through(self.kind.provider, self.external_id, phone, text, **more)

    def hear(self, to: str, after: int = 0) -> SentMessage:
        """The next message that the provider took for somebody."""
        found = self.stack.simulator.wait_for_message(to, after, 20, phone_number_id=self.external_id)
        assert found is not None, f"nothing came to {to}: {self.deliveries()}"
        return found

    def deliveries(self) -> list[Row]:
        """Every delivery of the account, oldest first."""
        return self.stack.rows(
            "select status::text, channel::text, provider_message_id, error, reason, content ->> 'text' as text"
            " from public.deliveries where channel_account_id = %s order by created_at",
            self.id,
        )

    def is_delivered(self, count: int) -> bool:
        """Whether so many deliveries are there, every one of them delivered."""
        found = self.deliveries()
        return len(found) == count and all(one["status"] == "delivered" for one in found)


@pytest.fixture(scope="module")
def mill(stack: Stack, admin: Any) -> Survey:
    """A client of its own, whose leads are only spoken to over the accounts of these tests."""
    from tests.system.survey import open_survey

    return open_survey(stack, admin, "Moinho Azul", owner_phone="+5511965430077", start=False)


def _add(survey: Survey, phone: str) -> str:
    added = survey.owner.table("leads").insert({"name": "Ana Lima", "phone": phone}).execute()
    return str(row(added)["id"])


@pytest.mark.parametrize("name", KINDS)
def test_an_interview_goes_over_the_provider(mill: Survey, name: str) -> None:
    """Invited, told to be delivered, answered, asked on: each message once, over the account's own channel."""
    line, phone = Line(mill, KINDS[name]), new_phone()
    line.start(_add(mill, phone))
    invitation = line.hear(phone)
    assert "assistente virtual da Moinho Azul" in invitation["text"]
    until(lambda: line.is_delivered(1), 20, "the word that the invitation arrived")
    line.say(phone, "oi")
    first = line.hear(phone, invitation["seq"])
    assert QUESTIONS[0]["text"] in first["text"]
    line.say(phone, "9")
    second = line.hear(phone, first["seq"])
    assert QUESTIONS[1]["text"] in second["text"]
    until(lambda: line.is_delivered(3), 20, "the word that the questions arrived")
    assert {one["channel"] for one in line.deliveries()} == {line.kind.channel}
    sent = mill.stack.simulator.messages(phone_number_id=line.external_id)
    assert {one["id"] for one in sent} == {one["provider_message_id"] for one in line.deliveries()}
    said = mill.stack.rows(
        "select content from public.interview_messages where client_id = %s and role = 'user'"
        " and interview_id in (select interview_id from public.deliveries where channel_account_id = %s)"
        " order by seq",
        mill.client_id,
        line.id,
    )
    assert [one["content"] for one in said] == ["oi", "9"]


@pytest.mark.parametrize("name", ["evolution", "zapi"])
def test_a_lid_alone_is_heard_and_kept(mill: Survey, name: str) -> None:
    """No number anywhere: one lead without a phone, and its message over WhatsApp."""
    line, lid = Line(mill, KINDS[name]), str(2 * 10**14 + secrets.randbelow(10**14))
    line.say("5511900000000", "oi", lid=lid, hide_phone=True)
    ((lead),) = mill.stack.rows(
        "select l.phone, i.kind::text from public.lead_identities as i join public.leads as l on l.id = i.lead_id"
        " where i.client_id = %s and i.value = %s",
        mill.client_id,
        lid,
    )
    assert lead == {"phone": None, "kind": "lid"}


def test_a_number_hidden_behind_twilio_is_a_lead_by_its_business_scoped_id(mill: Survey) -> None:
    """`From` is an id, not a number."""
    line, phone = Line(mill, KINDS["twilio-whatsapp"]), new_phone()
    line.say(phone, "oi", hide_phone=True)
    found = mill.stack.rows(
        "select l.phone from public.lead_identities as i join public.leads as l on l.id = i.lead_id"
        " where i.client_id = %s and i.kind = 'bsuid' and i.value = %s",
        mill.client_id,
        bsuid_of(phone),
    )
    assert found == [{"phone": None}]


@pytest.mark.parametrize("name", KINDS)
def test_a_webhook_with_another_secret_is_refused_and_changes_nothing(mill: Survey, name: str) -> None:
    """Whatever proves the provider: wrong, it gets 401, and no message of it is stored."""
    line = Line(mill, KINDS[name])
    wrong = {key: secrets.token_hex(12) for key in line.credentials} | {
        key: value for key, value in line.credentials.items() if key == "account_sid"
    }
    mill.stack.simulator.change_account(line.kind.provider, line.external_id, credentials=wrong)
    with pytest.raises(WebhookFailed) as refused:
        line.say(new_phone(), "deixe-me entrar")
    assert refused.value.status == 401
    assert mill.stack.value("select count(*) from public.webhook_events where channel_account_id = %s", line.id) == 0


@pytest.mark.parametrize("name", KINDS)
def test_an_answer_that_gets_lost_is_known_by_the_word_that_follows(mill: Survey, name: str) -> None:
    """Where our id travels with the message the word settles it; elsewhere it is not repeated blindly. Never is it sent
    twice meanwhile."""
    line, phone = Line(mill, KINDS[name]), new_phone()
    mill.stack.simulator.fail_next(1, mode="lost", phone_number_id=line.external_id)
    line.start(_add(mill, phone))
    line.hear(phone)
    if line.kind.provider == "twilio":
        until(lambda: line.is_delivered(1), 20, "the word by our own id")
    else:
        until(lambda: [one["status"] for one in line.deliveries()] == ["unknown"], 20, "an unknown outcome")
    assert len(mill.stack.simulator.messages(phone, phone_number_id=line.external_id)) == 1


def test_what_twilio_refuses_late_is_a_named_failure(mill: Survey) -> None:
    """Accepted, then not delivered: outside of the window, by Twilio's code."""
    line, phone = Line(mill, KINDS["twilio-whatsapp"]), new_phone()
    mill.stack.simulator.change_account("twilio", line.external_id, closed_windows=[phone])
    line.start(_add(mill, phone))
    until(lambda: [one["status"] for one in line.deliveries()] == ["failed"], 20, "the refusal")
    (failed,) = line.deliveries()
    assert (failed["error"]["code"], failed["error"]["scope"]) == ("63016", "message")


def test_a_person_who_stopped_at_twilio_is_opted_out(mill: Survey) -> None:
    """Twilio's own notice, not the word, writes it down; START takes it back."""
    line, phone = Line(mill, KINDS["twilio-sms"]), new_phone()
    lead = _add(mill, phone)
    line.say(phone, "PARE", fields={"OptOutType": "STOP"})
    opted_out = "select opted_out_at is not null from public.leads where id = %s"
    assert mill.stack.value(opted_out, lead) is True
    line.say(phone, "START", fields={"OptOutType": "START"})
    assert mill.stack.value(opted_out, lead) is False


def test_no_secret_of_a_provider_is_anywhere_in_the_clear(mill: Survey) -> None:
    """Not in a table, not in a log: also what Z-API's address carries, and the key that is in Evolution's body."""
    lines = [Line(mill, KINDS[name]) for name in ("evolution", "zapi", "zenvia")]
    for line in lines:
        line.say(new_phone(), "oi")
    hidden = [secret for line in lines for secret in line.credentials.values()]
    assert mill.stack.tables_with(*hidden) == []
    logs = [path.read_text(errors="replace") for path in (mill.stack.directory / "logs").glob("*.log")]
    assert logs
    assert not [secret for secret in hidden for log in logs if secret in log]
