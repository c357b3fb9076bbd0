"""What opens a door is in no table that anybody reads, in no log file, in no ring, and in no answer."""

from __future__ import annotations

import json
import secrets
import sys
from dataclasses import dataclass

import psutil
import pytest
from supabase import Client

from tests.access import ACCESS
from tests.stack import Stack, until
from tests.system.people import Everybody, signed_in
from tests.system.survey import Survey, new_phone, open_survey


@dataclass
class Vault:
    """A client, its credentials, and everything else that opens a door; texts by name."""

    survey: Survey
    credentials: dict[str, str]
    keys: dict[str, str]


@pytest.fixture(scope="module")
def vault(stack: Stack, admin: Client) -> Vault:
    """A client whose secrets have been through everything that might let go of them: use, abuse and errors."""
    survey = open_survey(stack, admin, "Cofre Forte", owner_phone="+5511965430009")
    credentials = {**survey.secrets, "verify_token": f"prova-{secrets.token_hex(8)}"}
    url = f"{stack.access.functions_url}/channel_credentials"
    token = {"Authorization": f"Bearer {survey.token}"}
    account = survey.number.channel_account_id
    stored = stack.http.post(url, headers=token, json={"channel_account_id": account, "credentials": credentials})
    assert stored.status_code == 204, stored.text
    # Refused by the function and by the database, with the secrets in the body.
    for body in (
        {"channel_account_id": "x", "credentials": credentials},
        {"channel_account_id": account, "credentials": {**credentials, "Access Token": credentials["access_token"]}},
        {"channel_account_id": account, "credentials": [credentials]},
        {"channel_account_id": "00000000-0000-0000-0000-000000000000", "credentials": credentials},
    ):
        refused = stack.http.post(url, headers=token, json=body)
        assert 400 <= refused.status_code < 500
        assert not [name for name, text in credentials.items() if text in refused.text]
    broken = json.dumps({"channel_account_id": account, "credentials": credentials})[:-1]
    assert stack.http.post(url, headers=token, content=broken).status_code == 400
    # In a query, in a signature of the wrong kind, and as a message that the provider refuses for its token.
    query = {"hub.mode": "subscribe", "hub.verify_token": credentials["verify_token"], "hub.challenge": "1"}
    stack.http.get(survey.number.webhook_url, params=query)
    stack.http.get(survey.number.webhook_url, params={**query, "hub.mode": "x"})
    survey.post(b"{}", headers={"X-Hub-Signature-256": f"sha256={credentials['app_secret']}"})
    survey.post(b"{}")
    stopped, refused_phone = new_phone(), new_phone()
    stack.simulator.fail_next(190, to=stopped, details=f"token {credentials['access_token']} expired")
    survey.owner.table("leads").insert({"name": "Ana", "phone": stopped}).execute()
    state = "select status::text from public.channel_accounts where id = %s"
    until(lambda: stack.value(state, account) == "paused", what="the account stopped, and its owner told why")
    survey.owner.table("channel_accounts").update({"status": "active"}).eq("id", account).execute()
    stack.simulator.fail_next(131026, to=refused_phone, details=f"token {credentials['access_token']} refused")
    survey.owner.table("leads").insert({"name": "Eva", "phone": refused_phone}).execute()
    lead = survey.lead("Bia")
    lead.hear()
    lead.ask("sim")
    dead = "select count(*) from public.failed_tasks where client_id = %s"
    until(lambda: stack.value(dead, survey.client_id), what="the refused message's dead letter")
    survey.settled()
    names = ("RENUM_WORKER_KEY", "RENUM_CREDENTIALS_KEY", "SUPABASE_SECRET_KEY", "SUPABASE_JWT_SECRET")
    keys = {name: stack.environment[name] for name in names}
    keys["the database's password"] = stack.access.database_url.split(":")[2].split("@")[0]
    keys["the owner's password"] = survey.company.owner_password
    keys["the owner's token"] = survey.token
    return Vault(survey, credentials, keys)


def test_credentials_are_in_no_table(stack: Stack, vault: Vault) -> None:
    """In no table of any schema, read by whoever: not the credentials, and not the keys of the house."""
    for name, text in (vault.credentials | vault.keys).items():
        assert stack.tables_with(text) == [], name


def test_credentials_are_in_no_log(stack: Stack, vault: Vault) -> None:
    """In no file below logs/, of whichever part, and in no other file that others than the owner may read."""
    logs = list((stack.directory / "logs").iterdir())
    assert {"daemon.log", "functions.log", "postgres.log", "postgrest.log"} <= {log.name for log in logs}
    for log in logs:
        content = log.read_text(errors="replace")
        for name, text in (vault.credentials | vault.keys).items():
            assert text not in content, (log.name, name)
        assert vault.survey.token.split(".")[2] not in content, log.name


def test_what_leads_say_is_in_no_log(stack: Stack, vault: Vault) -> None:
    """Logs tell of work by ids: neither a lead's words nor its number are in them."""
    words = f"segredo de família {secrets.token_hex(6)}"
    (lead,) = vault.survey.invited(1)
    lead.ask(words)
    vault.survey.settled()
    assert stack.tables_with(words)
    for log in (stack.directory / "logs").iterdir():
        content = log.read_text(errors="replace")
        assert words not in content, log.name
        assert lead.phone not in content, log.name


def test_rings_carry_nothing(stack: Stack, vault: Vault) -> None:
    """What pg_net keeps is readable by every role: empty bodies, no key in a header, no secret in an answer."""
    with stack.superuser() as connection:
        asked = connection.execute("select url, body, headers::text from net.http_request_queue").fetchall()
        answered = connection.execute("select content, headers::text, error_msg from net._http_response").fetchall()
    assert answered, "nothing has rung yet"
    for url, body, headers in asked:
        assert bytes(body) == b"{}"
        assert "?" not in url
        assert "authorization" not in (headers or "").lower()
        assert "apikey" not in (headers or "").lower()
    for row in answered:
        for name, text in (vault.credentials | vault.keys).items():
            assert text not in str(row), name
        assert set(json.loads(row[0] or "{}")) <= {"done", "failed", "draining", "code", "message"}


def test_nobody_reads_credentials_through_the_api(stack: Stack, people: Everybody, vault: Vault) -> None:
    """Not even sealed: an admin and the account's own owner find neither ciphertext nor key in any table."""
    (sealed,) = stack.rows(
        "select ciphertext from private.channel_credentials where channel_account_id = %s",
        vault.survey.number.channel_account_id,
    )
    owner = signed_in(stack, "the owner", vault.survey.owner)
    for person in (owner, people.admin):
        for table in ACCESS.tables:
            content = person.rest("GET", f"/{table}?select=*").text
            assert sealed["ciphertext"] not in content, table
            assert not [name for name, text in (vault.credentials | vault.keys).items() if text in content], table


def test_files_with_secrets_are_their_owners(stack: Stack, vault: Vault) -> None:
    """Every file of the stack's folder that has one is closed to others."""
    for file in stack.directory.iterdir():
        if file.is_file() and any(text in file.read_text(errors="replace") for text in vault.keys.values()):
            assert file.stat().st_mode & 0o077 == 0, file.name


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="another process's environment is read from /proc")
def test_functions_hold_no_key_but_their_own(stack: Stack, vault: Vault) -> None:
    """Not the secret key, the JWT secret or the database's password; and no key is on any command line."""
    functions = psutil.Process(stack.pid("functions"))
    environment = functions.environ()
    for name in ("SUPABASE_SECRET_KEY", "SUPABASE_JWT_SECRET", "the database's password"):
        assert vault.keys[name] not in environment.values(), name
        assert not [value for value in environment.values() if vault.keys[name] in value], name
    assert environment["RENUM_WORKER_KEY"] == vault.keys["RENUM_WORKER_KEY"]
    for part in ("daemon", "functions", "postgrest", "postgres"):
        command = " ".join(psutil.Process(stack.pid(part)).cmdline())
        assert not [name for name, text in vault.keys.items() if text in command], part
