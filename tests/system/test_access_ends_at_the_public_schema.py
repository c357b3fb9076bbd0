"""Behind the public tables nothing is reachable: not with a person's token, not with a forged one, not with the
functions' own key.
"""

from __future__ import annotations

import time
import uuid
from typing import Any

import jwt
import pytest

from tests.stack import Stack
from tests.system.people import Everybody, Person
from tests.system.surface import FUNCTIONS, HIDDEN_SCHEMAS, TABLES, WORKERS_FUNCTIONS
from tests.system.survey import Survey

# A table or function of each schema that is really there, and some that would be worth having.
INSIDE = {
    "private": ("settings", "channel_credentials", "threads", "setting", "sweep", "add_member"),
    "parts": ("interview_messages_default", "messages_default"),
    "net": ("http_request_queue", "_http_response", "http_post"),
    "pgmq": ("q_high_priority", "meta", "read", "send", "purge_queue"),
    "cron": ("job", "job_run_details", "schedule"),
    "auth": ("users", "sessions", "refresh_tokens", "uid"),
    "extensions": ("digest",),
    "information_schema": ("tables",),
    "pg_catalog": ("pg_authid", "pg_read_file", "pg_sleep"),
}


def signed(stack: Stack, claims: dict[str, Any], secret: str | None = None) -> str:
    """A token with these claims, by default signed with the stack's own secret and good for a minute."""
    key = stack.environment["SUPABASE_JWT_SECRET"] if secret is None else secret
    return jwt.encode({"exp": int(time.time()) + 60, **claims}, key, algorithm="HS256")


@pytest.mark.parametrize("schema", HIDDEN_SCHEMAS)
@pytest.mark.parametrize("who", ["owner", "admin", "stranger", "nobody"])
def test_no_other_schema_is_exposed(people: Everybody, schema: str, who: str) -> None:
    """406 for whatever is asked of it, and the answer names only what is exposed."""
    person = people.named(who)
    for name in INSIDE.get(schema, ("objects",)):
        for answer in (
            person.rest("GET", f"/{name}", profile=schema),
            person.rest("POST", f"/{name}", profile=schema, json={}),
            person.rest("DELETE", f"/{name}?id=not.is.null", profile=schema),
            person.rest("POST", f"/rpc/{name}", profile=schema, json={}),
        ):
            assert (answer.status_code, answer.json()["code"]) == (406, "PGRST106"), (name, answer.text)


@pytest.mark.parametrize("schema", sorted(INSIDE))
def test_what_is_inside_is_not_in_public_either(people: Everybody, schema: str) -> None:
    """Under its own name, qualified, quoted or as an embedding: 404 or 400, never a row."""
    for name in INSIDE[schema]:
        if name == "setting":
            continue
        for path in (f"/{name}", f"/{schema}.{name}", f'/"{schema}"."{name}"'):
            assert people.owner.rest("GET", path).status_code == 404, path
        assert people.owner.rest("POST", f"/rpc/{name}", json={}).status_code == 404
        embedded = people.owner.rest("GET", f"/leads?select=id,{name}(*)")
        assert (embedded.status_code, embedded.json()["code"]) == (400, "PGRST200"), embedded.text


@pytest.mark.parametrize("function", sorted(WORKERS_FUNCTIONS))
@pytest.mark.parametrize("who", ["owner", "staff", "admin", "stranger"])
def test_the_functions_own_calls_are_refused_to_people(
    people: Everybody, school: Survey, function: str, who: str
) -> None:
    """403 for every call of schema worker, an admin's too, with arguments that would work; 401 for nobody."""
    arguments: dict[str, dict[str, Any]] = {
        "channel_account": {"channel_account_id": school.number.channel_account_id},
        "ingest": {"channel_account_id": school.number.channel_account_id, "events": []},
        "claim_tasks": {"queues": ["high_priority"], "max": 10, "visibility_s": 30},
        "begin_turns": {"tasks": [], "visibility_s": 30},
        "commit_turns": {"results": []},
        "complete_deliveries": {"results": []},
        "save_report": {
            "report_id": str(uuid.uuid4()),
            "claim": str(uuid.uuid4()),
            "summary": "",
            "markdown": "",
            "model": "x",
            "usage": {},
        },
        "fail_task": {
            "task": "report",
            "id": str(uuid.uuid4()),
            "claim": str(uuid.uuid4()),
            "error": {},
            "retryable": True,
        },
        "extend_task": {"task": "report", "id": str(uuid.uuid4()), "claim": str(uuid.uuid4()), "visibility_s": 30},
    }
    call = {"method": "POST", "path": f"/rpc/{function}", "profile": "worker", "json": arguments[function]}
    answer = people.named(who).rest(**call)  # type: ignore[arg-type] # one call for two people
    assert (answer.status_code, answer.json()["code"]) == (403, "42501"), answer.text
    assert "ciphertext" not in answer.text
    assert people.nobody.rest(**call).status_code == 401  # type: ignore[arg-type]
    assert people.named(who).rest("POST", f"/rpc/{function}", json=arguments[function]).status_code == 404


def test_every_call_of_the_functions_is_tried(stack: Stack) -> None:
    """The list above is the schema's."""
    found = stack.rows("select proname from pg_proc where pronamespace = 'worker'::regnamespace")
    assert {row["proname"] for row in found} == WORKERS_FUNCTIONS


@pytest.mark.parametrize("table", TABLES)
def test_the_functions_key_reads_and_writes_no_table(stack: Stack, table: str) -> None:
    """Whoever steals it can run the functions' calls and nothing else."""
    thief = Person(stack, "a thief", stack.environment["RENUM_WORKER_KEY"])
    key = TABLES[table].key
    for schema in ("", "worker"):
        read = thief.rest("GET", f"/{table}", profile=schema)
        written = thief.rest("POST", f"/{table}", profile=schema, json={key: str(uuid.uuid4())})
        deleted = thief.rest("DELETE", f"/{table}?{key}=not.is.null", profile=schema)
        for answer in (read, written, deleted):
            assert answer.status_code in (403, 404), answer.text


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_peoples_functions_are_refused_to_everybody_else(stack: Stack, people: Everybody, function: str) -> None:
    """401 without a token, 403 with the functions' key."""
    identifier = str(uuid.uuid4())
    arguments: dict[str, dict[str, Any]] = {
        "create_client": {"company_name": "X", "owner_email": "x@exemplo.com.br"},
        "invite_member": {"client_id": identifier, "email": "x@exemplo.com.br"},
        "remove_member": {"member_id": identifier},
        "preview_audience": {"project_id": identifier},
        "request_report": {"project_id": identifier},
        "report_markdown": {"report_id": identifier},
        "set_channel_credentials": {"channel_account_id": identifier, "ciphertext": "A" * 80, "key_id": "1"},
        "replay_failed_task": {"failed_task_id": identifier},
        "queue_metrics": {},
        "import_leads": {"csv": "phone\n11 98765-4321", "client_id": identifier},
    }
    assert people.nobody.rpc(function, **arguments[function]).status_code == 401
    thief = Person(stack, "a thief", stack.environment["RENUM_WORKER_KEY"])
    assert thief.rpc(function, **arguments[function]).status_code == 403


def test_a_forged_token_is_no_token(stack: Stack, people: Everybody) -> None:
    """401: another secret, no signature, past its time, not yet valid, cut, or for a role that nobody may take."""
    claims = {"sub": people.owner.profile_id, "role": "authenticated", "aud": "authenticated"}
    own, guess = people.owner.token, "another-secret-that-is-long-enough-for-hs256"
    head, body, signature = own.split(".")
    forged = [
        signed(stack, claims, guess),
        signed(stack, claims, stack.access.publishable_key),
        signed(stack, {"role": "service_role"}, guess),
        signed(stack, {**claims, "exp": int(time.time()) - 60}),
        signed(stack, {**claims, "nbf": int(time.time()) + 600}),
        jwt.encode({**claims, "exp": int(time.time()) + 60}, "", algorithm="none"),
        own[:-2],
        f"{head}.{body}.",
        f"{head}.{body[:-4]}{signature}",
        "eyJ.eyJ.x",
    ]
    for token in forged:
        answer = Person(stack, "a forger", token).rest("GET", "/leads")
        assert answer.status_code == 401, (token, answer.text)
    assert people.owner.rest("GET", "/leads").status_code == 200


@pytest.mark.parametrize(
    "role", ["postgres", "supabase_admin", "renum_agent", "supabase_auth_admin", "authenticator", "pg_read_all_data"]
)
def test_even_a_signed_token_takes_no_role_that_the_api_may_not(stack: Stack, role: str) -> None:
    """With the secret itself in hand, PostgREST can become none of the server's own roles."""
    answer = Person(stack, "an insider", signed(stack, {"role": role})).rest("GET", "/leads")
    assert answer.status_code in (401, 403), answer.text
    assert answer.json()["code"] == "42501"


@pytest.mark.parametrize("sub", ["", "x", "' or true --", str(uuid.uuid4()), None, 7, {"a": 1}, ["x"]])
def test_a_token_of_nobody_in_particular_sees_no_clients_rows(stack: Stack, sub: Any) -> None:
    """A subject that is missing, unknown or nonsense: no row, or a refusal, and never an error of ours."""
    person = Person(stack, "nobody known", signed(stack, {"role": "authenticated", "sub": sub}))
    for table, spec in TABLES.items():
        answer = person.rest("GET", f"/{table}?select=*")
        assert answer.status_code < 500, (table, answer.text)
        if answer.status_code == 200 and spec.rows != "global":
            assert answer.json() == [], table


def test_claims_that_ask_for_more_get_no_more(stack: Stack, people: Everybody, garage: Survey) -> None:
    """The tables say who somebody is: a client_id, an app role or is_admin in the token changes nothing."""
    asking = {"client_id": garage.client_id, "app_metadata": {"role": "admin"}, "user_role": "admin", "is_admin": True}
    token = signed(stack, {"role": "authenticated", "sub": people.owner.profile_id, **asking})
    person = Person(stack, "an owner who asks for more", token)
    assert person.rows("/leads?select=id&order=id") == people.owner.rows("/leads?select=id&order=id")
    assert person.rows("/isa_commands") == []


def test_headers_and_parameters_make_nobody_somebody_else(people: Everybody, school: Survey, garage: Survey) -> None:
    """Preferences, settings and filters that name another client or role are ignored or refused."""
    own = people.owner.rows("/clients?select=id")
    tricks: list[tuple[str, dict[str, str]]] = [
        ("/clients?select=id", {"Prefer": "role=service_role"}),
        ("/clients?select=id", {"X-Client-Id": garage.client_id, "X-Role": "service_role"}),
        ("/clients?select=id", {"Prefer": "tx=commit, handling=lenient, missing=default"}),
        (f"/clients?select=id&or=(id.eq.{garage.client_id},id.not.is.null)", {}),
        ("/clients?select=id&apikey=sb_secret_x", {}),
    ]
    for path, headers in tricks:
        answer = people.owner.rest("GET", path, headers=headers)
        assert answer.status_code == 401 or answer.json() == own, (path, answer.text)
    assert [row["id"] for row in own] == [school.client_id]


def test_a_function_is_rung_by_anybody_and_tells_nothing(stack: Stack) -> None:
    """A forged ring finds nothing to do, whatever it carries, and says no more than how much was done."""
    for name in ("agent_turn", "deliver", "report"):
        answer = stack.http.post(f"{stack.access.functions_url}/{name}", json={"task": "x", "client_id": "y"})
        assert answer.status_code in (200, 202), answer.text
        assert set(answer.json()) <= {"done", "failed", "draining"}
