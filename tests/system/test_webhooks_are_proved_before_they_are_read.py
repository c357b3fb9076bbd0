"""What is not proved, not readable or not for us is refused with its own status, and leaves no trace in any table."""

from __future__ import annotations

import hmac
import secrets
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from devstack.demo.access import row
from devstack.simulator import envelope
from tests.stack import until
from tests.system.survey import Survey, new_phone, new_wamid, text_message

Headers = dict[str, str] | list[tuple[bytes, bytes]]
MEGABYTE = 1024 * 1024


class Trace:
    """One attempt: a lead nobody knows writes a text that nobody else has written."""

    def __init__(self, survey: Survey) -> None:
        self.survey = survey
        self.phone = new_phone()
        self.wamid = new_wamid()
        self.text = f"marca {secrets.token_hex(8)}"
        self.body = survey.envelope(text_message(self.phone, self.text, self.wamid))
        survey.quiet()
        self.before = self.counts()

    def assert_none(self) -> None:
        """Nothing of it is in any table of any schema, and every table has as many rows as before."""
        stack = self.survey.stack
        assert stack.tables_with(self.text, self.wamid, self.phone) == []
        assert self.counts() == self.before

    def counts(self) -> dict[str, int]:
        """How many rows the client has in each table."""
        return self.survey.stack.counts(self.survey.client_id)


@pytest.fixture
def trace(bakery: Survey) -> Iterator[Trace]:
    """An attempt that must leave no trace."""
    made = Trace(bakery)
    yield made
    made.assert_none()


def hmac_hex(body: bytes, secret: str, algorithm: str = "sha256") -> str:
    """The hex digits alone."""
    return hmac.new(secret.encode(), body, algorithm).hexdigest()


def header(value: str | bytes) -> Headers:
    """The signature header with this value, bytes as they are."""
    raw = value if isinstance(value, bytes) else value.encode("latin-1")
    return [(b"x-hub-signature-256", raw), (b"content-type", b"application/json")]


# From the attempt and the other client: the headers of a request that must be refused.
FORGERIES: dict[str, Callable[[Trace, Survey], Headers]] = {
    "no signature": lambda trace, other: {"Content-Type": "application/json"},
    "an empty signature": lambda trace, other: header(""),
    "only the scheme": lambda trace, other: header("sha256="),
    "the digest without its scheme": lambda trace, other: header(hmac_hex(trace.body, trace.survey.number.app_secret)),
    "another scheme's name": lambda trace, other: header(
        "sha1=" + hmac_hex(trace.body, trace.survey.number.app_secret, "sha1")
    ),
    "the old header": lambda trace, other: {
        "X-Hub-Signature": "sha1=" + hmac_hex(trace.body, trace.survey.number.app_secret, "sha1")
    },
    "signed with nothing": lambda trace, other: header("sha256=" + hmac_hex(trace.body, "")),
    "signed with a guess": lambda trace, other: header(envelope.signature(trace.body, "segredo")),
    "signed with the account's id": lambda trace, other: header(
        envelope.signature(trace.body, trace.survey.number.channel_account_id)
    ),
    "signed with the verify token's neighbour, the access token": lambda trace, other: header(
        envelope.signature(trace.body, trace.survey.secrets["access_token"])
    ),
    "signed by another client's account": lambda trace, other: header(other.sign(trace.body)),
    "the right signature of another body": lambda trace, other: header(trace.survey.sign(trace.body + b" ")),
    "a truncated digest": lambda trace, other: header(trace.survey.sign(trace.body)[:-1]),
    "half a digest": lambda trace, other: header(trace.survey.sign(trace.body)[: 7 + 32]),
    "a digest with something behind": lambda trace, other: header(trace.survey.sign(trace.body) + "0"),
    "no hex digits": lambda trace, other: header("sha256=" + "zz" * 32),
    "not ASCII, as Latin-1": lambda trace, other: header("sha256=não".encode("latin-1")),
    "not ASCII, as UTF-8": lambda trace, other: header("sha256=não é hexadecimal".encode()),
    "bytes of no encoding": lambda trace, other: header(b"sha256=\xff\xfe\xfd\x80"),
    "very long": lambda trace, other: header("sha256=" + "a" * 4000),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_webhook_without_this_accounts_signature_is_refused(trace: Trace, florist: Survey, forgery: str) -> None:
    """401 whatever is wrong with the signature, and nothing is stored."""
    answer = trace.survey.post(trace.body, headers=FORGERIES[forgery](trace, florist))
    assert answer.status_code == 401, answer.text
    assert answer.json()["code"] == "bad_signature"


def test_a_body_changed_on_the_way_is_refused(trace: Trace) -> None:
    """One byte is enough, also one that changes nothing as JSON."""
    signed = {"X-Hub-Signature-256": trace.survey.sign(trace.body)}
    for changed in (trace.body + b"\n", b" " + trace.body, trace.body.replace(b'"text"', b'"Text"', 1), b""):
        assert trace.survey.post(changed, headers=signed).status_code == 401


def test_a_webhook_signed_for_one_account_is_not_taken_at_anothers_address(trace: Trace, florist: Survey) -> None:
    """What one client's provider signed cannot be replayed to the other client."""
    answer = trace.survey.post(trace.body, url=florist.number.webhook_url)
    assert answer.status_code == 401


def test_an_account_without_credentials_takes_nothing(trace: Trace) -> None:
    """No secret is no excuse: not even a signature made with the empty secret passes, nor a GET with an empty token."""
    survey = trace.survey
    added = survey.owner.table("channel_accounts").insert(
        {"provider": "whatsapp_cloud", "name": "Sem credenciais", "external_id": secrets.token_hex(6)}
    )
    url = survey.number.webhook_url.replace(survey.number.channel_account_id, str(row(added.execute())["id"]))
    trace.before = trace.counts()
    for secret in ("", "null", "None"):
        assert (
            survey.post(trace.body, url=url, headers=header(envelope.signature(trace.body, secret))).status_code == 401
        )
    challenge = {"hub.mode": "subscribe", "hub.verify_token": "", "hub.challenge": "1"}
    assert survey.stack.http.get(url, params=challenge).status_code == 403


@pytest.mark.parametrize(
    "body",
    [b"", b"oi", b"{", b'{"entry": [}', b"\xff\xfe\x00", b'{"a": NaN', b"[" * 100_000, b'{"a":' * 50_000],
    ids=["empty", "a word", "half an object", "broken inside", "no UTF-8", "cut off", "deep lists", "deep objects"],
)
def test_what_is_no_json_is_refused(trace: Trace, body: bytes) -> None:
    """400, properly signed as it may be."""
    answer = trace.survey.post(body)
    assert (answer.status_code, answer.json()["code"]) == (400, "not_json"), answer.text


@pytest.mark.parametrize(
    "body", [b"null", b"[]", b"[{}]", b"{}", b'"oi"', b"17", b"true", b'{"entry": 1}', b'{"entry": {}}']
)
def test_json_that_is_no_envelope_is_refused(trace: Trace, body: bytes) -> None:
    """400 for JSON that cannot hold a provider's entries."""
    answer = trace.survey.post(body)
    assert (answer.status_code, answer.json()["code"]) == (400, "not_an_envelope"), answer.text


@pytest.mark.parametrize(
    "segment", [str(uuid.UUID(int=0)), str(uuid.uuid4()), "", "x", "%00", "../whatsapp_webhook", "select", "1" * 36]
)
def test_an_unknown_account_is_not_found(trace: Trace, segment: str) -> None:
    """404 for an id nobody has and for what is no id, signed or not."""
    url = trace.survey.number.webhook_url.rsplit("/", 1)[0] + "/" + segment
    assert trace.survey.post(trace.body, url=url).status_code == 404
    assert trace.survey.post(trace.body, url=url, headers={}).status_code == 404


@pytest.mark.parametrize("door", ["functions", "gateway"])
@pytest.mark.parametrize("form", ["declared", "chunked"])
def test_more_than_three_megabytes_are_refused(trace: Trace, door: str, form: str) -> None:
    """413, whether the length is declared or the body just goes on, at the function itself and through the gateway."""
    survey, url = trace.survey, trace.survey.number.webhook_url
    if door == "gateway":
        url = url.replace(survey.stack.access.functions_url, f"{survey.stack.access.url}/functions/v1")
    body = trace.body[:-1] + b" " * (3 * MEGABYTE) + b"}"
    content: Any = body if form == "declared" else (body[at : at + 65536] for at in range(0, len(body), 65536))
    signed = {"X-Hub-Signature-256": survey.sign(body)}
    answer = survey.stack.http.post(url, content=content, headers=signed)
    assert answer.status_code == 413, answer.text


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_only_get_and_post_are_webhooks(trace: Trace, method: str) -> None:
    """405 for everything else."""
    signed = {"X-Hub-Signature-256": trace.survey.sign(trace.body)}
    url = trace.survey.number.webhook_url
    assert trace.survey.stack.http.request(method, url, content=trace.body, headers=signed).status_code == 405


def test_three_megabytes_are_taken(bakery: Survey) -> None:
    """The provider's largest webhook fits: exactly 3 MB are stored."""
    lead = bakery.lead()
    body = bakery.envelope(text_message(lead.phone, "oi"))
    padded = body[:-1] + b" " * (3 * MEGABYTE - len(body)) + b"}"
    assert len(padded) == 3 * MEGABYTE
    answer = bakery.post(padded)
    assert (answer.status_code, answer.json()["messages"]) == (200, 1)


@pytest.mark.parametrize("door", ["functions", "gateway"])
def test_a_signed_webhook_is_taken(bakery: Survey, door: str) -> None:
    """200 with its counts once it is stored: at the function itself and through the gateway."""
    lead, url = bakery.lead(), bakery.number.webhook_url
    lead.hear()
    if door == "gateway":
        url = url.replace(bakery.stack.access.functions_url, f"{bakery.stack.access.url}/functions/v1")
    wamid = new_wamid()
    answer = bakery.post(bakery.envelope(text_message(lead.phone, "sim", wamid)), url=url)
    assert answer.status_code == 200
    assert answer.json() == {"messages": 1, "statuses": 0, "other": 0, "duplicates": 0, "unrouted": 0}
    assert [message["content"] for message in lead.said()] == ["sim"]
    assert "que nota você dá?" in lead.hear()
    # The instrument of the tests above: what was stored is found.
    assert "public.webhook_events" in bakery.stack.tables_with(wamid)


def test_a_webhook_address_is_proved_with_its_verify_token(bakery: Survey, florist: Survey) -> None:
    """GET: the bare challenge for the account's own token, 403 for any other, 404 for an unknown account."""
    stack, url, token = bakery.stack, bakery.number.webhook_url, "prova-" + secrets.token_hex(8)
    credentials = {**bakery.secrets, "verify_token": token}
    stored = stack.http.post(
        f"{stack.access.functions_url}/channel_credentials",
        headers={"Authorization": f"Bearer {bakery.token}"},
        json={"channel_account_id": bakery.number.channel_account_id, "credentials": credentials},
    )
    assert stored.status_code == 204
    right = {"hub.mode": "subscribe", "hub.verify_token": token, "hub.challenge": "<b>1158201444</b>"}

    def proved() -> httpx.Response | None:
        # A running instance takes a new token up when it has not looked for three seconds.
        answer = stack.http.get(url, params=right)
        return answer if answer.status_code == 200 else None

    answer = until(proved, 5)
    assert answer.text == "<b>1158201444</b>"
    # Never HTML: a link with somebody's script in it must not run under our name.
    assert answer.headers["content-type"].startswith("text/plain")
    wrong: list[dict[str, str]] = [
        {**right, "hub.verify_token": "outro"},
        {**right, "hub.verify_token": ""},
        {**right, "hub.verify_token": token + "x"},
        {**right, "hub.verify_token": "não"},
        {**right, "hub.mode": "unsubscribe"},
        {"hub.mode": "subscribe", "hub.verify_token": token},
        {},
    ]
    for query in wrong:
        answer = stack.http.get(url, params=query)
        assert answer.status_code == 403, query
        assert "1158201444" not in answer.text
    assert stack.http.get(florist.number.webhook_url, params=right).status_code == 403
    unknown = url.replace(bakery.number.channel_account_id, str(uuid.uuid4()))
    assert stack.http.get(unknown, params=right).status_code == 404
