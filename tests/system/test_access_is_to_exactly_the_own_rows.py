"""Over PostgREST, everybody sees exactly the rows meant for them: not one more, and not none."""

from __future__ import annotations

from typing import Any

import pytest
from supabase import Client

from devstack.demo.access import rows
from devstack.demo.company import count
from tests.stack import Stack
from tests.system.people import Everybody, Person
from tests.system.surface import AUTHORS, FUNCTIONS, TABLES
from tests.system.survey import Survey

READERS = ("owner", "staff", "other_owner", "admin", "stranger", "removed")


def expected(stack: Stack, table: str, person: Person, client_id: str | None) -> set[str]:
    """Keys of the rows this person is to see, from the database itself."""
    spec = TABLES[table]
    found = f"select {spec.key}::text as key from public.{table}"
    values: tuple[Any, ...] = ()
    if person.name != "an admin":
        if spec.rows == "own":
            found, values = found + f" where {spec.of} = %s", (client_id,)
        elif spec.rows == "people":
            found += (
                " where id = %s or id in (select m.profile_id from public.client_members as m"
                " where m.client_id = %s and m.status = 'active')"
            )
            values = (person.profile_id, client_id)
        elif spec.rows == "global":
            found += " where active"
        else:
            found += " where false"
    return {row["key"] for row in stack.rows(found, *values)}


@pytest.fixture(scope="module")
def client_ids(school: Survey, garage: Survey) -> dict[str, str | None]:
    """Whose rows each reader may see."""
    return {
        "owner": school.client_id,
        "staff": school.client_id,
        "other_owner": garage.client_id,
        "admin": None,
        "stranger": None,
        "removed": None,
    }


def test_the_api_has_the_tables_and_functions_that_are_written_down(stack: Stack) -> None:
    """A new table, view or function must be entered in surface.py, with who may what, before it is there."""
    headers = {"apikey": stack.access.secret_key}
    described = stack.http.get(f"{stack.access.url}/rest/v1/", headers=headers).json()
    assert set(described["definitions"]) == set(TABLES)
    functions = {path.removeprefix("/rpc/") for path in described["paths"] if path.startswith("/rpc/")}
    assert functions <= FUNCTIONS


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("reader", READERS)
def test_everybody_reads_exactly_what_is_theirs(
    stack: Stack, people: Everybody, client_ids: dict[str, str | None], table: str, reader: str
) -> None:
    """Each table, each person: the keys of what comes back are those of the rows meant for that person."""
    person, key = people.named(reader), TABLES[table].key
    seen = {row[key] for row in person.rows(f"/{table}?select={key}")}
    assert seen == expected(stack, table, person, client_ids[reader])
    if reader in ("owner", "staff", "other_owner"):
        assert bool(seen) == (TABLES[table].rows != "admins"), "no row to see proves nothing"
    if reader == "admin":
        assert seen


@pytest.mark.parametrize("table", [name for name, spec in TABLES.items() if spec.rows != "global"])
def test_two_clients_have_no_row_in_common(people: Everybody, table: str) -> None:
    """What one owner sees of a client's tables the other owner does not."""
    spec = TABLES[table]
    first, second = (
        {row[spec.key] for row in p.rows(f"/{table}?select={spec.key}")} for p in (people.owner, people.other_owner)
    )
    assert not first & second


@pytest.mark.parametrize("table", TABLES)
def test_nobody_without_a_token_gets_anything(stack: Stack, people: Everybody, table: str) -> None:
    """401 and no row: with the publishable key, with it as a token, without any key, and at PostgREST itself."""
    access = stack.access
    everything, own = f"{access.url}/rest/v1/{table}?select=*", {"apikey": access.publishable_key}
    with_key = stack.http.get(everything, headers=own)
    as_token = stack.http.get(everything, headers=own | {"Authorization": f"Bearer {access.publishable_key}"})
    without = stack.http.get(everything)
    direct = stack.http.get(f"{stack.environment['RENUM_REST_URL']}/{table}?select=*")
    counted = stack.http.head(everything, headers=own | {"Prefer": "count=exact"})
    for answer in (with_key, as_token, without, direct, counted):
        assert answer.status_code == 401, answer.text
        assert "content-range" not in answer.headers
    for answer in (with_key, as_token, direct):
        assert answer.json()["code"] == "42501"


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_nobody_without_a_token_writes_anything(people: Everybody, table: str, method: str) -> None:
    """401 for every verb."""
    key = TABLES[table].key
    path = f"/{table}" if method == "POST" else f"/{table}?{key}=not.is.null"
    assert people.nobody.rest(method, path, json={key: "0"}).status_code == 401


def test_the_description_of_the_api_shows_a_person_only_what_it_may_touch(people: Everybody) -> None:
    """Nobody finds a table in it; whoever signed in finds theirs, and no function of the functions' schema."""
    assert people.nobody.rest("GET", "/").json().get("definitions", {}) == {}
    for person in (people.owner, people.admin, people.stranger):
        described = person.rest("GET", "/").json()
        assert set(described["definitions"]) == set(TABLES)
        functions = {path.removeprefix("/rpc/") for path in described["paths"] if path.startswith("/rpc/")}
        assert functions == FUNCTIONS


def test_the_supabase_client_sees_what_curl_sees(
    stack: Stack, people: Everybody, school: Survey, garage: Survey, admin: Client
) -> None:
    """supabase-py signed in as either owner and as the admin: for each of the author's tables the same rows."""
    for person, client in ((people.owner, school.owner), (people.other_owner, garage.owner), (people.admin, admin)):
        for table in AUTHORS:
            seen = {row["id"] for row in rows(client.table(table).select("id").execute())}
            assert seen == {row["id"] for row in person.rows(f"/{table}?select=id")}, (person.name, table)
            assert count(client, table) == len(seen)


def test_a_suspended_clients_people_lose_access_at_once(people: Everybody, garage: Survey, admin: Client) -> None:
    """With the token they hold already; and have it back when the client is active again."""
    person = people.other_owner
    leads = person.rows("/leads?select=id")
    assert leads
    table = admin.table("clients")
    for status in ("suspended", "inactive"):
        table.update({"status": status}).eq("id", garage.client_id).execute()
        try:
            seen = {name: person.rows(f"/{name}?select={spec.key}") for name, spec in TABLES.items()}
            refused = person.rpc("invite_member", client_id=garage.client_id, email="x@exemplo.com.br")
            added = person.rest("POST", "/leads", json={"phone": "11 91234-5678", "client_id": garage.client_id})
        finally:
            table.update({"status": "active"}).eq("id", garage.client_id).execute()
        assert [name for name, spec in TABLES.items() if spec.rows == "own" and seen[name]] == []
        assert [row["id"] for row in seen["profiles"]] == [person.profile_id]
        assert (refused.status_code, added.status_code) == (403, 403)
    assert person.rows("/leads?select=id") == leads
