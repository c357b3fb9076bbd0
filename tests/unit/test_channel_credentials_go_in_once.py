"""Credentials come in with the owner's own token, leave encrypted, and never show up in an answer."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from renum import user_rpc
from renum.crypto import unseal
from renum.settings import settings
from tests.unit.doubles import KEY, Server, deployed, refusal, server

SOURCE = Path(__file__).parents[2] / "functions" / "channel_credentials.py"
ACCOUNT = str(uuid.uuid4())
SECRETS = {"access_token": "EAAG-very-secret", "app_secret": "s3cr3t", "verify_token": "v"}
OWNER = {"Authorization": "Bearer owner-jwt"}


class Door:
    """The deployed function with PostgREST on loopback."""

    def __init__(self, rest: Server) -> None:
        self.rest = rest
        self.http = deployed(SOURCE)

    async def post(self, body: Any, headers: Any = None) -> httpx.Response:
        """One request as the owner, unless told otherwise."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await self.http.post("/", content=content, headers=OWNER if headers is None else headers)


@pytest.fixture
async def door(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Door]:
    """A running Door whose database accepts."""
    async with server() as rest:
        monkeypatch.setenv("RENUM_REST_URL", rest.url)
        monkeypatch.setenv("RENUM_WORKER_KEY", "worker-jwt")
        monkeypatch.setenv("RENUM_CREDENTIALS_KEY", KEY)
        monkeypatch.setenv("SUPABASE_PUBLISHABLE_KEY", "sb_publishable_x")
        settings.cache_clear()
        rest.answer("set_channel_credentials", None)
        yield Door(rest)
        await user_rpc._clients.get().aclose()
        settings.cache_clear()


def body(**more: Any) -> dict[str, Any]:
    """A request's body."""
    return {"channel_account_id": ACCOUNT, "credentials": SECRETS, **more}


async def test_they_are_stored_encrypted_as_their_owner(door: Door) -> None:
    """204 without a word; the database gets a ciphertext, with the caller's own token."""
    answer = await door.post(body())
    assert (answer.status_code, answer.content) == (204, b"")
    (call,) = door.rest.received
    assert (call.path, call.headers["Authorization"], call.headers["Content-Profile"]) == (
        "/rpc/set_channel_credentials",
        "Bearer owner-jwt",
        "public",
    )
    assert "EAAG-very-secret" not in json.dumps(call.body)
    assert unseal(call.body, channel_account_id=ACCOUNT, key=KEY, key_id="1") == SECRETS


async def test_pasted_blanks_are_trimmed(door: Door) -> None:
    """Secrets come from a clipboard."""
    await door.post(body(credentials={"app_secret": " s3cr3t\n"}))
    assert unseal(door.rest.received[0].body, channel_account_id=ACCOUNT, key=KEY, key_id="1") == {
        "app_secret": "s3cr3t"
    }


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"not json",
        b"[]",
        body(channel_account_id="7"),
        body(credentials={}),
        body(credentials=None),
        body(credentials={"app_secret": ""}),
        body(credentials={"app_secret": 7}),
        body(credentials={"access_token": "two words very-secret"}),
        body(credentials={"access_token": "line\nbreak-very-secret"}),
        body(credentials={"Access Token": "very-secret"}),
        body(extra="very-secret"),
    ],
)
async def test_what_cannot_be_credentials_is_400_and_not_quoted(door: Door, bad: Any) -> None:
    """The answer names the field, never the value, and nothing is stored."""
    answer = await door.post(bad)
    assert answer.status_code == 400
    assert "very-secret" not in answer.text
    assert door.rest.received == []


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic x"}, {"Authorization": "owner-jwt"}])
async def test_without_a_token_it_is_401(door: Door, headers: dict[str, str]) -> None:
    """The function has a key of its own, and does not lend it."""
    assert (await door.post(body(), headers)).status_code == 401
    assert door.rest.received == []


@pytest.mark.parametrize(("status", "code"), [(401, "PGRST301"), (403, "42501"), (400, "P0001")])
async def test_what_the_database_refuses_is_told(door: Door, status: int, code: str) -> None:
    """With its own status, code and sentence."""
    door.rest.answer("set_channel_credentials", refusal(status, code, "only owners may set credentials"))
    answer = await door.post(body())
    assert (answer.status_code, answer.json()) == (status, {"code": code, "message": "only owners may set credentials"})


async def test_a_database_away_is_503(door: Door) -> None:
    """Try again later."""
    door.rest.answer("set_channel_credentials", refusal(503, "PGRST001"))
    assert (await door.post(body())).status_code == 503


async def test_reading_them_back_is_not_offered(door: Door) -> None:
    """There is no GET."""
    assert (await door.http.get("/", headers=OWNER)).status_code == 405
