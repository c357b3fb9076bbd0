"""Nobody rises, nobody moves a row to another client, nobody writes into, or refers to, what is another client's."""

from __future__ import annotations

import secrets
import uuid
from typing import Any

import httpx
import pytest
from supabase import Client

from devstack.demo.access import Row
from tests.stack import Stack
from tests.system.people import Everybody, Person, invited_person, new_person
from tests.system.surface import TABLES
from tests.system.survey import CONFIG, QUESTIONS, Survey, new_phone

RETURNED = {"Prefer": "return=representation"}


def everything_of(stack: Stack, survey: Survey) -> dict[str, list[str]]:
    """Every row of a client, whole, table by table; its people's profiles too."""
    survey.settled()
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


def some_row(stack: Stack, table: str, survey: Survey) -> Row:
    """One row of a client, or a global one."""
    spec = TABLES[table]
    where = {"own": f"{spec.of} = %s", "people": "id = (select profile_id from public.clients where id = %s)"}
    condition = where.get(spec.rows, "%s <> ''")
    found = stack.rows(
        f"select to_jsonb(t) as whole from public.{table} as t where {condition} limit 1", survey.client_id
    )
    row: Row = found[0]["whole"]
    return row


def refused(answer: httpx.Response, *statuses: int, saying: str = "") -> None:
    """The answer is a clear refusal that shows no row."""
    assert answer.status_code in statuses, (answer.status_code, answer.text)
    body = answer.json()
    assert isinstance(body, dict), body
    assert saying in body["message"], body


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


@pytest.mark.parametrize("who", ["owner", "staff"])
@pytest.mark.parametrize(
    ("change", "saying"),
    [
        ({"plan": "enterprise"}, "plan"),
        ({"status": "suspended"}, "status"),
        ({"profile_id": None}, "permission denied"),
        ({"is_house": True}, "permission denied"),
        ({"id": str(uuid.uuid4())}, "permission denied"),
        ({"created_at": "2020-01-01"}, "permission denied"),
        ({"company_name": "Outra", "plan": "pro"}, "plan"),
    ],
    ids=["plan", "status", "owner", "house", "id", "age", "plan beside the name"],
)
def test_a_clients_people_cannot_change_what_is_an_admins(
    people: Everybody, school: Survey, who: str, change: Row, saying: str
) -> None:
    """Plan, status and ownership of the own company: 403, naming the rule."""
    answer = people.named(who).rest("PATCH", f"/clients?id=eq.{school.client_id}", json=change)
    refused(answer, 403, saying=saying)


@pytest.mark.parametrize(
    "change", [{"role": "admin"}, {"email": "x@y.z"}, {"id": str(uuid.uuid4())}, {"created_at": "2020-01-01"}]
)
def test_nobody_raises_himself(people: Everybody, change: Row) -> None:
    """Role and address are not one's own to change, and neither are another person's."""
    for person in (people.owner, people.staff, people.stranger, people.removed):
        refused(person.rest("PATCH", f"/profiles?id=eq.{person.profile_id}", json=change), 403)
    colleague = people.owner.rest(
        "PATCH", f"/profiles?id=eq.{people.staff.profile_id}", json={"full_name": "X"}, headers=RETURNED
    )
    assert (colleague.status_code, colleague.json()) == (200, [])


def test_what_a_newcomer_says_about_himself_makes_nobody_an_admin(stack: Stack) -> None:
    """Sign-up data, whatever it claims, gives a name and a phone at most, and a bad phone costs nobody the sign-up."""
    email = f"{secrets.token_hex(6)}@exemplo.com.br"
    claims = {"role": "admin", "full_name": "Eva", "client_id": str(uuid.uuid4()), "is_admin": True, "phone": "nenhum"}
    signed_up = stack.http.post(
        f"{stack.access.url}/auth/v1/signup",
        headers={"apikey": stack.access.publishable_key},
        json={"email": email, "password": secrets.token_urlsafe(12), "data": claims},
    )
    assert signed_up.status_code == 200, signed_up.text
    (profile,) = stack.rows("select role::text, full_name, phone from public.profiles where email = %s", email)
    assert profile == {"role": "client", "full_name": "Eva", "phone": None}


def test_an_invitation_is_taken_up_by_nobody_but_its_address(stack: Stack, people: Everybody, school: Survey) -> None:
    """Signing up with, or changing to, an invited address that one has not confirmed opens no door."""
    email = f"{secrets.token_hex(6)}@exemplo.com.br"
    school.owner.rpc("invite_member", {"client_id": school.client_id, "email": email, "role": "owner"}).execute()
    password = secrets.token_urlsafe(12)
    key = {"apikey": stack.access.publishable_key}
    unconfirmed = stack.http.post(
        f"{stack.access.url}/auth/v1/signup", headers=key, json={"email": email, "password": password}
    )
    assert unconfirmed.json().get("access_token") is None
    attempt = {"email": email, "password": password}
    signed_in = stack.http.post(f"{stack.access.url}/auth/v1/token?grant_type=password", headers=key, json=attempt)
    assert signed_in.status_code == 400, signed_in.text

    second = f"{secrets.token_hex(6)}@exemplo.com.br"
    school.owner.rpc("invite_member", {"client_id": school.client_id, "email": second, "role": "owner"}).execute()
    intruder = new_person(stack, "an intruder")
    bearer = key | {"Authorization": f"Bearer {intruder.token}"}
    stack.http.put(f"{stack.access.url}/auth/v1/user", headers=bearer, json={"email": second})
    assert intruder.rows("/leads") == []
    members = stack.rows(
        "select status::text, profile_id from public.client_members where email in (%s, %s)", email, second
    )
    assert members == [{"status": "invited", "profile_id": None}] * 2


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


def inserts_for(survey: Survey) -> dict[str, Row]:
    """A row of each table that owners insert into, otherwise in order, for this client."""
    return {
        "leads": {"client_id": survey.client_id, "phone": new_phone(), "name": "Intrusa"},
        "projects": {"client_id": survey.client_id, "name": "Intruso", "config": CONFIG},
        "renus_config": {"client_id": survey.client_id},
        "channel_accounts": {
            "client_id": survey.client_id,
            "provider": "whatsapp_cloud",
            "name": "Intrusa",
            "external_id": secrets.token_hex(6),
        },
        "message_templates": {"client_id": survey.client_id, "name": "intrusa", "body": "Oi"},
    }


@pytest.mark.parametrize("table", list(TABLES))
def test_nobody_inserts_a_row_for_another_client(
    stack: Stack, people: Everybody, school: Survey, garage: Survey, table: str
) -> None:
    """403 for a row that would be fine for the own client: alone, in the middle of a batch, and as CSV."""
    content = inserts_for(garage).get(table)
    if content is None:
        content = {name: value for name, value in some_row(stack, table, garage).items() if name != TABLES[table].key}
    counted = stack.counts()
    for person in (people.owner, people.staff, people.stranger):
        refused(person.rest("POST", f"/{table}", json=content), 403)
    if table in inserts_for(school):
        own = inserts_for(school)[table]
        refused(people.owner.rest("POST", f"/{table}", json=[own, content, own]), 403)
        simple = [name for name in content if not isinstance(content[name], dict)]
        lines = [",".join(simple), *(",".join(str(row[name]) for name in simple) for row in (own, content))]
        answer = people.owner.rest("POST", f"/{table}", content="\n".join(lines), headers={"Content-Type": "text/csv"})
        refused(answer, 403)
    assert stack.counts() == counted


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
    """A project that names another client's leads finds none of them, started or not."""
    theirs = [
        row["id"] for row in stack.rows("select id::text from public.leads where client_id = %s", garage.client_id)
    ]
    assert theirs
    config = {"audience": {"lead_ids": theirs}, "questionnaire": {"questions": QUESTIONS}}
    content = {"name": "Alheios", "config": config, "client_id": school.client_id}
    made = people.owner.rest("POST", "/projects", json=content, headers=RETURNED)
    (project,) = made.json()
    assert people.owner.rpc("preview_audience", project_id=project["id"]).json() == {"count": 0, "left_out": {}}
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


def test_staff_do_everything_but_manage_people_and_accounts(stack: Stack, people: Everybody, school: Survey) -> None:
    """Leads and projects like an owner; inviting, removing, accounts, templates and credentials are the owner's."""
    staff = people.staff
    added = staff.rest("POST", "/leads", json={"phone": new_phone(), "client_id": school.client_id}, headers=RETURNED)
    assert added.status_code == 201, added.text
    assert staff.rest("DELETE", f"/leads?id=eq.{added.json()[0]['id']}").status_code in (204, 409)
    refused(staff.rpc("invite_member", client_id=school.client_id, email="x@exemplo.com.br"), 403, saying="owner")
    (owner,) = staff.rows(
        f"/client_members?select=id&role=eq.owner&status=eq.active&profile_id=eq.{people.owner.profile_id}"
    )
    refused(staff.rpc("remove_member", member_id=owner["id"]), 404)
    for table in ("channel_accounts", "message_templates"):
        refused(staff.rest("POST", f"/{table}", json=inserts_for(school)[table]), 403)
        changed = staff.rest(
            "PATCH",
            f"/{table}?id=eq.{some_row(stack, table, school)['id']}",
            json={"status": "active"},
            headers=RETURNED,
        )
        assert changed.status_code in (200, 400, 403)
        assert changed.status_code != 200 or changed.json() == []
    members = staff.rest("PATCH", f"/client_members?profile_id=eq.{staff.profile_id}", json={"role": "owner"})
    refused(members, 403)


def test_credentials_are_set_by_the_accounts_owner_only(stack: Stack, people: Everybody, school: Survey) -> None:
    """The function refuses everybody else, with or without a token, and the account goes on with what it has."""
    account = school.number.channel_account_id
    body = {"channel_account_id": account, "credentials": {"access_token": "EAAx", "app_secret": "roubado"}}
    url = f"{stack.access.functions_url}/channel_credentials"
    before = stack.rows("select * from private.channel_credentials where channel_account_id = %s", account)
    tokens = {
        person.name: person.token for person in (people.staff, people.other_owner, people.stranger, people.removed)
    }
    tokens |= {"the publishable key": stack.access.publishable_key, "nonsense": "x.y.z"}
    for name, token in tokens.items():
        answer = stack.http.post(url, json=body, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code in (401, 403, 404), (name, answer.text)
        assert "roubado" not in answer.text
    assert stack.http.post(url, json=body).status_code == 401
    assert stack.rows("select * from private.channel_credentials where channel_account_id = %s", account) == before


def test_a_removed_member_loses_access_with_the_token_in_hand(stack: Stack, school: Survey, admin: Client) -> None:
    """At once, and cannot come back by any of the own means; invited anew, the access is back."""
    person = invited_person(stack, "a member", school)
    assert person.rows("/leads?select=id")
    (member,) = person.rows(f"/client_members?select=id&profile_id=eq.{person.profile_id}")
    school.owner.rpc("remove_member", {"member_id": member["id"]}).execute()
    assert person.rows("/leads?select=id") == []
    assert person.rows("/clients") == []
    refused(person.rpc("invite_member", client_id=school.client_id, email=person.email), 403)
    phone = {"phone": new_phone(), "client_id": school.client_id}
    refused(person.rest("POST", "/leads", json=phone), 403)
    # Their only client is gone: without a client_id, too, there is nothing to write to.
    assert person.rest("POST", "/leads", json={"phone": new_phone()}).status_code in (400, 403)
    school.owner.rpc("invite_member", {"client_id": school.client_id, "email": person.email}).execute()
    assert person.rows("/leads?select=id")


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
