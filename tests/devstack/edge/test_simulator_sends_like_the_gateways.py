"""Twilio, Evolution API, Z-API and Zenvia as the simulator speaks them: taken, refused with the provider's own words,
ordered to fail."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.devstack.edge.conftest import Edge

SID, TO, GONE = "AC1", "5511987654321", "5511900000009"
CREDENTIALS = {
    "twilio": {"account_sid": SID, "auth_token": "t"},
    "evolution": {"api_key": "k", "webhook_secret": "s"},
    "zapi": {"instance_token": "i", "client_token": "c", "webhook_secret": "s"},
    "zenvia": {"api_token": "z", "webhook_secret": "s"},
}
_ids = itertools.count(1)

Send = Callable[..., httpx.Response]


def _register(edge: Edge, provider: str, **options: Any) -> str:
    """An account of the provider whose webhooks go nowhere; returns its id."""
    external_id = f"+5511300{next(_ids):05}" if provider in ("twilio", "zenvia") else f"loja{next(_ids)}"
    edge.simulator.register_account(
        provider, external_id, "http://127.0.0.1:9/", CREDENTIALS[provider], statuses=[], unknown=[GONE], **options
    )
    return external_id


def _send(
    edge: Edge, provider: str, external_id: str, *, to: str = TO, text: str = "oi", **wrong: str
) -> httpx.Response:
    """One text, with the right credentials unless `wrong` says others."""
    base = f"{edge.config.simulator_url}/{provider}"
    known = CREDENTIALS[provider] | wrong
    if provider == "twilio":
        prefix = "whatsapp:" if "sms" not in wrong else ""
        fields = {"From": prefix + external_id, "To": f"{prefix}+{to}", "Body": text}
        url = f"{base}/2010-04-01/Accounts/{SID}/Messages.json"
        return httpx.post(url, data=fields, auth=(SID, known["auth_token"]))
    if provider == "evolution":
        url, headers = f"{base}/message/sendText/{external_id}", {"apikey": known["api_key"]}
        return httpx.post(url, json={"number": to, "text": text}, headers=headers)
    if provider == "zapi":
        url = f"{base}/instances/{external_id}/token/{known['instance_token']}/send-text"
        return httpx.post(url, json={"phone": to, "message": text}, headers={"Client-Token": known["client_token"]})
    body = {"from": external_id.lstrip("+"), "to": to, "contents": [{"type": "text", "text": text}]}
    return httpx.post(f"{base}/v2/channels/sms/messages", json=body, headers={"X-API-TOKEN": known["api_token"]})


@pytest.mark.parametrize(("provider", "status"), [("twilio", 201), ("evolution", 201), ("zapi", 200), ("zenvia", 200)])
def test_a_message_in_order_is_taken_and_kept(edge: Edge, provider: str, status: int) -> None:
    external_id = _register(edge, provider)
    assert _send(edge, provider, external_id, text="Olá!").status_code == status
    (kept,) = edge.simulator.messages(TO, phone_number_id=external_id)
    assert kept["text"] == "Olá!"


@pytest.mark.parametrize(
    ("provider", "wrong", "status", "told"),
    [
        ("twilio", {"auth_token": "x"}, 401, "20003"),
        ("evolution", {"api_key": "x"}, 401, "Unauthorized"),
        ("zapi", {"instance_token": "x"}, 400, "Instance not found"),
        ("zapi", {"client_token": "x"}, 403, "not allowed"),
        ("zenvia", {"api_token": "x"}, 401, "AUTHENTICATION_ERROR"),
        ("twilio", {"text": "x" * 1601}, 400, "21617"),
        ("zenvia", {"text": "x" * 1601}, 400, "CONTENT_TOO_LONG"),
        ("twilio", {"text": ""}, 400, "21602"),
        ("evolution", {"text": ""}, 400, "requires property"),
        ("zapi", {"text": ""}, 400, "message is required"),
        ("zenvia", {"text": " "}, 400, "VALIDATION_ERROR"),
        ("twilio", {"to": "12"}, 400, "21211"),
        ("twilio", {"to": GONE, "sms": "yes"}, 400, "21614"),
        ("evolution", {"to": GONE}, 400, '"exists":false'),
        ("zenvia", {"to": GONE}, 400, "VALIDATION_ERROR"),
    ],
)
def test_what_the_provider_refuses_is_refused_in_its_words(
    edge: Edge, provider: str, wrong: dict[str, str], status: int, told: str
) -> None:
    external_id = _register(edge, provider)
    answer = _send(edge, provider, external_id, **wrong)
    assert answer.status_code == status
    assert told in answer.text
    assert edge.simulator.messages(phone_number_id=external_id) == []


def test_a_person_who_sent_stop_gets_nothing_from_twilio(edge: Edge) -> None:
    answer = _send(edge, "twilio", _register(edge, "twilio", opted_out=[TO]))
    assert (answer.status_code, answer.json()["code"]) == (400, 21610)


@pytest.mark.parametrize("provider", ["evolution", "zapi"])
def test_a_gateway_whose_phone_is_away_takes_nothing(edge: Edge, provider: str) -> None:
    answer = _send(edge, provider, _register(edge, provider, connected=False))
    assert answer.status_code == 400
    assert "onnect" in answer.text


@pytest.mark.parametrize(
    ("provider", "code", "http_status"),
    [
        ("twilio", 63018, None),
        ("evolution", "Error: rate-overlimit", 400),
        ("zapi", "Too many requests", 429),
        ("zenvia", "INTERNAL_ERROR", 500),
    ],
)
def test_failures_are_ordered_with_the_providers_own_words(
    edge: Edge, provider: str, code: int | str, http_status: int | None
) -> None:
    """Refused; then lost, which goes out nevertheless; then all is well again."""
    external_id = _register(edge, provider)
    edge.simulator.fail_next(code, http_status=http_status, phone_number_id=external_id)
    edge.simulator.fail_next(code, mode="lost", phone_number_id=external_id)
    refused = _send(edge, provider, external_id)
    assert refused.status_code == (http_status or 400)
    assert str(code) in refused.text
    lost = _send(edge, provider, external_id)
    assert (lost.status_code, lost.headers["content-type"].partition(";")[0]) == (504, "text/html")
    assert _send(edge, provider, external_id).is_success
    assert len(edge.simulator.messages(TO, phone_number_id=external_id)) == 2


def test_an_account_is_registered_with_what_it_needs(edge: Edge) -> None:
    for wrong in (("pombo", "x"), ("twilio", ""), ("zenvia", "unknown-until-now")):
        with pytest.raises(ValueError, match=r"required|needs"):
            edge.simulator.change_account(*wrong)
    with pytest.raises(ValueError, match="registered"):
        edge.simulator.say_through("zapi", "nobody", TO, "oi")
