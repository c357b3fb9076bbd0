"""Ways around a table's own door: embedding, filters, counts, upserts, files, and what errors and estimates tell."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from devstack.demo.access import Row
from tests.access import ACCESS
from tests.stack import Stack
from tests.system.people import RETURNED
from tests.system.standing import Standing, content_for, key_of

OUTSIDERS = ("never worked anywhere", "a removed member", "of a suspended client", "of an inactive client")
INSERTED = tuple(name for name, table in ACCESS.tables.items() if "client_id" in table.insert)


def others_row(standing: Standing, table: str) -> Row:
    """A row of the other client, for the owner; of a table that knows no client, one that the owner does not see."""
    rows = standing.rows(table, "other", standing.everybody["owner"]).values()
    return next((row for row in rows if standing.other in (row.get("client_id"), row["id"])), None) or next(iter(rows))


def others_id(standing: Standing, table: str) -> str:
    """The key of that row."""
    if table in ("project_progress", "usage_summary", "project_costs"):
        return others_id(standing, "projects")
    return str(others_row(standing, table)["id"])


def content(standing: Standing, table: str, whose: str) -> Row:
    """A row to insert in the own or in the other client's name."""
    owner = standing.everybody["owner"]
    client_id = standing.own if whose == "own" else standing.other
    made = content_for(table, client_id, next(iter(_leads(standing, whose))), owner.person.profile_id)
    assert made is not None
    return made


def _leads(standing: Standing, whose: str) -> list[str]:
    client_id = standing.own if whose == "own" else standing.other
    found = standing.stack.rows("select id::text from public.leads where client_id = %s", client_id)
    return [row["id"] for row in found]


def told(answer: httpx.Response, *ids: str) -> tuple[Any, ...]:
    """Everything an answer says, but for the ids that were asked about."""
    text = answer.text
    for one in ids:
        text = text.replace(one, "…")
    return answer.status_code, text, answer.headers.get("content-range"), answer.headers.get("location")


def client_ids(value: Any) -> Iterator[str]:
    """Every client_id at whatever depth."""
    if isinstance(value, list):
        for item in value:
            yield from client_ids(item)
    elif isinstance(value, dict):
        if value.get("client_id"):
            yield value["client_id"]
        for item in value.values():
            yield from client_ids(item)


def references(stack: Stack) -> list[Row]:
    """Every foreign key between two tables of public: its name, and both tables."""
    return stack.rows(
        "select c.conname as name, c.conrelid::regclass::text as source, c.confrelid::regclass::text as target"
        " from pg_constraint as c where c.contype = 'f' and c.conparentid = 0"
        " and c.connamespace = 'public'::regnamespace"
        " and (select relnamespace from pg_class where oid = c.confrelid) = 'public'::regnamespace"
    )


@pytest.mark.parametrize("who", ["owner", "of a suspended client"])
def test_no_foreign_key_leads_to_another_clients_rows(standing: Standing, stack: Stack, who: str) -> None:
    """Embedded along every key and back along it, inner, spread and nested: what is there is the own client's."""
    someone = standing.everybody[who]
    found = references(stack)
    assert len(found) > 30
    others = {client for client in standing.client_ids if client != someone.client_id or someone.role == "outsider"}
    people = set(standing.profile_ids) - {row["id"] for row in someone.person.rows("/profiles?select=id")}
    for key in found:
        source, target, hint = key["source"].split(".")[-1], key["target"].split(".")[-1], key["name"]
        for path in (
            f"/{source}?select=*,{target}!{hint}(*)",
            f"/{target}?select=*,{source}!{hint}(*)",
            f"/{target}?select=*,{source}!{hint}!inner(*,{target}!{hint}(*))",
            f"/{source}?select={key_of(source)},...{target}!{hint}({key_of(target)})",
        ):
            answer = someone.person.rest("GET", path)
            assert answer.status_code == 200, (path, answer.text)
            assert not others & set(client_ids(answer.json())), path
            assert not [one for one in (*others, *people) if f'"id":"{one}"' in answer.text], path


@pytest.mark.parametrize("who", ["owner", "a removed member"])
@pytest.mark.parametrize("table", ACCESS.tables)
def test_another_clients_row_answers_like_one_that_nobody_has(standing: Standing, table: str, who: str) -> None:
    """Filters, logic, counts of all three kinds, CSV, changes and deletions: not a letter's difference."""
    theirs = others_id(standing, table)
    person, key, random = standing.everybody[who].person, key_of(table), str(uuid4())
    before = standing.snapshot(table)
    column = "client_id" if table not in ("clients", "profiles", "tools", "sub_agents", "isa_commands") else key
    foreign = standing.other if column == "client_id" else theirs

    def asked(one: str, client: str) -> Iterator[tuple[Any, ...]]:
        paths = [
            f"/{table}?{key}=eq.{one}",
            f"/{table}?or=({key}.eq.{one},and({key}.eq.{one},{column}.eq.{client}))",
            f"/{table}?not.or=({key}.neq.{one},{column}.neq.{client})",
            f"/{table}?{column}=eq.{client}&order={key}.desc.nullslast",
            f"/{table}?{key}=in.({one},{uuid4()})&select={key}",
        ]
        for path in paths:
            yield told(person.rest("GET", path, headers={"Prefer": "count=exact"}), one, client)
        for count in ("exact", "planned", "estimated"):
            yield told(person.rest("HEAD", paths[0], headers={"Prefer": f"count={count}"}), one, client)
        for accept in ("text/csv", "application/vnd.pgrst.object+json"):
            yield told(person.rest("GET", paths[0], headers={"Accept": accept}), one, client)
        for preference in ("return=representation,count=exact", "return=minimal,count=exact,tx=rollback"):
            yield told(person.rest("PATCH", paths[0], json={}, headers={"Prefer": preference}), one, client)
            yield told(person.rest("DELETE", paths[0], headers={"Prefer": preference}), one, client)

    for number, (about_theirs, about_nobodys) in enumerate(
        zip(asked(theirs, foreign), asked(random, random), strict=True)
    ):
        assert about_theirs == about_nobodys, number
    assert standing.snapshot(table) == before


@pytest.mark.parametrize("who", ["owner", *OUTSIDERS])
def test_an_estimate_tells_nothing_of_other_clients(standing: Standing, stack: Stack, who: str) -> None:
    """The planner knows everybody's telephone numbers and names; asked through the API, it knows none."""
    person = standing.everybody[who].person
    standing.analyze()
    for table in ACCESS.tables:
        estimated = person.rest("HEAD", f"/{table}?limit=1", headers={"Prefer": "count=estimated"})
        exact = person.rest("HEAD", f"/{table}?limit=1", headers={"Prefer": "count=exact"})
        assert estimated.headers["content-range"] == exact.headers["content-range"], table
        planned = person.rest("GET", f"/{table}?limit=1", headers={"Prefer": "count=planned"})
        assert planned.status_code == 400, table
        assert planned.json()["message"].startswith("count=planned is not answered")
        # PostgREST takes the first of two headers, the database is told the last.
        twice = [("Prefer", "count=planned"), ("Prefer", "return=minimal")]
        keys = [("apikey", stack.access.publishable_key), ("Authorization", f"Bearer {person.token}")]
        for path in (f"/{table}", f"/{table}?{key_of(table)}=gt.00000000-0000-0000-0000-000000000000"):
            hidden = stack.http.head(f"{stack.access.url}/rest/v1{path}", headers=keys + twice)
            assert hidden.headers["content-range"].split("/")[1] in ("0", "1"), path
    plan = person.rest("GET", "/leads", headers={"Accept": "application/vnd.pgrst.plan+json"})
    assert plan.status_code in (406, 415)
    for aggregate in ("count()", "id.max()", "client_id,phone.min()"):
        assert person.rest("GET", f"/leads?select={aggregate}").json()["code"] == "PGRST123"


@pytest.mark.parametrize("resolution", ["merge-duplicates", "ignore-duplicates"])
@pytest.mark.parametrize("table", INSERTED)
def test_an_upsert_does_not_reach_into_another_clients_rows(standing: Standing, table: str, resolution: str) -> None:
    """Their row whole, and their key in an own row: refused or left out, and every row is as it was."""
    owner, theirs = standing.everybody["owner"].person, others_id(standing, table)
    whole = others_row(standing, table)
    written = {name: whole[name] for name in ACCESS.tables[table].insert}
    attempts = [
        ("id", written),
        ("id", {**content(standing, table, "own"), "id": theirs}),
        ("id", {**content(standing, table, "other"), "id": theirs}),
        *([("client_id,phone", {**written, "name": "Roubada"})] if table == "leads" else []),
    ]
    before = standing.snapshot(table)
    headers = {"Prefer": f"return=representation,resolution={resolution}"}
    for conflict, body in attempts:
        for path in (f"/{table}?on_conflict={conflict}", f"/{table}?columns={','.join(body)}&on_conflict={conflict}"):
            answer = owner.rest("POST", path, json=[body], headers=headers)
            assert answer.status_code == 403 or answer.json() == [], (answer.status_code, answer.text)
            # A message is refused by a rule of policy, too: the lead has not written.
            told = ("permission denied", "row-level", *(("24-hour window",) if table == "deliveries" else ()))
            assert answer.status_code != 403 or any(words in answer.text for words in told)
        put = owner.rest("PUT", f"/{table}?id=eq.{theirs}", json={**body, "id": theirs})
        assert 400 <= put.status_code < 500, put.text
    assert standing.snapshot(table) == before


@pytest.mark.parametrize("table", INSERTED)
def test_nobody_slips_another_clients_row_into_a_batch(standing: Standing, table: str) -> None:
    """Amid own rows, as JSON, as CSV, behind `columns`: 403, and not one row of the batch is stored."""
    owner = standing.everybody["owner"].person
    batch = [content(standing, table, whose) for whose in ("own", "other", "own")]
    before = standing.snapshot(table)
    lines = io.StringIO()
    writer = csv.DictWriter(lines, list(batch[0]))
    writer.writeheader()
    writer.writerows(batch)
    answers = [
        owner.rest("POST", f"/{table}", json=batch),
        owner.rest("POST", f"/{table}", content=lines.getvalue(), headers={"Content-Type": "text/csv"}),
        owner.rest("POST", f"/{table}?columns={','.join(batch[1])}", json=[{**batch[1], "is_house": True}]),
        owner.rest("POST", f"/{table}", json=batch, headers={"Prefer": "tx=rollback,missing=default"}),
    ]
    for answer in answers:
        if table in ("deliveries", "sending_rules"):
            # Their own rules (what a message is, one row per client) may speak up before the foreign row's turn comes.
            assert 400 <= answer.status_code < 500, answer.text
        else:
            assert (answer.status_code, answer.json()["code"]) == (403, "42501"), answer.text
    assert standing.snapshot(table) == before


@pytest.mark.parametrize("who", ["owner", *OUTSIDERS])
def test_an_error_does_not_tell_what_another_client_has(standing: Standing, who: str) -> None:
    """A number they have, a template they have, a lead or an account of theirs: refused like what nobody has."""
    someone = standing.everybody[who]
    person, own = someone.person, someone.client_id or standing.own
    lead = others_row(standing, "leads")
    account, config = (others_id(standing, table) for table in ("channel_accounts", "renus_config"))
    questionnaire = {"questions": [{"key": "nota", "text": "Nota?", "type": "number"}]}
    start = {"name": "x", "status": "active", "config": {"questionnaire": questionnaire}}

    def invited(name: str) -> Row:
        return {**start, "config": {**start["config"], "invitation": {"template": name}}}  # type: ignore[dict-item] # JSON

    other, pairs = {"client_id": standing.other}, list[tuple[str, Row, Row]]()
    pairs += [
        ("leads", {**other, "phone": lead["phone"]}, {**other, "phone": "+5511911112222"}),
        ("leads", {**other, "id": lead["id"]}, {**other, "id": str(uuid4())}),
        ("consents", _consent(own, lead["id"]), _consent(own, str(uuid4()))),
        ("consents", _consent(standing.other, lead["id"]), _consent(standing.other, str(uuid4()))),
        ("message_templates", _template(own, account), _template(own, str(uuid4()))),
        ("message_templates", _template(standing.other, account), _template(standing.other, str(uuid4()))),
        ("projects", {**other, **invited("convite")}, {**other, **invited("nenhum")}),
        ("projects", {**other, **start}, {"client_id": str(uuid4()), **start}),
        ("projects", {**other, **start}, {**other, **start, "channel_account_id": str(uuid4())}),
        ("projects", {**other, **start, "channel_account_id": account}, {**other, **start}),
    ]
    for name, theirs in (("channel_account_id", account), ("renus_config_id", config)):
        body: Row = {"client_id": own, "name": "x"}
        pairs.append(("projects", {**body, name: theirs}, {**body, name: str(uuid4())}))
    for table, about_theirs, about_nobodys in pairs:
        answers = [person.rest("POST", f"/{table}", json=body) for body in (about_theirs, about_nobodys)]
        first, second = (told(answer) for answer in answers)
        assert first == second, table
        assert 400 <= answers[0].status_code < 500


def _consent(client_id: str, lead_id: str) -> Row:
    return {"client_id": client_id, "lead_id": lead_id, "granted": False, "legal_basis": "consent"}


def _template(client_id: str, account_id: str) -> Row:
    return {"client_id": client_id, "channel_account_id": account_id, "name": "intrusa", "body": "Oi"}


def test_an_audience_reaches_no_lead_of_another_client(standing: Standing) -> None:
    """A project that names another client's leads finds none of them: they are told as ids that nobody has."""
    owner = standing.everybody["owner"]
    person = owner.person
    theirs = list(standing.rows("leads", "other", owner))
    config = {"audience": {"lead_ids": theirs}}
    made = person.rest("POST", "/projects?select=id", json={"name": "x", "config": config}, headers=RETURNED)
    (project,) = made.json()
    try:
        preview = person.rpc("preview_audience", project_id=project["id"]).json()
        assert (preview["count"], preview["left_out"]) == (0, {"not_found": len(theirs)})
        assert (preview["cost"], preview["limit"]) == (None, None)
    finally:
        standing.remove("projects", project["id"])
