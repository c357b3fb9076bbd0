"""What people may change, and every way out of their own tenant that was thought of."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.database.builders import JSON, QUESTIONS, Tenant, World

DENIED = psycopg.errors.InsufficientPrivilege
MOVABLE = ["leads", "projects", "channel_accounts", "message_templates", "renus_config"]


def _row(tenant: Tenant, table: str) -> str:
    """A row of this client in that table."""
    made = {
        "leads": "insert into public.leads (name) values ('x') returning id",
        "projects": "insert into public.projects (name) values ('x') returning id",
        "renus_config": "insert into public.renus_config (prompts) values ('{}') returning id",
        "channel_accounts": "select id from public.channel_accounts limit 1",
        "message_templates": "select id from public.message_templates limit 1",
    }
    return str(tenant.one(made[table]))


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ("update public.clients set plan = 'enterprise'", DENIED),
        ("update public.clients set status = 'inactive'", DENIED),
        ("update public.clients set profile_id = null", DENIED),
        ("update public.clients set is_house = true", DENIED),
        ("update public.profiles set role = 'admin'", DENIED),
        ("update public.profiles set email = 'outra@x.br'", DENIED),
        ("update public.client_members set role = 'owner'", DENIED),
        ("update public.leads set opted_out_at = now()", DENIED),
        ("update public.interviews set status = 'completed'", DENIED),
        ("update public.interviews set lead_id = lead_id", DENIED),
        ("update public.interview_messages set content = 'x'", DENIED),
        ("update public.interview_answers set value = '1'", DENIED),
        ("update public.deliveries set status = 'sent'", DENIED),
        ("update public.reports set markdown = 'x'", DENIED),
        ("update public.turns set model = 'x'", DENIED),
        ("update public.failed_tasks set status = 'resolved'", DENIED),
        ("update public.channel_accounts set external_id = '1'", DENIED),
        ("update public.renus_config set version = 9", DENIED),
        ("update public.tools set active = false", None),
        ("delete from public.clients", DENIED),
        ("delete from public.interviews", DENIED),
        ("delete from public.webhook_events", DENIED),
        ("insert into public.clients (company_name) values ('x')", DENIED),
        ("insert into public.tools (name, description, function_name) values ('x', 'x', 'x')", DENIED),
        ("insert into public.isa_commands (admin_id, command) select id, 'x' from public.profiles", DENIED),
        ("insert into public.messages (content) values ('x')", DENIED),
        ("insert into public.client_members (client_id, email) select id, 'x@x' from public.clients", DENIED),
        ("truncate public.leads", DENIED),
    ],
)  # fmt: skip
def test_a_tenants_own_rows_are_changed_within_limits(tenant: Tenant, change: str, refusal: Any) -> None:
    """Role, plan, status, ownership, what was said and what the engine wrote are not people's to change."""
    world = tenant.world
    tenant.interview().answer("nota", 9)
    tenant.all("insert into public.renus_config (prompts) values ('{}')")
    with world.person(world.admin()) as admin:
        admin.all("insert into public.tools (name, description, function_name) values ('a', 'A', 'a')")
    if refusal is None:
        with tenant.session() as session:
            assert session.touched(change) == 0
    else:
        with pytest.raises(refusal):
            tenant.all(change)


def test_staff_run_projects_and_owners_the_rest(tenant: Tenant) -> None:
    """Staff import leads and write projects; accounts, templates, people and credentials are an owner's."""
    world = tenant.world
    staff = world.user("equipe@exemplo.com.br")
    tenant.all("select public.invite_member(%s, 'equipe@exemplo.com.br')", tenant.id)
    with world.person(staff) as session:
        session.all("insert into public.leads (name) values ('x')")
        session.all("insert into public.projects (name) values ('x')")
        assert session.touched("update public.channel_accounts set name = 'x'") == 0
        assert session.touched("update public.message_templates set body = 'x'") == 0
    for refused, values in (
        ("insert into public.channel_accounts (provider, name, external_id) values ('whatsapp_cloud', 'x', '1')", ()),
        ("insert into public.message_templates (name, body) values ('x', 'x')", ()),
        ("select public.invite_member(%s, 'mais@exemplo.com.br')", (tenant.id,)),
        ("select public.remove_member(id) from public.client_members", ()),
        ("select public.set_channel_credentials(%s, %s, 'k')", (tenant.account, "QUJD" * 20)),
        ("select public.create_client('x', 'x@x.br')", ()),
    ):
        with pytest.raises(psycopg.Error), world.person(staff) as session:
            session.all(refused, *values)
    assert tenant.one("select count(*) from public.client_members") == 2


@pytest.mark.parametrize("table", MOVABLE)
def test_a_row_cannot_be_handed_to_another_client(tenant: Tenant, other: Tenant, table: str) -> None:
    """Not by whoever owns it, not by somebody who works at both, not by an admin."""
    world = tenant.world
    row = _row(tenant, table)
    email = world.one("select email from public.profiles where id = %s", tenant.owner)
    other.all("select public.invite_member(%s, %s, 'owner')", other.id, email)
    for person in (tenant.owner, world.admin()):
        with pytest.raises(DENIED), world.person(person) as session:
            session.all(f"update public.{table} set client_id = %s where id = %s", other.id, row)
    with pytest.raises(DENIED, match="cannot move to another client"):
        world.all(f"update public.{table} set client_id = %s where id = %s", other.id, row)


@pytest.mark.parametrize("table", MOVABLE)
def test_another_clients_row_is_out_of_reach(tenant: Tenant, other: Tenant, table: str) -> None:
    """Not seen, so neither changed nor deleted; not inserted in another's name."""
    row = _row(other, table)
    with tenant.session() as session:
        column = "body" if table == "message_templates" else "config" if table == "renus_config" else "name"
        value = "'{}'" if column == "config" else "'tomado'"
        assert session.touched(f"update public.{table} set {column} = {value} where id = %s", row) == 0
    if table in ("leads", "projects"):
        with tenant.session() as session:
            assert session.touched(f"delete from public.{table} where id = %s", row) == 0
    inserts = {
        "leads": "(client_id, name) values (%s, 'x')",
        "projects": "(client_id, name) values (%s, 'x')",
        "renus_config": "(client_id) values (%s)",
        "channel_accounts": "(client_id, provider, name, external_id) values (%s, 'whatsapp_cloud', 'x', '1')",
        "message_templates": "(client_id, name, body) values (%s, 'x', 'x')",
    }
    with pytest.raises(DENIED):
        tenant.all(f"insert into public.{table} {inserts[table]}", other.id)


def test_an_upsert_does_not_reach_another_clients_lead(tenant: Tenant, other: Tenant) -> None:
    """Neither by its number under the other's client_id nor by its id."""
    lead = other.lead("(11) 98765-4321", "Dela")
    with pytest.raises(DENIED):
        tenant.all(
            "insert into public.leads (client_id, phone, name) values (%s, '11987654321', 'Minha')"
            " on conflict (client_id, phone) do update set name = excluded.name",
            other.id,
        )
    with pytest.raises(DENIED):
        tenant.all(
            "insert into public.leads (id, name) values (%s, 'Minha')"
            " on conflict (id) do update set name = excluded.name",
            lead,
        )
    assert other.one("select name from public.leads") == "Dela"


def test_another_clients_rows_cannot_be_referred_to(tenant: Tenant, other: Tenant) -> None:
    """A composite key, so that a row which mixes two tenants cannot exist, for nobody."""
    theirs = {table: _row(other, table) for table in MOVABLE}
    project = _row(tenant, "projects")
    for statement, value in (
        ("update public.projects set renus_config_id = %s where id = %s", theirs["renus_config"]),
        ("update public.projects set channel_account_id = %s where id = %s", theirs["channel_accounts"]),
    ):
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            tenant.all(statement, value, project)
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            tenant.world.all(statement, value, project)
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        tenant.all(
            "insert into public.consents (lead_id, granted, legal_basis) values (%s, false, 'consent')", theirs["leads"]
        )
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        tenant.all(
            "insert into public.message_templates (channel_account_id, name, body) values (%s, 'x', 'x')",
            theirs["channel_accounts"],
        )
    assert other.one("select opted_out_at from public.leads") is None


def test_rpcs_ask_whose_it_is(tenant: Tenant, other: Tenant) -> None:
    """Every RPC with another client's id is refused, and changes nothing."""
    project = _row(other, "projects")
    member = other.one("select id from public.client_members")
    for statement, values in (
        ("select public.preview_audience(%s)", (project,)),
        ("select public.request_report(%s)", (project,)),
        ("select public.invite_member(%s, 'espia@exemplo.com.br', 'owner')", (other.id,)),
        ("select public.remove_member(%s)", (member,)),
        ("select public.set_channel_credentials(%s, %s, 'k')", (other.account, "QUJD" * 20)),
        ("select public.create_client('Nova', 'nova@exemplo.com.br')", ()),
    ):
        with pytest.raises(psycopg.Error) as told:
            tenant.all(statement, *values)
        assert told.value.sqlstate in ("42501", "PT404")
    assert tenant.world.one("select count(*) from private.channel_credentials") == 0
    assert other.one("select count(*) from public.client_members") == 1


def test_an_admin_makes_a_client_also_by_insert_and_sees_it(world: World) -> None:
    """The API returns the inserted row (return=representation), so the admin has to see it within the statement."""
    with world.person(world.admin()) as session:
        made = session.one("insert into public.clients (company_name) values ('Nova') returning id")
        assert session.one("select company_name from public.clients where id = %s", made) == "Nova"
        session.all("update public.clients set plan = 'pro', status = 'suspended' where id = %s", made)


def test_a_client_is_made_with_its_owner_once(world: World) -> None:
    """Idempotent by name and owner; the owner's invitation is taken up when the address is confirmed."""
    admin = world.admin()
    makes = "select id from public.create_client('Nova', ' Dona@Nova.com.br ', '12.abc.345/01de-35')"
    with world.person(admin) as session:
        client = session.one(makes)
        assert session.one(makes) == client
        assert session.one("select cnpj from public.clients where id = %s", client) == "12ABC34501DE35"
    owner = world.user("DONA@nova.com.br", confirmed=False)
    with world.person(owner) as session:
        assert session.all("select id from public.clients") == [], "an address nobody confirmed opens no door"
    world.all("update auth.users set email_confirmed_at = now() where id = %s", owner)
    with world.person(owner) as session:
        assert session.all("select id, profile_id from public.clients") == [(client, owner)]


def test_a_client_keeps_an_owner(tenant: Tenant) -> None:
    """The last one can be neither removed nor made staff; with a second owner both can."""
    world = tenant.world
    email = tenant.one("select email from public.client_members")
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="keeps at least one owner"):
        tenant.all("select public.remove_member(id) from public.client_members")
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="keeps at least one owner"):
        tenant.all("select public.invite_member(%s, %s, 'staff')", tenant.id, email)
    second = world.user("socia@exemplo.com.br")
    tenant.all("select public.invite_member(%s, 'socia@exemplo.com.br', 'owner')", tenant.id)
    with world.person(second) as session:
        session.all("select public.remove_member(id) from public.client_members where profile_id = %s", tenant.owner)
        assert session.one("select profile_id from public.clients") == second
    with world.person(tenant.owner) as session:
        assert session.all("select id from public.clients") == []


def test_a_removed_member_comes_back_only_by_a_new_invitation(tenant: Tenant) -> None:
    """Confirming the address again opens nothing; being invited again does."""
    world = tenant.world
    staff = world.user("equipe@exemplo.com.br")
    tenant.all("select public.invite_member(%s, 'equipe@exemplo.com.br')", tenant.id)
    tenant.all("select public.remove_member(id) from public.client_members where profile_id = %s", staff)
    world.all("update auth.users set email_confirmed_at = now() where id = %s", staff)
    with world.person(staff) as session:
        assert session.all("select id from public.leads") == []
        assert session.all("select id from public.clients") == []
    tenant.all("select public.invite_member(%s, 'equipe@exemplo.com.br')", tenant.id)
    with world.person(staff) as session:
        assert session.one("select count(*) from public.clients") == 1


def test_an_active_member_whose_address_changed_stays_one(tenant: Tenant) -> None:
    """Invited again by the old address, the membership is the same person's."""
    world = tenant.world
    staff = world.user("antes@exemplo.com.br")
    tenant.all("select public.invite_member(%s, 'antes@exemplo.com.br')", tenant.id)
    world.all("update auth.users set email = 'depois@exemplo.com.br' where id = %s", staff)
    tenant.all("select public.invite_member(%s, 'antes@exemplo.com.br', 'owner')", tenant.id)
    assert tenant.all(
        "select profile_id, status::text, role::text from public.client_members"
        " where role = 'owner' and profile_id <> %s",
        tenant.owner,
    ) == [(staff, "active", "owner")]


def test_a_deleted_account_is_a_removed_member(tenant: Tenant) -> None:
    """Deleting a person is not refused because of a membership; invited again, a new account takes the place."""
    world = tenant.world
    staff = world.user("equipe@exemplo.com.br")
    tenant.all("select public.invite_member(%s, 'equipe@exemplo.com.br')", tenant.id)
    world.all("delete from auth.users where id = %s", staff)
    member = "select profile_id, status::text from public.client_members where email = 'equipe@exemplo.com.br'"
    assert tenant.all(member) == [(None, "removed")]
    again = world.user("equipe@exemplo.com.br")
    assert tenant.all(member) == [(None, "removed")], "an account of that address alone opens no door"
    tenant.all("select public.invite_member(%s, 'equipe@exemplo.com.br')", tenant.id)
    assert tenant.all(member) == [(again, "active")]


def test_a_project_in_anothers_name_tells_nothing_of_the_other(tenant: Tenant, other: Tenant) -> None:
    """What a started project needs is looked for before the row is refused: one answer, whatever there is."""
    config: JSON = {"questionnaire": {"questions": QUESTIONS}}
    told = set()
    for client in (other.id, "00000000-0000-0000-0000-000000000000"):
        for template in ({}, {"invitation": {"template": "convite"}}, {"invitation": {"template": "nenhum"}}):
            with pytest.raises(psycopg.Error) as error:
                tenant.all(
                    "insert into public.projects (client_id, name, status, config) values (%s, 'x', 'active', %s)",
                    client,
                    config | template,
                )
            told.add(error.value.diag.message_primary)
    assert len(told) == 1, told


def test_who_was_made_a_member_unasked_can_leave(tenant: Tenant, other: Tenant) -> None:
    """An invitation of somebody with an account counts at once, so going is everybody's own; the last owner stays."""
    world = tenant.world
    email = world.one("select email from public.profiles where id = %s", other.owner)
    member = tenant.one("select id from public.invite_member(%s, %s)", tenant.id, email)
    colleague = tenant.one("select id from public.client_members where profile_id = %s", tenant.owner)
    with pytest.raises(psycopg.Error, match="no such member"):
        other.all("select public.remove_member(%s)", colleague)
    assert other.one("select status::text from public.remove_member(%s)", member) == "removed"
    assert other.all("select id from public.clients") == [(other.id,)]
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="keeps at least one owner"):
        tenant.all("select public.remove_member(%s)", colleague)


def test_no_client_at_all_is_no_client_one_owns(tenant: Tenant) -> None:
    """null is no id that slips past the question whose client it is."""
    with pytest.raises(DENIED, match="only an owner"):
        tenant.all("select public.invite_member(null, 'x@exemplo.com.br')")


def test_the_platforms_own_key_writes_what_it_was_granted(tenant: Tenant) -> None:
    """service_role passes the triggers and defaults that people's rows pass, and has no rights beyond the tables."""
    tenant.project(status="active")
    with tenant.world.acting("service_role") as service:
        lead = service.one(
            "insert into public.leads (client_id, phone) values (%s, '11 98765-4321') returning id", tenant.id
        )
        for change in (
            "update public.leads set name = 'Ana' where client_id = %s",
            "update public.projects set config = config, status = 'active' where client_id = %s",
            "update public.clients set plan = 'pro' where id = %s",
            "update public.profiles set phone = '11 98888-0001' where id in"
            " (select profile_id from public.client_members where client_id = %s)",
        ):
            assert service.touched(change, tenant.id) > 0, change
    assert tenant.one("select phone from public.leads where id = %s", lead) == "+5511987654321"
    for beyond in ("select public.queue_metrics()", "select private.sweep()", "select * from private.settings"):
        with pytest.raises(DENIED), tenant.world.acting("service_role") as service:
            service.all(beyond)


@pytest.mark.parametrize("name", ["api_key", "password", "auth_token", "webhook_secret"])
def test_a_credential_is_no_setting(tenant: Tenant, name: str) -> None:
    """Staff read an account's config, so what would be a secret there is refused, by its name and never its value."""
    with tenant.session() as owner, pytest.raises(psycopg.errors.InvalidParameterValue) as refused:
        owner.all("update public.channel_accounts set config = %s", Jsonb({"host": "mx", name: "hunter2"}))
    assert f"config holds no credentials, and has {name}" in str(refused.value)
    assert "hunter2" not in str(refused.value)
