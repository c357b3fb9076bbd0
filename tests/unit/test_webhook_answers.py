"""What `whatsapp_webhook` answers, through the real functions-framework app: nothing is stored unless it says 200."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from renum import accounts, rpc
from renum.crypto import seal
from renum.settings import settings
from tests.unit.doubles import KEY, Server, deployed, free_port_url, refusal, server

SOURCE = Path(__file__).parents[2] / "functions" / "whatsapp_webhook.py"
ACCOUNT = str(uuid.uuid4())
SECRETS = {"access_token": "EAAG", "app_secret": "s3cr3t", "verify_token": "verificação"}
COUNTS = {"messages": 1, "statuses": 0, "other": 0, "duplicates": 0, "unrouted": 0}
BODY = json.dumps(
    {
        "object": "whatsapp_business_account",
        "entry": [
            {
                "changes": [
                    {
                        "field": "messages",
                        "value": {
                            "messages": [
                                {"id": "wamid.1", "from": "5511999990000", "type": "text", "text": {"body": "8"}}
                            ]
                        },
                    }
                ]
            }
        ],
    }
).encode()


def row(secrets: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    """The account as `worker.channel_account` gives it."""
    sealed = seal(secrets or SECRETS, channel_account_id=ACCOUNT, key=KEY, key_id="1")
    base = {"id": ACCOUNT, "client_id": "c", "channel": "whatsapp", "provider": "whatsapp_cloud", "external_id": "1000"}
    return {**base, "status": "active", "config": {}, "credentials": sealed, **more}


def signed(body: bytes, secret: str = "s3cr3t") -> dict[str, str]:
    """The header Meta would send with `body`."""
    return {"X-Hub-Signature-256": "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


class Hook:
    """The deployed function, called over ASGI, with its database on loopback."""

    def __init__(self, database: Server) -> None:
        self.database = database
        self.http = deployed(SOURCE)

    async def post(
        self, body: bytes = BODY, headers: Any = None, account: str = ACCOUNT, prefix: str = "/"
    ) -> httpx.Response:
        """One webhook, signed unless `headers` say otherwise."""
        return await self.http.post(
            f"{prefix}{account}", content=body, headers=signed(body) if headers is None else headers
        )

    @property
    def stored(self) -> list[Any]:
        """What reached `ingest`."""
        return self.database.calls("ingest")


@pytest.fixture
async def hook(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Hook]:
    """A webhook function with one account in its database."""
    async with server() as database:
        monkeypatch.setenv("RENUM_REST_URL", database.url)
        monkeypatch.setenv("RENUM_WORKER_KEY", "worker-jwt")
        monkeypatch.setenv("RENUM_CREDENTIALS_KEY", KEY)
        settings.cache_clear()

        async def account(body: dict[str, Any]) -> Any:
            return row() if body["channel_account_id"] == ACCOUNT else None

        database.on["channel_account"] = account
        database.answer("ingest", COUNTS)
        yield Hook(database)
        await rpc.rpc().close()
        settings.cache_clear()


async def test_a_signed_webhook_is_stored_and_then_acknowledged(hook: Hook) -> None:
    """One ingest with the account and its events; the counts come back."""
    answer = await hook.post()
    assert (answer.status_code, answer.json()) == (200, COUNTS)
    (call,) = hook.stored
    assert call["channel_account_id"] == ACCOUNT
    assert [event["message"]["text"] for event in call["events"]] == ["8"]


@pytest.mark.parametrize("prefix", ["/", "/whatsapp_webhook/", "/functions/v1/whatsapp_webhook/"])
async def test_the_paths_last_segment_names_the_account(hook: Hook, prefix: str) -> None:
    """Wherever the function is mounted."""
    assert (await hook.post(prefix=prefix)).status_code == 200


async def test_the_account_is_asked_for_once_a_minute(hook: Hook) -> None:
    """Twenty webhooks at once, one call for the account."""
    answers = await asyncio.gather(*(hook.post() for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert len(hook.database.calls("channel_account")) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Hub-Signature-256": ""},
        {"X-Hub-Signature-256": "sha256="},
        {"X-Hub-Signature-256": "sha256=" + "0" * 64},
        {"X-Hub-Signature-256": signed(BODY)["X-Hub-Signature-256"].removeprefix("sha256=")},
        {"X-Hub-Signature-256": signed(BODY)["X-Hub-Signature-256"].upper()},
        {"X-Hub-Signature-256": "sha256=ç" + "é" * 63},
        {"X-Hub-Signature-256": b"sha256=\xff\xfe"},
        {"X-Hub-Signature": "sha1=0"},
        signed(BODY, "another secret"),
        signed(BODY + b" "),
        signed(b""),
    ],
)
async def test_a_wrong_signature_is_401_and_stores_nothing(hook: Hook, headers: Any) -> None:
    """Missing, malformed, of another secret, of another body, not ASCII."""
    encoded = {name: value.encode() if isinstance(value, str) else value for name, value in headers.items()}
    assert (await hook.post(headers=encoded)).status_code == 401
    assert hook.stored == []


async def test_the_raw_bytes_are_what_is_signed(hook: Hook) -> None:
    """Meta escapes what is not ASCII; re-serialising would break the signature."""
    body = json.dumps({"entry": [], "x": "ção"}, indent=3).encode()
    assert b"\\u00e7" in body
    assert (await hook.post(body)).status_code == 200


async def test_a_rotated_secret_works_at_once(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failed signature reloads an account that was cached a while ago."""
    assert (await hook.post()).status_code == 200
    hook.database.answer("channel_account", row({**SECRETS, "app_secret": "new"}))
    assert (await hook.post(headers=signed(BODY, "new"))).status_code == 401
    monkeypatch.setattr("renum.webhook.FRESH_S", 0)
    assert (await hook.post(headers=signed(BODY, "new"))).status_code == 200


async def test_an_account_without_secrets_accepts_nothing(hook: Hook) -> None:
    """An empty secret must not sign anything."""
    hook.database.answer("channel_account", row(credentials=None))
    assert (await hook.post(headers=signed(BODY, ""))).status_code == 401
    assert hook.stored == []


@pytest.mark.parametrize("account", [str(uuid.uuid4()), "1000", "", "..", "x" * 36])
async def test_an_unknown_account_is_404(hook: Hook, account: str) -> None:
    """Also when the path does not end in an id at all."""
    assert (await hook.post(account=account)).status_code == 404
    assert hook.stored == []


async def test_another_channels_account_is_404(hook: Hook) -> None:
    """Its webhooks come in by another door."""
    hook.database.answer("channel_account", row(channel="sms", provider="zenvia"))
    assert (await hook.post()).status_code == 404


@pytest.mark.parametrize("body", [b"", b"not json", b"[]", b'{"entry": {}}'])
async def test_what_is_no_envelope_is_400_even_when_signed(hook: Hook, body: bytes) -> None:
    """The body says why."""
    answer = await hook.post(body)
    assert answer.status_code == 400
    assert answer.json()["code"] in ("not_json", "not_an_envelope")
    assert hook.stored == []


async def test_too_much_is_413_before_it_is_read(hook: Hook) -> None:
    """By its declared length, and by what really comes where none is declared."""
    big = b" " * (3 * 1024 * 1024 + 1)
    assert (await hook.post(big)).status_code == 413

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(4):
            yield b" " * 1024 * 1024

    answer = await hook.http.post(f"/{ACCOUNT}", content=chunks(), headers=signed(BODY))
    assert answer.status_code == 413
    assert hook.stored == []


async def test_three_megabytes_are_read(hook: Hook) -> None:
    """The limit itself is allowed."""
    body = b'{"entry": [], "x": "' + b"x" * (3 * 1024 * 1024 - 22) + b'"}'
    assert (await hook.post(body)).status_code == 200


async def test_the_database_away_is_503(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    """Meta sends again; nothing was acknowledged."""
    assert (await hook.post()).status_code == 200

    async def away(_: Any) -> Any:
        return refusal(503, "PGRST001")

    hook.database.on["ingest"] = away
    answer = await hook.post()
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


async def test_no_database_at_all_is_503(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even the account can be asked for."""
    calls = rpc.Rpc(settings().model_copy(update={"rest_url": free_port_url()}))
    monkeypatch.setattr(accounts.accounts(), "_rpc", calls)
    assert (await hook.post()).status_code == 503
    await calls.close()


async def test_a_refused_ingest_is_no_200(hook: Hook) -> None:
    """Whatever went wrong on our side, the provider keeps the webhook and nothing internal is told."""

    async def refuse(_: Any) -> Any:
        return refusal(400, "23514", "violates constraint text_is_not_too_long")

    hook.database.on["ingest"] = refuse
    answer = await hook.post()
    assert answer.status_code == 500
    assert "constraint" not in answer.text


def subscribe(**more: str) -> dict[str, str]:
    """Meta's verification query."""
    return {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": "verificação", **more}


async def test_the_address_is_proved_with_the_bare_challenge(hook: Hook) -> None:
    """GET with the account's verify token."""
    answer = await hook.http.get(f"/{ACCOUNT}", params=subscribe())
    assert (answer.status_code, answer.text) == (200, "1158201444")
    assert answer.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize(
    "query",
    [
        {},
        subscribe(**{"hub.verify_token": "wrong"}),
        subscribe(**{"hub.verify_token": ""}),
        subscribe(**{"hub.mode": "unsubscribe"}),
        {key: value for key, value in subscribe().items() if key != "hub.challenge"},
    ],
)
async def test_another_verify_token_is_403(hook: Hook, query: dict[str, str]) -> None:
    """Also none, another mode, and no challenge to give back."""
    assert (await hook.http.get(f"/{ACCOUNT}", params=query)).status_code == 403


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
async def test_other_methods_are_405(hook: Hook, method: str) -> None:
    """A webhook is a GET or a POST."""
    assert (await hook.http.request(method, f"/{ACCOUNT}")).status_code == 405


def test_the_webhook_loads_no_langchain() -> None:
    """Its cold start is Meta's waiting time."""
    import subprocess
    import sys

    code = """
import sys, whatsapp_webhook, renum.channels.whatsapp_cloud
print([name for name in sys.modules if name.split(".")[0].startswith("lang")])
"""
    shown = subprocess.run([sys.executable, "-c", code], cwd=SOURCE.parent, capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
