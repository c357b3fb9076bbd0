"""Nobody rises, nobody moves a row to another client, nobody writes into, or refers to, what is another client's."""

from __future__ import annotations

import secrets
import uuid
from typing import Any

import pytest

from devstack.demo.access import Row
from tests.stack import Stack
from tests.system.people import RETURNED, Everybody, Person, inserts_for, invited_person, refused, some_row
from tests.system.surface import TABLES
from tests.system.survey import QUESTIONS, Survey, new_phone


def everything_of(stack: Stack, survey: Survey) -> dict[str, list[str]]:
    """Every row of a client, whole, table by table; its people's profiles too."""
    survey.quiet()
    found = {}
    for table, spec in TABLES.items():
        if spec.rows == "own":
            query = f"select t::text as whole from public.{table} as t where t.{spec.of} = %s order by 1"
        elif spec.rows == "people":
            query = (
                "select p::text as whole from public.profiles as p join public.client_members as m"
                " on m.profile_id = p.id where m.client_id = %s order by 1"
            )
        else:
            query = f"select t::text as whole from public.{table} as t where %s <> '' order by 1"
        found[table] = [row["whole"] for row in stack.rows(query, survey.client_id)]
    return found


@pytest.mark.parametrize("intruder", ["other_owner", "stranger", "removed"])
@pytest.mark.parametrize("table", TABLES)
def test_nobody_changes_or_deletes_another_clients_row(
    stack: Stack, people: Everybody, school: Survey, table: str, intruder: str
) -> None:
    """Column by column, and all of them: no row comes back, and every row of the client is what it was."""
    person, spec = people.named(intruder), TABLES[table]
    before = everything_of(stack, school)
    row = some_row(stack, table, school)
    own = f"/{table}?{spec.key}=eq.{row[spec.key]}"
    for columns in [[name] for name in row] + [list(row)]:
        answer = person.rest("PATCH", own, json={name: row[name] for name in columns}, headers=RETURNED)
        assert answer.status_code == 403 or (answer.status_code, answer.json()) == (200, []), (columns, answer.text)
    gone = person.rest("DELETE", own, headers=RETURNED)
    assert gone.status_code == 403 or (gone.status_code, gone.json()) == (200, []), gone.text
    # The row once more, as new and as an upsert; and as it is but for its key.
    for content in (row, {**row, spec.key: str(uuid.uuid4())}):
        for preference in ("return=representation", "return=representation,resolution=merge-duplicates"):
            answer = person.rest("POST", f"/{table}", json=content, headers={"Prefer": preference})
            assert answer.status_code == 403, answer.text
    assert everything_of(stack, school) == before


@pytest.mark.parametrize("table", [name for name, spec in TABLES.items() if spec.rows in ("global", "admins")])
def test_the_admins_tables_are_written_by_admins_only(
    stack: Stack, people: Everybody, school: Survey, table: str
) -> None:
    """An owner reads the active tools and sub-agents and no command, and writes none of them, in whoever's name."""
    row = {name: value for name, value in some_row(stack, table, school).items() if not name.endswith("_at")}
    fresh = {**row, "id": str(uuid.uuid4())} | ({"name": secrets.token_hex(4)} if "name" in row else {})
    for person in (people.owner, people.staff, people.stranger):
        named = fresh | ({"admin_id": person.profile_id} if "admin_id" in row else {})
        refused(person.rest("POST", f"/{table}", json=named), 403, saying="row-level security")
        changed = person.rest("PATCH", f"/{table}?id=eq.{row['id']}", json={"id": row["id"]}, headers=RETURNED)
        assert changed.status_code == 403
    assert people.admin.rows(f"/{table}?select=id&id=eq.{row['id']}") == [{"id": row["id"]}]


def test_an_admin_cannot_write_a_command_in_another_admins_name(people: Everybody) -> None:
    """Who commanded is who signed in."""
    content = {"admin_id": people.owner.profile_id, "command": "suspender todos"}
    refused(people.admin.rest("POST", "/isa_commands", json=content), 403)


@pytest.mark.parametrize(
    "table", ["leads", "channel_accounts", "message_templates", "renus_config", "projects", "interviews"]
)
def test_a_row_never_moves_to_another_client(
    stack: Stack, people: Everybody, school: Survey, garage: Survey, table: str
) -> None:
    """403 for the owner's own row and another client's id; for an admin, too, it stays where it is."""
    row = some_row(stack, table, school)
    for person in (people.owner, people.staff, people.admin):
        refused(person.rest("PATCH", f"/{table}?id=eq.{row['id']}", json={"client_id": garage.client_id}), 403)


@pytest.mark.parametrize("table", list(TABLES))
def test_nobody_inserts_a_row_for_another_client(
    stack: Stack, people: Everybody, school: Survey, garage: Survey, table: str
) -> None:
    """403 for a row that would be fine for the own client: alone, in the middle of a batch, and as CSV."""
    content = inserts_for(garage).get(table)
    if content is None:
        content = {name: value for name, value in some_row(stack, table, garage).items() if name != TABLES[table].key}
    for survey in (school, garage):
        survey.quiet()
    counted = stack.counts(school.client_id, garage.client_id)
    for person in (people.owner, people.staff, people.stranger):
        refused(person.rest("POST", f"/{table}", json=content), 403)
    if table in inserts_for(school):
        own = inserts_for(school)[table]
        refused(people.owner.rest("POST", f"/{table}", json=[own, content, own]), 403)
        simple = [name for name in content if not isinstance(content[name], dict)]
        lines = [",".join(simple), *(",".join(str(row[name]) for name in simple) for row in (own, content))]
        answer = people.owner.rest("POST", f"/{table}", content="\n".join(lines), headers={"Content-Type": "text/csv"})
        refused(answer, 403)
    assert stack.counts(school.client_id, garage.client_id) == counted


@pytest.mark.parametrize("conflict", ["id", "client_id,phone"])
@pytest.mark.parametrize("resolution", ["merge-duplicates", "ignore-duplicates"])
def test_an_upsert_does_not_reach_into_another_clients_rows(
    stack: Stack, people: Everybody, school: Survey, garage: Survey, conflict: str, resolution: str
) -> None:
    """With the columns that may be written, another client's key and an own client_id or theirs: never their row."""
    lead = some_row(stack, "leads", garage)
    before = everything_of(stack, garage)
    preference = {"Prefer": f"return=representation,resolution={resolution}"}
    attempts = [
        {"id": lead["id"], "client_id": school.client_id, "phone": new_phone(), "name": "Roubada"},
        {"id": lead["id"], "client_id": garage.client_id, "phone": lead["phone"], "name": "Roubada"},
        {"client_id": garage.client_id, "phone": lead["phone"], "name": "Roubada"},
    ]
    for content in attempts:
        answer = people.owner.rest("POST", f"/leads?on_conflict={conflict}", json=content, headers=preference)
        assert answer.status_code in (403, 409) or answer.json() == [], (answer.status_code, answer.text)
        assert str(lead["name"]) not in answer.text
    assert everything_of(stack, garage) == before
    # Among the own rows it works.
    phone = new_phone()
    for name in ("Ana", "Ana Clara"):
        own = {"client_id": school.client_id, "phone": phone, "name": name}
        answer = people.owner.rest("POST", "/leads?on_conflict=client_id,phone", json=own, headers=preference)
        assert answer.status_code in (200, 201), answer.text
    kept = people.owner.rows(f"/leads?select=name&phone=eq.%2B{phone}")
    assert kept == [{"name": "Ana Clara" if resolution == "merge-duplicates" else "Ana"}]


def test_a_row_cannot_refer_to_another_clients_row(
    stack: Stack, people: Everybody, school: Survey, garage: Survey
) -> None:
    """Another client's account, configuration or lead in an own row: 409 naming the constraint, with no content."""
    theirs = {table: some_row(stack, table, garage)["id"] for table in ("renus_config", "leads")}
    account = garage.number.channel_account_id
    attempts: list[tuple[str, Row]] = [
        ("projects", {"name": "Intruso", "channel_account_id": account}),
        ("projects", {"name": "Intruso", "renus_config_id": theirs["renus_config"]}),
        ("message_templates", {"name": "intrusa", "body": "Oi", "channel_account_id": account}),
        ("consents", {"lead_id": theirs["leads"], "granted": False, "legal_basis": "consent"}),
    ]
    for table, content in attempts:
        answer = people.owner.rest("POST", f"/{table}", json={**content, "client_id": school.client_id})
        refused(answer, 409, saying="foreign key constraint")
        assert "Oficina" not in answer.text
    for content in ({"channel_account_id": account}, {"renus_config_id": theirs["renus_config"]}):
        changed = people.owner.rest("PATCH", f"/projects?id=eq.{school.project_id}", json=content)
        refused(changed, 400, 409)


def test_an_audience_reaches_no_lead_of_another_client(
    stack: Stack, people: Everybody, school: Survey, garage: Survey
) -> None:
    """A project that names another client's leads finds none of them, started or not: as ids that nobody has."""
    theirs = [
        row["id"] for row in stack.rows("select id::text from public.leads where client_id = %s", garage.client_id)
    ]
    assert theirs
    config = {"audience": {"lead_ids": theirs}, "questionnaire": {"questions": QUESTIONS}}
    content = {"name": "Alheios", "config": config, "client_id": school.client_id}
    made = people.owner.rest("POST", "/projects", json=content, headers=RETURNED)
    (project,) = made.json()
    preview = people.owner.rpc("preview_audience", project_id=project["id"]).json()
    assert preview == {"count": 0, "left_out": {"not_found": len(theirs)}}
    started = people.owner.rest("PATCH", f"/projects?id=eq.{project['id']}", json={"status": "active"})
    assert started.status_code == 204, started.text
    assert stack.value("select count(*) from public.interviews where project_id = %s", project["id"]) == 0


def test_a_functions_answer_never_depends_on_another_clients_rows(
    stack: Stack, people: Everybody, school: Survey, garage: Survey
) -> None:
    """Each RPC with another client's id: refused in the same words as an id that nobody has."""
    report, failed, member = (some_row(stack, t, garage)["id"] for t in ("reports", "failed_tasks", "client_members"))
    sealed = {"ciphertext": "A" * 80, "key_id": "1"}
    attempts: list[tuple[str, str, Row]] = [
        ("invite_member", "client_id", {"client_id": garage.client_id, "email": "x@exemplo.com.br"}),
        ("remove_member", "member_id", {"member_id": member}),
        ("preview_audience", "project_id", {"project_id": garage.project_id}),
        ("request_report", "project_id", {"project_id": garage.project_id}),
        ("report_markdown", "report_id", {"report_id": report}),
        ("replay_failed_task", "failed_task_id", {"failed_task_id": failed}),
        ("import_leads", "client_id", {"csv": "phone\n11 98765-4321", "client_id": garage.client_id}),
        (
            "set_channel_credentials",
            "channel_account_id",
            {"channel_account_id": garage.number.channel_account_id, **sealed},
        ),
    ]
    before = everything_of(stack, garage)
    for name, argument, arguments in attempts:
        for person in (people.owner, people.staff, people.stranger):
            theirs = person.rpc(name, **arguments)
            nobodys = person.rpc(name, **{**arguments, argument: str(uuid.uuid4())})
            assert (theirs.status_code, theirs.text) == (nobodys.status_code, nobodys.text), name
            assert theirs.status_code in (403, 404) or theirs.text in ("", "null"), (name, theirs.text)
    for person in (people.owner, people.staff, people.stranger):
        refused(person.rpc("create_client", company_name="Minha", owner_email=person.email), 403)
    assert everything_of(stack, garage) == before


def test_an_owner_of_two_clients_says_whose_row_it_is(
    stack: Stack, people: Everybody, school: Survey, garage: Survey
) -> None:
    """Without client_id the row would be nobody's: a 4xx, and with it each row goes where it says."""
    both = invited_person(stack, "a member of both", school)
    garage.owner.rpc("invite_member", {"client_id": garage.client_id, "email": both.email}).execute()
    assert {row["id"] for row in both.rows("/clients?select=id")} == {school.client_id, garage.client_id}
    unclear = both.rest("POST", "/leads", json={"phone": new_phone()})
    assert 400 <= unclear.status_code < 500, unclear.text
    for survey in (school, garage):
        content: dict[str, Any] = {"phone": new_phone(), "client_id": survey.client_id}
        made = both.rest("POST", "/leads", json=content, headers=RETURNED)
        assert [row["client_id"] for row in made.json()] == [survey.client_id]
    (member,) = stack.rows(
        "select id::text from public.client_members where client_id = %s and profile_id = %s",
        garage.client_id,
        both.profile_id,
    )
    garage.owner.rpc("remove_member", {"member_id": member["id"]}).execute()


def test_what_an_admin_may_do(people: Everybody, school: Survey) -> None:
    """The other side of every refusal: the same request by an admin goes through."""
    admin: Person = people.admin
    for change in ({"plan": "pro"}, {"plan": "basic"}, {"company_name": school.company.name}):
        answer = admin.rest("PATCH", f"/clients?id=eq.{school.client_id}", json=change, headers=RETURNED)
        assert [row["id"] for row in answer.json()] == [school.client_id]
    made = admin.rest("POST", "/leads", json={"phone": new_phone(), "client_id": school.client_id}, headers=RETURNED)
    assert made.status_code == 201, made.text
    tool = {"name": secrets.token_hex(4), "description": "x", "function_name": "x", "active": False}
    assert admin.rest("POST", "/tools", json=tool).status_code == 201
