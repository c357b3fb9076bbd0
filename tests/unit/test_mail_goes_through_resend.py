"""E-mail through Resend over real HTTP: what is sent, what each error leads to, and what webhooks become."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from aiohttp import web

from renum.accounts import Account
from renum.channels import Post, channel, resend
from renum.channels.calls import read_answer
from renum.channels.resend_errors import ACTIONS, send_error
from renum.errors import RequestError, SendError
from renum.shapes import Delivery
from tests.unit.doubles import config, free_port_url, server

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

ACTION_BY_NAME = {
    ("failed", True, "message"): ["application_error", "internal_server_error", "service_unavailable"],
    ("throttled", True, "account"): ["rate_limit_exceeded", "daily_quota_exceeded"],
    ("throttled", True, "message"): ["concurrent_idempotent_requests"],
    ("unknown", False, "message"): ["invalid_idempotent_request"],
    ("failed", False, "message"): [
        "validation_error", "missing_required_field", "invalid_parameter", "not_found", "invalid_attachment",
        "invalid_idempotency_key", "method_not_allowed", "invalid_region", "security_error",
    ],
    ("failed", False, "account"): [
        "missing_api_key", "restricted_api_key", "invalid_api_key", "invalid_from_address", "invalid_access",
        "monthly_quota_exceeded",
    ],
}  # fmt: skip
CASES = [(name, *action) for action, names in ACTION_BY_NAME.items() for name in names]


@pytest.mark.parametrize(("name", "outcome", "retryable", "scope"), CASES)
def test_a_name_leads_to_its_action(name: str, outcome: str, retryable: bool, scope: str) -> None:
    """Whatever its HTTP status."""
    for status in (400, 422, 500):
        error = send_error({"name": name, "message": "m\nn", "statusCode": status}, status, None)
        assert (error.code, error.message) == (name, "m n")
        assert (error.outcome, error.retryable, error.scope) == (outcome, retryable, scope)
        assert (error.retry_after_ms is not None) == (outcome == "throttled")


def test_no_name_is_in_the_table_without_a_case() -> None:
    """A name added to the table needs its line here."""
    assert set(ACTIONS) == {case[0] for case in CASES}


@pytest.mark.parametrize(
    ("error", "status", "outcome", "retryable", "scope"),
    [
        ({"name": "validation_error"}, 403, "failed", False, "account"),
        ({"name": "new_one"}, 422, "failed", False, "message"),
        ({"name": "new_one"}, 500, "failed", True, "message"),
        ({"name": "new_one"}, 429, "throttled", True, "number"),
        ({"name": 7, "message": 7}, 401, "failed", False, "account"),
        (None, 500, "failed", True, "message"),
    ],
)
def test_a_name_nobody_knows_is_decided_by_status(
    error: Any, status: int, outcome: str, retryable: bool, scope: str
) -> None:
    """A domain that is not verified is the account's trouble."""
    made = send_error(error, status, None)
    assert (made.outcome, made.retryable, made.scope) == (outcome, retryable, scope)


def test_retry_after_is_obeyed_when_longer() -> None:
    """Resend's own header wins over the table's pause."""
    limited = httpx.Response(
        429, content=b'{"statusCode":429,"name":"rate_limit_exceeded","message":"m"}', headers={"retry-after": "7"}
    )
    with pytest.raises(SendError) as refused:
        read_answer(limited, resend.READING)
    assert refused.value.retry_after_ms == 7_000


@pytest.mark.parametrize(
    ("status", "content", "code", "outcome"),
    [
        (200, b"<html>Wi-Fi</html>", "not_json", "unknown"),
        (200, b"", "empty_answer", "unknown"),
        (200, b"{}", "no_message_id", "unknown"),
        (200, b'{"id":7}', "no_message_id", "unknown"),
        (302, b"", "redirected", "failed"),
        (502, b"<html>", "not_json", "unknown"),
        (504, b"", "empty_answer", "unknown"),
        (500, b"oops", "http_500", "failed"),
    ],
)
def test_a_broken_answer_has_a_name(status: int, content: bytes, code: str, outcome: str) -> None:
    """What may have been accepted is unknown."""
    with pytest.raises(SendError) as refused:
        read_answer(httpx.Response(status, content=content), resend.READING)
    assert (refused.value.code, refused.value.outcome) == (code, outcome)


DELIVERY: Delivery = {
    "id": "7d9f3a52-0000-4000-8000-00000000000d",
    "kind": "invitation",
    "channel": "email",
    "channel_account_id": "a1",
    "to": {"phone": None, "wa_id": None, "bsuid": None, "email": "ana@exemplo.com.br"},
    "content": {"type": "text", "subject": "Olá, você!", "text": "Bom dia."},
}


def account(**more: Any) -> Account:
    """A Resend account."""
    given: dict[str, Any] = {"credentials": {"api_key": "re_1", "webhook_secret": SECRET}, "config": {}, **more}
    given.setdefault("external_id", "oi@padaria.com.br")
    return Account(id="a1", client_id="c1", channel="email", provider="resend", status="active", **given)


@pytest.fixture
async def point_at(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Any]:
    """Points the adapter at an address."""

    def point(url: str) -> None:
        monkeypatch.setattr(resend, "settings", lambda: config(url, resend_url=url))

    yield point
    await resend._clients.get().aclose()


async def test_an_accepted_mail_gives_its_id(point_at: Any) -> None:
    """Once: the delivery's id is the key, and the tag that comes back."""
    given = account(config={"from_name": 'Padaria "São João"', "reply_to": "fale@padaria.com.br"})
    async with server() as api:
        point_at(api.url)
        api.answer("emails", {"id": "e1"})
        assert await channel("resend").send(DELIVERY, given) == "e1"
        (request,) = api.received
    assert request.headers["Authorization"] == "Bearer re_1"
    assert request.headers["Idempotency-Key"] == DELIVERY["id"]
    assert request.body == {
        "from": '"Padaria \\"São João\\"" <oi@padaria.com.br>',
        "to": ["ana@exemplo.com.br"],
        "reply_to": "fale@padaria.com.br",
        "subject": "Olá, você!",
        "text": "Bom dia.",
        "headers": {
            "Auto-Submitted": "auto-generated",
            "List-Unsubscribe": "<mailto:fale@padaria.com.br?subject=SAIR>",
        },
        "tags": [{"name": "delivery_id", "value": DELIVERY["id"]}],
    }


async def fails(point_at: Any, url: str, given: Delivery = DELIVERY, **more: Any) -> SendError:
    """The error of one send."""
    point_at(url)
    with pytest.raises(SendError) as refused:
        await channel("resend").send(given, account(**more))
    return refused.value


@pytest.mark.parametrize(
    ("content", "more", "code", "scope"),
    [
        ({"subject": "Oi\r\nBcc: x@y.br"}, {}, "bad_header", "message"),
        ({"text": " "}, {}, "empty_text", "message"),
        ({"text": "x" * 100_001}, {}, "text_too_long", "message"),
        ({}, {"config": {"from_name": "P\nX"}}, "bad_header", "account"),
        ({}, {"credentials": {}}, "credentials_missing", "account"),
        ({}, {"credentials": {}, "problem": "credentials_unreadable"}, "credentials_unreadable", "account"),
        ({}, {"external_id": "padaria"}, "bad_sender", "account"),
    ],
)
async def test_what_cannot_be_sent_is_refused_before_it_leaves(
    point_at: Any, content: dict[str, Any], more: dict[str, Any], code: str, scope: str
) -> None:
    """Permanent, named, and without a call."""
    given: Any = {**DELIVERY, "content": {**DELIVERY["content"], **content}}
    error = await fails(point_at, free_port_url(), given, **more)
    assert (error.code, error.retryable, error.scope) == (code, False, scope)


async def test_nobody_there_is_tried_again(point_at: Any) -> None:
    """Nothing left this machine."""
    error = await fails(point_at, free_port_url())
    assert (error.code, error.outcome, error.retryable) == ("unreachable", "failed", True)


async def test_an_answer_that_never_comes_is_unknown(point_at: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may have been taken."""
    monkeypatch.setattr("renum.channels.calls.ANSWER_WITHIN_S", 0.3)
    asked = asyncio.Event()

    async def silence(_: Any) -> Any:
        asked.set()
        await asyncio.sleep(5)
        return {}

    async with server() as api:
        api.on["emails"] = silence
        error = await fails(point_at, api.url)
    assert asked.is_set()
    assert (error.code, error.outcome, error.retryable) == ("timeout", "unknown", False)


def signed(body: bytes, *, secret: str = SECRET, at: float | None = None, name: str = "msg_1") -> dict[str, str]:
    """Headers as Svix makes them."""
    moment = str(int(time.time() if at is None else at))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"{name}.{moment}.".encode() + body, hashlib.sha256).digest()
    return {
        "svix-id": name,
        "svix-timestamp": moment,
        "svix-signature": "v1," + base64.b64encode(digest).decode(),
    }


def verified(body: bytes, headers: dict[str, str], **more: Any) -> bool:
    """Whether the adapter takes it."""
    return channel("resend").verify(Post(body, headers, "http://localhost/"), account(**more))


def test_the_published_vector_is_verified(monkeypatch: pytest.MonkeyPatch) -> None:
    """https://github.com/standard-webhooks/standard-webhooks: secret, id, time, body and signature as printed there."""
    monkeypatch.setattr(time, "time", lambda: 1614265330.0)
    headers = {
        "svix-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "svix-timestamp": "1614265330",
        "svix-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    assert verified(b'{"test": 2432232314}', headers)
    assert not verified(b'{"test": 2432232315}', headers)


def test_a_signature_may_stand_among_others() -> None:
    """While a secret is rotated there are two."""
    headers = signed(b"{}")
    headers["svix-signature"] = f"v1,AAAA v2,x é {headers['svix-signature']}"
    assert verified(b"{}", headers)


@pytest.mark.parametrize(
    "change",
    [
        {"svix-id": "msg_2"},
        {"svix-id": ""},
        {"svix-timestamp": "1"},
        {"svix-timestamp": "agora"},
        {"svix-timestamp": "²"},
        {"svix-signature": ""},
        {"svix-signature": "v1,"},
        {"svix-signature": "v1,ção"},
    ],
)
def test_a_forged_webhook_is_not_taken(change: dict[str, str]) -> None:
    """Another id, another time, no signature, nonsense: no exception either."""
    assert verified(b"{}", signed(b"{}"))
    assert not verified(b"{}", signed(b"{}") | change)


@pytest.mark.parametrize("off_s", [-301, 301, 86_400])
def test_a_replayed_webhook_is_not_taken(off_s: float) -> None:
    """Five minutes is as far as clocks may differ."""
    assert not verified(b"{}", signed(b"{}", at=time.time() + off_s))


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_***"])
def test_an_account_without_a_secret_takes_nothing(secret: str) -> None:
    """An empty key would be everybody's."""
    assert not verified(
        b"{}", signed(b"{}", secret="whsec_"), credentials={"api_key": "re_1", "webhook_secret": secret}
    )


def parse(kind: Any, **data: Any) -> Any:
    """The one event of a webhook."""
    body = {
        "type": kind,
        "created_at": "2026-11-22T23:41:12.126Z",
        "data": {
            "email_id": "e1",
            "to": ["Ana@exemplo.com.br"],
            "tags": {"delivery_id": DELIVERY["id"], "category": "x"},
            **data,
        },
    }
    (event,) = channel("resend").parse(Post(json.dumps(body).encode(), {"svix-id": "msg_1"}, "http://l/"), account())
    return event


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("email.sent", "sent"),
        ("email.delivered", "delivered"),
        ("email.opened", "read"),
        ("email.clicked", "read"),
    ],
)
def test_good_news_moves_the_delivery(kind: str, status: str) -> None:
    """By Resend's id, and by ours among the tags."""
    event = parse(kind)
    assert (event["kind"], event["provider_id"], event["occurred_at"]) == (
        "status",
        "msg_1",
        "2026-11-22T23:41:12.126000+00:00",
    )
    assert event["status"] == {
        "message_id": "e1",
        "status": status,
        "reference": DELIVERY["id"],
        "error": None,
        "pricing": None,
    }


@pytest.mark.parametrize(
    ("kind", "data", "code", "sentence", "scope"),
    [
        ("email.bounced", {"bounce": {"message": "No such\nuser"}}, "bounced", "No such user", "recipient"),
        ("email.bounced", {}, "bounced", "no message", "recipient"),
        ("email.failed", {"failed": {"reason": "reached_daily_quota"}}, "failed", "reached_daily_quota", "message"),
        ("email.suppressed", {"suppressed": {"message": "on the list"}}, "suppressed", "on the list", "recipient"),
    ],
)
def test_bad_news_ends_the_delivery(kind: str, data: dict[str, Any], code: str, sentence: str, scope: str) -> None:
    """With why, and whose trouble it is."""
    status = parse(kind, **data)["status"]
    assert status["status"] == "failed"
    assert status["error"] == {"code": code, "message": sentence, "retryable": False, "scope": scope}


def test_a_complaint_is_an_opt_out() -> None:
    """Of whoever complained."""
    event = parse("email.complained")
    assert (event["kind"], event["sender"]["email"]) == ("opt_out", "ana@exemplo.com.br")


@pytest.mark.parametrize("tags", [[{"name": "delivery_id", "value": "d1"}], {"delivery_id": "d1"}])
def test_tags_come_in_two_shapes(tags: Any) -> None:
    """A list, as they are sent, or an object."""
    assert parse("email.sent", tags=tags)["status"]["reference"] == "d1"


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("email.delivery_delayed", {}),
        ("contact.created", {}),
        ("email.sent", {"email_id": None}),
        ("email.complained", {"to": None}),
        ("email.complained", {"to": [7]}),
    ],
)
def test_everything_else_is_kept_raw(kind: str, data: dict[str, Any]) -> None:
    """Nothing moves."""
    event = parse(kind, **data)
    assert (event["kind"], event["field"], event["raw"]["type"]) == ("other", kind, kind)


def test_a_moment_of_a_week_is_a_moment_to_the_database_too() -> None:
    """Python reads what PostgreSQL does not."""
    body = {"type": "email.sent", "created_at": "2026-W47-1T10:00:00-03:00", "data": {"email_id": "e1"}}
    (event,) = channel("resend").parse(Post(json.dumps(body).encode(), {}, "http://l/"), account())
    assert event["occurred_at"] == "2026-11-16T13:00:00+00:00"


@pytest.mark.parametrize("moment", ["ontem", "2026-11-22T23:41:12", "9999-12-31T23:59:59-12:00", 7, None])
def test_a_moment_that_is_none_is_left_out(moment: Any) -> None:
    """The database would have to refuse the whole webhook for it."""
    body = {"type": "email.sent", "created_at": moment, "data": {"email_id": "e1"}}
    (event,) = channel("resend").parse(Post(json.dumps(body).encode(), {}, "http://l/"), account())
    assert event["occurred_at"] is None
    assert event["provider_id"].startswith("sha256:")


@pytest.mark.parametrize("body", [b"", b"[]", b"7", b"{}", b'{"type":7}', b"\xff"])
def test_what_is_no_event_is_refused(body: bytes) -> None:
    """400: Resend shows it to whoever set it up."""
    with pytest.raises(RequestError) as refused:
        channel("resend").parse(Post(body, {}, "http://l/"), account())
    assert refused.value.status == 400


async def check(point_at: Any, answer: Any, **more: Any) -> list[tuple[str, bool]]:
    """What a check finds: (item, whether it is well)."""
    async with server() as api:
        point_at(api.url)
        api.answer("domains", answer)
        findings = await channel("resend").check(account(**more), "https://r.br/email_webhook/a1")
    assert all(finding.ok or finding.todo for finding in findings)
    return [(finding.item, finding.ok) for finding in findings]


VERIFIED = {"data": [{"name": "padaria.com.br", "status": "verified"}]}


async def test_a_check_asks_for_key_domain_and_secret(point_at: Any) -> None:
    """All well."""
    assert await check(point_at, VERIFIED) == [("key", True), ("domain", True), ("webhook", True)]


@pytest.mark.parametrize(
    ("answer", "more", "expected"),
    [
        ({"data": [{"name": "padaria.com.br", "status": "pending"}]}, {}, [("key", True), ("domain", False)]),
        ({"data": []}, {}, [("key", True), ("domain", False)]),
        ((401, {"name": "restricted_api_key"}), {}, [("key", True)]),
        ((403, {"name": "invalid_api_key"}), {}, [("key", False)]),
        ((200, "<html>"), {}, [("key", False)]),
        (VERIFIED, {"credentials": {"webhook_secret": SECRET}}, [("key", False)]),
        (VERIFIED, {"external_id": "padaria"}, [("sender", False)]),
    ],
)
async def test_a_check_says_what_is_missing(
    point_at: Any, answer: Any, more: dict[str, Any], expected: list[tuple[str, bool]]
) -> None:
    """With what to do about it."""
    if isinstance(answer, tuple):
        status, body = answer
        answer = web.json_response(body, status=status) if isinstance(body, dict) else web.Response(text=body)
    assert await check(point_at, answer, **more) == [*expected, ("webhook", True)]


async def test_a_check_survives_a_provider_that_is_away(point_at: Any) -> None:
    """And says so; without a secret it says that, too."""
    point_at(free_port_url())
    findings = await channel("resend").check(account(credentials={"api_key": "re_1"}), "https://r.br/w")
    assert [(finding.item, finding.ok) for finding in findings] == [("key", False), ("webhook", False)]
