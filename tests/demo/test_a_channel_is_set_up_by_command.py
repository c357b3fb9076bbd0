"""`renum channel`: an owner adds a number, gives it credentials, is told what is missing, and mends it one by one."""

from __future__ import annotations

import json
import secrets
import subprocess
from typing import Any, NamedTuple

import pytest
from supabase import Client

from devstack.demo.access import Access, row, rows
from devstack.demo.channels import add, find, from_environment, from_json, settings_of
from devstack.demo.company import phone_number_id_of, sign_in_admin
from devstack.errors import StackError
from devstack.simulator.client import SimulatorClient
from tests.demo.conftest import Renum
from tests.stack import Stack

INVITATION = {"name": "convite", "body": "Oi, {{1}}! Aqui é da {{2}}. Podemos conversar?"}
NOTICE = {"name": "aviso", "body": "Novidade: {{1}}"}


class Owner(NamedTuple):
    """Somebody who works at one client, and how the command is told so."""

    api: Client
    company: str
    signed: tuple[str, ...]


class Number(NamedTuple):
    """A number at the simulated provider, and what its owner knows of it."""

    id: str
    waba_id: str
    secrets: dict[str, str]


@pytest.fixture
def owner(access: Access) -> Owner:
    """The owner of a new client."""
    email, password = f"dona.{secrets.token_hex(4)}@padaria.example", secrets.token_urlsafe(12)
    admin, _ = sign_in_admin(access)
    company = f"Padaria {email[5:13]}"
    admin.rpc("create_client", {"company_name": company, "owner_email": email}).execute()
    access.operator().auth.admin.create_user({"email": email, "password": password, "email_confirm": True})
    return Owner(access.person(email, password), company, ("--email", email, "--password", password))


@pytest.fixture
def number() -> Number:
    """Ids and secrets that nobody else has."""
    given = {name: secrets.token_urlsafe(18) for name in ("access_token", "app_secret", "verify_token")}
    return Number(phone_number_id_of(secrets.token_hex(6)), phone_number_id_of(secrets.token_hex(6)), given)


def at_the_provider(stack: Stack, owner: Owner, number: Number, **options: Any) -> None:
    """Registers the number with the provider, its webhook where the account's is."""
    account = row(owner.api.table("channel_accounts").select("id").execute())["id"]
    webhook = f"{stack.access.functions_url}/whatsapp_webhook/{account}"
    token, secret = number.secrets["access_token"], number.secrets["app_secret"]
    options = {"webhook_url": webhook, "waba_id": number.waba_id, "access_token": token, **options}
    with SimulatorClient(stack.access.simulator_url) as simulator:
        simulator.register_number(number.id, app_secret=secret, **options)


def items(ran: subprocess.CompletedProcess[str]) -> dict[str, dict[str, Any]]:
    """The findings that a check printed as JSON."""
    return {one["item"]: one for one in json.loads(ran.stdout)["findings"]}


def test_a_newcomer_gets_from_nothing_to_a_working_number(
    stack: Stack, renum: Renum, owner: Owner, number: Number
) -> None:
    """Each step says the next one, and what is missing is told in Portuguese until nothing is."""
    assert "There is no account yet" in renum("channel", "list", *owner.signed).stdout
    added = renum("channel", "add", "whatsapp_cloud", number.id, "--name", "Principal", *owner.signed)
    assert added.returncode == 0, added.stderr
    assert "next: renum channel credentials" in added.stdout
    nothing = renum("channel", "check", *owner.signed)
    assert nothing.returncode == 1, nothing.stderr
    assert "Nenhuma credencial está guardada." in nothing.stdout
    assert "Informe access_token, app_secret, verify_token com `renum channel credentials`." in nothing.stdout
    assert "Não há modelo para convites." in nothing.stdout

    stored = renum("channel", "credentials", "Principal", *owner.signed, "--stdin", stdin=json.dumps(number.secrets))
    assert stored.returncode == 0, stored.stderr
    assert "access_token, app_secret, verify_token" in stored.stdout
    at_the_provider(
        stack,
        owner,
        number,
        webhook_url="http://127.0.0.1:1/antigo",
        subscribed=False,
        quality_rating="RED",
        name_status="DECLINED",
        templates=[INVITATION, NOTICE],
    )
    asked = renum("channel", "check", "--json", *owner.signed)
    assert asked.returncode == 1
    missing = {name for name, one in items(asked).items() if not one["ok"]}
    assert missing == {"webhook", "waba", "quality", "name", "template_invitation", "template_notification"}
    assert items(asked)["webhook"]["text"].endswith("a outro endereço: http://127.0.0.1:1/antigo")

    again = renum(
        "channel",
        "add",
        "whatsapp_cloud",
        number.id,
        "--name",
        "Loja",
        "--config",
        f"waba_id={number.waba_id}",
        *owner.signed,
    )
    assert "is up to date" in again.stdout
    assert items(renum("channel", "check", "--json", *owner.signed))["subscription"]["ok"] is False
    at_the_provider(
        stack,
        owner,
        number,
        subscribed=True,
        quality_rating="GREEN",
        name_status="APPROVED",
        messaging_limit="TIER_2K",
        portfolio_id="987",
    )
    fetched = renum("channel", "sync", *owner.signed)
    assert fetched.returncode == 1
    assert "Modelos lidos do provedor: 2." in fetched.stdout
    for one, parameters, purpose in (
        (INVITATION, ["lead.first_name", "client.company_name"], "invitation"),
        (NOTICE, ["notification.text"], "notification"),
    ):
        mapped = {"parameters": parameters, "purpose": purpose}
        owner.api.table("message_templates").update(mapped).eq("name", one["name"]).execute()
    ready = renum("channel", "check", number.id, *owner.signed)
    assert ready.returncode == 0, ready.stdout
    assert "Está tudo pronto: a conta pode enviar e receber." in ready.stdout
    assert "O limite é de 2.000 pessoas novas a cada 24 horas" in ready.stdout
    account = row(owner.api.table("channel_accounts").select("*").execute())
    assert (account["name"], account["daily_limit"], account["portfolio_id"]) == ("Loja", 2000, "987")
    assert "2000" in renum("channel", "list", *owner.signed).stdout
    said = "".join(ran.stdout + ran.stderr for ran in (stored, asked, fetched, ready))
    assert not [secret for secret in number.secrets.values() if secret in said]


def test_a_token_that_is_refused_is_named_and_not_shown(
    stack: Stack, renum: Renum, owner: Owner, number: Number
) -> None:
    """A wrong token, a number that nobody has, and credentials of which one is missing."""
    renum("channel", "add", "whatsapp_cloud", number.id, "--config", f"waba_id={number.waba_id}", *owner.signed)
    at_the_provider(stack, owner, number)
    wrong = {**number.secrets, "access_token": "EAAG-errado-0123456789"}
    renum("channel", "credentials", *owner.signed, "--stdin", stdin=json.dumps(wrong))
    ran = renum("channel", "sync", *owner.signed)
    assert ran.returncode == 1
    assert "A Meta recusou o token de acesso (código 190)." in ran.stdout
    assert "A lista de modelos não pôde ser lida do provedor (código 190)." in ran.stdout
    assert "EAAG-errado" not in ran.stdout + ran.stderr
    with SimulatorClient(stack.access.simulator_url) as simulator:
        simulator.change_number(number.id, access_token="EAAG-errado-0123456789", waba_id="1")
    told = items(renum("channel", "check", "--json", *owner.signed))
    assert told["waba"]["text"].startswith("A Meta não dá acesso à conta do WhatsApp Business")


def test_credentials_that_are_missing_are_named(renum: Renum, owner: Owner, number: Number) -> None:
    """By the variable that they may come in, or by their name on stdin; what is given is not repeated."""
    renum("channel", "add", "whatsapp_cloud", number.id, *owner.signed)
    ran = renum("channel", "credentials", *owner.signed)
    assert ran.returncode == 1
    assert "whatsapp_cloud also needs: RENUM_CHANNEL_ACCESS_TOKEN, RENUM_CHANNEL_APP_SECRET" in ran.stderr
    ran = renum("channel", "credentials", *owner.signed, "--stdin", stdin='{"app_secret": "segredo-so"}')
    assert ran.returncode == 1
    assert "whatsapp_cloud also needs: access_token, verify_token." in ran.stderr
    ran = renum("channel", "credentials", *owner.signed, "--stdin", stdin="EAAG-muito-secreto")
    assert ran.returncode == 1
    assert "must be a JSON object of texts" in ran.stderr
    assert "muito-secreto" not in ran.stderr


@pytest.mark.parametrize("bad", ["", "[]", "{}", '{"access_token": 1}', "EAAG-muito-secreto"])
def test_what_cannot_be_credentials_is_not_repeated(bad: str) -> None:
    """Before anything is sent."""
    with pytest.raises(StackError, match="must be a JSON object of texts") as error:
        from_json(bad)
    assert "secreto" not in str(error.value)


def test_credentials_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each under its own name; an empty one is none."""
    monkeypatch.setenv("RENUM_CHANNEL_ACCESS_TOKEN", "EAAG")
    monkeypatch.setenv("RENUM_CHANNEL_APP_SECRET", "")
    assert from_environment(["access_token", "app_secret", "verify_token"]) == {"access_token": "EAAG"}


def test_what_is_wrong_is_said_in_a_sentence(renum: Renum, owner: Owner, number: Number) -> None:
    """No account, one of two, another's, a provider with two channels, settings that are none."""
    ran = renum("channel", "check", *owner.signed)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "There is no account; yours are: none yet: renum channel add." in ran.stderr
    ran = renum("channel", "add", "twilio", "+5511987654321", *owner.signed)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "twilio serves whatsapp and sms: say which with --channel." in ran.stderr
    with pytest.raises(StackError, match="“RENUM” is no client of yours"):
        add(owner.api, provider="smtp", channel=None, name="x", external_id="x", client="RENUM", config={})
    for bad, sentence in (("porta", "--config takes name=value"), ("password=x", "password is a secret")):
        with pytest.raises(StackError, match=sentence):
            settings_of([bad])
    for name in ("Um", "Dois"):
        assert add(
            owner.api,
            provider="whatsapp_cloud",
            channel=None,
            name=name,
            external_id=number.id + name,
            client=owner.company,
            config={},
        )[1]
    with pytest.raises(StackError, match=r"there are several; yours are: Um \(.*\), Dois \("):
        find(owner.api, None)
    assert find(owner.api, "dois")["name"] == "Dois"
    with pytest.raises(StackError, match="“Três” is no account that you see"):
        find(owner.api, "Três")
    listed = json.loads(renum("channel", "list", "--json", *owner.signed).stdout)
    assert [one["name"] for one in listed] == ["Um", "Dois"]


def test_settings_are_read_as_what_they_are() -> None:
    """Numbers, yes and no; an id of digits stays a text."""
    assert settings_of(["port=587", "tls=true", "waba_id=102290129340398", "base_url=https://x.br/?a=b"]) == {
        "port": 587,
        "tls": True,
        "waba_id": "102290129340398",
        "base_url": "https://x.br/?a=b",
    }


def test_staff_may_look_and_not_check(renum: Renum, access: Access, owner: Owner, number: Number) -> None:
    """Checking asks the provider with the client's credentials: that is for owners."""
    renum("channel", "add", "whatsapp_cloud", number.id, "--name", "Principal", *owner.signed)
    email, password = f"ze.{secrets.token_hex(4)}@padaria.example", secrets.token_urlsafe(12)
    client_id = rows(owner.api.table("clients").select("id").execute())[0]["id"]
    owner.api.rpc("invite_member", {"client_id": client_id, "email": email}).execute()
    access.operator().auth.admin.create_user({"email": email, "password": password, "email_confirm": True})
    signed = ("--email", email, "--password", password)
    assert "Principal" in renum("channel", "list", *signed).stdout
    ran = renum("channel", "check", *signed)
    assert ran.returncode == 1
    assert "there is no such channel account of a client you own" in ran.stderr
    changed = renum("channel", "add", "whatsapp_cloud", number.id, *signed)
    assert "Only an owner of the client, or an admin, changes its accounts." in changed.stderr
