"""Behind the public tables nothing is reachable: not with a person's token, not with a forged one, not with the
functions' own key.
"""

from __future__ import annotations

import time
import uuid
from typing import Any

import jwt
import pytest

from tests.access import ACCESS
from tests.stack import Stack
from tests.system.people import Everybody, Person
from tests.system.standing import signed
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


@pytest.mark.parametrize("schema", sorted(ACCESS.lists["schemas nobody reaches"]))
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
    for table in ACCESS.tables:
        answer = person.rest("GET", f"/{table}?select=*")
        assert answer.status_code < 500, (table, answer.text)
        if answer.status_code == 200:
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


def test_the_api_has_what_is_written_down(stack: Stack, people: Everybody) -> None:
    """Its description names the tables and functions of access.md to whom they are open, and none to nobody."""
    platform = Person(stack, "the platform", key=stack.access.secret_key)
    for person in (people.owner, people.admin, people.stranger, people.removed, platform):
        described = person.rest("GET", "/").json()
        assert set(described["definitions"]) == set(ACCESS.tables)
        functions = {path.removeprefix("/rpc/") for path in described["paths"] if path.startswith("/rpc/")}
        assert functions == (set() if person is platform else set(ACCESS.functions))
        inner = person.rest("GET", "/", profile="worker").json()
        assert set(inner["paths"]) == {"/"}
        assert inner.get("definitions", {}) == {}
    assert people.nobody.rest("GET", "/").json().get("definitions", {}) == {}
    worker = Person(stack, "the functions", stack.environment["RENUM_WORKER_KEY"])
    described = worker.rest("GET", "/", profile="worker").json()
    assert {path.removeprefix("/rpc/") for path in described["paths"]} - {"/"} == set(ACCESS.workers)


@pytest.mark.parametrize("table", ACCESS.tables)
def test_no_other_door_is_open_to_nobody(stack: Stack, table: str) -> None:
    """401 and no row: with the publishable key as a token, without any key, and at PostgREST itself."""
    access = stack.access
    everything, own = f"{access.url}/rest/v1/{table}?select=*", {"apikey": access.publishable_key}
    for answer in (
        stack.http.get(everything, headers=own | {"Authorization": f"Bearer {access.publishable_key}"}),
        stack.http.get(everything),
        stack.http.get(f"{stack.environment['RENUM_REST_URL']}/{table}?select=*"),
    ):
        assert answer.status_code == 401, answer.text
        assert "content-range" not in answer.headers
        assert isinstance(answer.json(), dict)
