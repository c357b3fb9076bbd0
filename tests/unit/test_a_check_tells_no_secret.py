"""The function channel_check: who may ask, what is asked once, and that nothing of the credentials comes out."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from renum import accounts as accounts_module
from renum import user_rpc
from renum.accounts import Account
from renum.channels import Finding, Provider
from renum.checking import _address
from renum.crypto import seal
from renum.errors import SendError
from renum.rpc import rpc
from renum.settings import settings
from renum.shapes import AccountFacts, Template
from tests.unit.doubles import KEY, Server, deployed, refusal, server

SOURCE = Path(__file__).parents[2] / "functions" / "channel_check.py"
ACCOUNT = str(uuid.uuid4())
SECRETS = {"access_token": "EAAG-very-secret", "app_secret": "s3cr3t-of-the-app", "verify_token": "verify-me"}
OWNER = {"Authorization": "Bearer owner-jwt"}
WEBHOOK = f"https://renum.example/whatsapp_webhook/{ACCOUNT}"
KNOWN = {
    "provider": "whatsapp_cloud",
    "title": "WhatsApp Cloud API",
    "credentials": ["access_token", "app_secret", "verify_token"],
    "webhook_url": WEBHOOK,
    "findings": [{"item": "account", "ok": True, "text": "A conta está ativa.", "todo": None}],
}


class Adapter(Provider):
    """A provider that quotes secrets, and counts how often it is asked."""

    asked = 0
    list_refused = False
    has_list = True

    async def check(self, account: Account, webhook_url: str) -> list[Finding]:
        """One finding with a secret in both of its texts."""
        self.asked += 1
        await asyncio.sleep(0.05)
        secret = account.credentials["access_token"]
        return [Finding("token", False, f"O token {secret} venceu em {webhook_url}.", f"Troque {secret}.")]

    async def facts(self, account: Account) -> AccountFacts:
        """A tier."""
        return {"daily_limit": 250}

    async def templates(self, account: Account) -> list[Template] | None:
        """One template, or a refusal."""
        if self.list_refused:
            raise SendError("190", f"refused {account.credentials['access_token']}", scope="account")
        if not self.has_list:
            return None
        return [
            {
                "provider_id": "1",
                "name": "convite",
                "language": "pt_BR",
                "category": "utility",
                "body": "Oi",
                "status": "approved",
                "reason": None,
                "components": [],
            }
        ]


class Door:
    """The deployed function, with PostgREST on loopback and a provider in memory."""

    def __init__(self, rest: Server, adapter: Adapter) -> None:
        self.rest, self.adapter = rest, adapter
        self.http = deployed(SOURCE)

    async def post(self, body: Any, headers: Any = None) -> httpx.Response:
        """One request as the owner, unless told otherwise."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await self.http.post("/", content=content, headers=OWNER if headers is None else headers)

    def stored(self, credentials: dict[str, str] | None, provider: str = "whatsapp_cloud") -> None:
        """What the database has of the account."""
        sealed = credentials and seal(credentials, channel_account_id=ACCOUNT, key=KEY, key_id="1")
        row = {
            "id": ACCOUNT,
            "client_id": "c",
            "channel": "whatsapp",
            "provider": provider,
            "external_id": "1000",
            "status": "active",
            "config": {},
            "credentials": sealed,
        }
        self.rest.answer("channel_account", row)


@pytest.fixture
async def door(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Door]:
    """A running Door whose account has all of its credentials."""
    adapter = Adapter()
    monkeypatch.setattr("renum.checking.channel", lambda provider: adapter)
    async with server() as rest:
        monkeypatch.setenv("RENUM_REST_URL", rest.url)
        monkeypatch.setenv("RENUM_WORKER_KEY", "worker-jwt")
        monkeypatch.setenv("RENUM_CREDENTIALS_KEY", KEY)
        settings.cache_clear()
        accounts_module._accounts._values.clear()
        rest.answer("channel_findings", KNOWN)
        rest.answer("save_account_facts", None)
        rest.answer("save_templates", {"saved": 1, "left_out": 2, "gone": 3})
        made = Door(rest, adapter)
        made.stored(SECRETS)
        yield made
        await user_rpc._clients.get().aclose()
        await rpc().close()
        accounts_module._accounts._values.clear()
        settings.cache_clear()


def body(**more: Any) -> dict[str, Any]:
    """A request's body."""
    return {"channel_account_id": ACCOUNT, **more}


async def test_what_database_and_provider_say_comes_together(door: Door) -> None:
    """The database is asked as the caller, first; facts are kept; no secret is in the answer."""
    answer = await door.post(body())
    assert answer.status_code == 200
    told = answer.json()
    assert (told["provider"], told["webhook_url"], told["templates"]) == ("whatsapp_cloud", WEBHOOK, None)
    assert [one["item"] for one in told["findings"]] == ["account", "address", "token"]
    assert told["findings"][2]["text"] == f"O token [redacted] venceu em {WEBHOOK}."
    assert not [secret for secret in SECRETS.values() if secret in answer.text]
    first = door.rest.received[0]
    assert (first.path, first.headers["Authorization"]) == ("/rpc/channel_findings", "Bearer owner-jwt")
    assert door.rest.calls("save_account_facts") == [{"channel_account_id": ACCOUNT, "facts": {"daily_limit": 250}}]


async def test_templates_are_fetched_only_when_asked_for(door: Door) -> None:
    """Then the database is asked again, for what it says of templates has changed."""
    told = (await door.post(body(sync=True))).json()
    assert told["templates"] == {"saved": 1, "left_out": 2, "gone": 3}
    assert len(door.rest.calls("channel_findings")) == 2
    text = told["findings"][-1]["text"]
    assert text == (
        "Modelos lidos do provedor: 1. Desativados, porque não existem mais lá: 3."
        " Repetidos, ou que não puderam ser guardados: 2."
    )
    door.adapter.list_refused = True
    told = (await door.post(body(sync=True))).json()
    assert (told["templates"], told["findings"][-1]["ok"]) == (None, False)
    assert "EAAG" not in json.dumps(told)


@pytest.mark.parametrize(("provider", "ok"), [("zapi", True), ("whatsapp_cloud", False)])
async def test_a_provider_without_a_list_of_templates_lacks_nothing(door: Door, provider: str, ok: bool) -> None:
    """None of one that should have a list is another thing: the account does not say whose."""
    door.adapter.has_list = False
    door.stored(SECRETS, provider)
    told = (await door.post(body(sync=True))).json()
    assert (told["templates"], told["findings"][-1]["item"], told["findings"][-1]["ok"]) == (None, "templates", ok)


@pytest.mark.parametrize(("provider", "asked"), [("smtp", False), ("resend", True)])
async def test_who_never_calls_needs_no_address(door: Door, provider: str, asked: bool) -> None:
    door.rest.answer("channel_findings", {**KNOWN, "provider": provider, "webhook_url": None})
    door.stored(SECRETS, provider)
    told = (await door.post(body())).json()
    assert ("address" in [one["item"] for one in told["findings"]]) == asked


async def test_who_does_not_own_the_account_causes_nothing(door: Door) -> None:
    """The database's refusal is the answer, and the functions' own key is not used."""
    door.rest.answer("channel_findings", refusal(404, "PT404", "there is no such channel account of a client you own"))
    answer = await door.post(body(sync=True))
    assert (answer.status_code, answer.json()["code"]) == (404, "PT404")
    assert (door.adapter.asked, [request.path for request in door.rest.received]) == (0, ["/rpc/channel_findings"])


async def test_many_who_ask_at_once_share_one_check(door: Door) -> None:
    """A button pressed twenty times is one question to the provider; each caller is still asked who it is."""
    answers = await asyncio.gather(*(door.post(body()) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert door.adapter.asked == 1
    assert len(door.rest.calls("channel_findings")) == 20


@pytest.mark.parametrize(
    ("credentials", "items"),
    [
        (None, ["account", "address"]),
        ({"access_token": "EAAG-very-secret"}, ["account", "address", "credentials", "token"]),
    ],
)
async def test_missing_credentials_are_named(door: Door, credentials: Any, items: list[str]) -> None:
    """By name; without any the provider is not asked."""
    door.stored(credentials)
    told = (await door.post(body())).json()
    assert [one["item"] for one in told["findings"]] == items
    if credentials:
        assert told["findings"][2]["text"] == "Faltam credenciais: app_secret, verify_token."


async def test_credentials_that_do_not_open_are_a_finding(door: Door) -> None:
    """They were sealed with another key."""
    row = {"ciphertext": "A" * 80, "key_id": "1"}
    door.stored(SECRETS)
    handler = door.rest.on["channel_account"]

    async def spoiled(sent: dict[str, Any]) -> Any:
        return {**await handler(sent), "credentials": row}

    door.rest.on["channel_account"] = spoiled
    told = (await door.post(body())).json()
    assert told["findings"][-1]["text"] == "As credenciais guardadas não podem ser abertas com a chave das funções."


@pytest.mark.parametrize(
    "bad", [b"", b"not json", b"[]", body(channel_account_id="7"), body(sync="talvez"), body(extra=1), b"x" * 2000]
)
async def test_what_asks_for_no_account_is_4xx(door: Door, bad: Any) -> None:
    """Before anything is asked."""
    assert (await door.post(bad)).status_code in (400, 413)
    assert (await door.post(body(), {})).status_code == 401
    assert (await door.http.get("/", headers=OWNER)).status_code == 405
    assert door.rest.received == []


async def test_a_database_that_refuses_to_store_is_5xx(door: Door) -> None:
    """Nobody is told that all is well."""
    door.rest.answer("save_account_facts", refusal(400, "22023", "no"))
    assert (await door.post(body())).status_code == 500
    door.rest.answer("channel_findings", refusal(503, "PGRST001"))
    assert (await door.post(body())).status_code == 503


@pytest.mark.parametrize(
    ("url", "graph_url", "ok"),
    [
        ("https://renum.example/f", "https://graph.facebook.com", True),
        ("http://renum.example/f", "https://graph.facebook.com", False),
        ("https://localhost/f", "https://graph.facebook.com", False),
        ("https://10.0.0.7/f", "https://graph.facebook.com", False),
        ("https://[::1]/f", "https://graph.facebook.com", False),
        ("https://functions.internal/f", "https://graph.facebook.com", False),
        ("http://127.0.0.1:9/f", "https://graph.facebook.com", False),
        ("http://127.0.0.1:9/f", "http://127.0.0.1:8", True),
        (None, "http://127.0.0.1:8", False),
    ],
)
def test_an_address_is_one_that_the_provider_reaches(
    monkeypatch: pytest.MonkeyPatch, url: str | None, graph_url: str, ok: bool
) -> None:
    """https and public; this machine only for a provider on this machine."""
    monkeypatch.setenv("RENUM_REST_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("RENUM_WORKER_KEY", "worker-jwt")
    monkeypatch.setenv("RENUM_CREDENTIALS_KEY", KEY)
    monkeypatch.setenv("WHATSAPP_GRAPH_URL", graph_url)
    settings.cache_clear()
    try:
        assert _address(url).ok is ok
    finally:
        settings.cache_clear()


@pytest.mark.parametrize("kept", [6, 11, 15, 16])
def test_a_secret_that_a_sentence_was_cut_in_is_not_told(kept: int) -> None:
    """A provider's words are kept up to a length: the half of a token that fits is taken out as the whole one is."""
    account = Account(
        "a", "c", "whatsapp", "zapi", "3C", "active", {}, {"token": SECRETS["access_token"], "short": "ab"}
    )
    cut = SECRETS["access_token"][:kept]
    for sentence in (f"no access for {cut}", f"no access for {cut} — details about it", "no access for ab"):
        told = account.without_secrets(sentence)
        assert cut not in told
        assert told.startswith("no access for ")
    assert account.without_secrets("the end is EAAG") == "the end is EAAG"


def test_a_senders_address_is_no_secret_though_it_signs_in() -> None:
    """Who signs in to an SMTP server by the address that letters come from is told which address that is."""
    given = {"username": "oi@padaria.com.br", "password": SECRETS["access_token"]}
    account = Account("a", "c", "email", "smtp", "oi@padaria.com.br", "active", {}, given)
    told = account.without_secrets(f"As mensagens saem de oi@padaria.com.br ({SECRETS['access_token']}).")
    assert told == "As mensagens saem de oi@padaria.com.br ([redacted])."
