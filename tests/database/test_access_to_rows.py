"""Who sees which rows: an owner all of the own ones, another owner none of them, anon nothing, an admin all."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
import pytest

from devstack.demo.company import ALL_HOURS
from tests.access import ACCESS
from tests.database.builders import JSON, Tenant, World

ONE: list[JSON] = [{"key": "nota", "text": "Nota?", "type": "number"}]

# How a table's rows say whose they are, where it is not by client_id.
OTHERWISE = {
    "profiles": "id in (select profile_id from public.client_members where client_id = %(client)s)",
    "clients": "id = %(client)s",
    "tools": "active",
    "sub_agents": "active",
    "isa_commands": "false",
}
VIEWS = ("project_progress", "usage_summary", "project_costs")
OWN = {table: OTHERWISE.get(table, "client_id = %(client)s") for table in ACCESS.tables if table not in VIEWS}
ADMINS_ONLY = {"isa_commands"}


@dataclass(frozen=True)
class Everybody:
    """Two clients with rows in every table, and who looks at them."""

    world: World
    one: Tenant
    two: Tenant
    staff: str
    admin: str
    stranger: str


def _fill(tenant: Tenant) -> None:
    """Rows in every table of a client, made by its own life."""
    world = tenant.world
    interview = tenant.interview(ONE)
    interview.answer("nota", 9)
    world.one("select private.sweep()")
    tenant.ingest(tenant.message("5521987650000", "oi"), tenant.picture("5521987650000"))
    tenant.all("insert into public.renus_config (prompts) values ('{}')")
    tenant.all(
        "insert into public.consents (lead_id, granted, legal_basis) values (%s, true, 'consent')", interview.lead
    )
    tenant.all("insert into public.sending_rules (hours) values (%s)", ALL_HOURS)
    tenant.all("insert into public.erasures (lead_id) values (%s)", interview.lead)
    with world.person(world.admin()) as admin:
        admin.all(
            "insert into public.risk_acceptances (client_id, agent_type, text)"
            " values (%s, 'mmn', 'Aceito o risco de bloqueio da conta.')",
            tenant.id,
        )
    _talk(tenant, interview.lead)
    failing = tenant.interview(ONE)
    failing.say("9")
    task = failing.claim()
    world.worker(
        "fail_task", task="agent_turn", id=task["id"], claim=task["claim"], error={"code": "x"}, retryable=False
    )


def _talk(tenant: Tenant, lead: str) -> None:
    """What an agent's conversation leaves: a call, a callback, a qualification, a client that was made of a lead."""
    world, mine = tenant.world, (tenant.id, lead)
    world.all(
        "insert into public.tool_calls (client_id, lead_id, thread_id, turn_id, call_id, tool, arguments, result,"
        " duration_ms) select t.client_id, t.lead_id, t.id, gen_random_uuid(), '0.1', 'look_up_lead', '{}', '{}', 1"
        " from private.threads as t where t.client_id = %s and t.lead_id = %s",
        *mine,
    )
    tenant.all("insert into public.callbacks (lead_id, due_at) values (%s, now())", lead)
    world.all(
        "with q as (insert into public.qualifications (client_id, lead_id, status, decided_at)"
        " values (%s, %s, 'qualified', now()) returning id, client_id, lead_id)"
        " insert into public.conversions (client_id, lead_id, qualification_id, made_client_id, made_renus_config_id)"
        " select q.client_id, q.lead_id, q.id, q.client_id, r.id from q"
        " join public.renus_config as r on r.client_id = q.client_id",
        *mine,
    )
    world.all("select private.audit(%s, 'lead_converted', 'lead', %s, '{}')", *mine)
    tenant.all("insert into public.budgets (amount) values (10)")
    world.all(
        "insert into public.usage (client_id, project_id, kind, item, turn_id, amount, currency)"
        " select client_id, id, 'model', 'offline', gen_random_uuid(), 0, 'USD' from public.projects"
        " where client_id = %s limit 1",
        tenant.id,
    )


@pytest.fixture
def everybody(world: World) -> Everybody:
    one, two = world.tenant(), world.tenant()
    staff = world.user("equipe@exemplo.com.br")
    one.all("select public.invite_member(%s, 'equipe@exemplo.com.br')", one.id)
    for tenant in (one, two):
        _fill(tenant)
    admin = world.admin()
    with world.person(admin) as session:
        session.all("insert into public.tools (name, description, function_name) values ('a', 'A', 'a')")
        session.all("insert into public.tools (name, description, function_name, active) values ('b', 'B', 'b', false)")
        session.all("insert into public.sub_agents (name, active) values ('a', true), ('b', false)")
        session.all("insert into public.isa_commands (admin_id, command) values (%s, 'quantas entrevistas?')", admin)
    return Everybody(world, one, two, staff, admin, world.user())


def _ids(rows: list[tuple[str]]) -> list[str]:
    return sorted(row[0] for row in rows)


def test_every_table_is_told_apart(everybody: Everybody) -> None:
    """For each table and each person: exactly the rows that are theirs to see."""
    world = everybody.world
    for table, own in OWN.items():
        every = f"select id from public.{table}"
        everything = _ids(world.all(every))

        def rows_of(client: str, own: str = own, every: str = every) -> list[str]:
            return _ids(world.connection.execute(f"{every} where {own}".encode(), {"client": client}).fetchall())

        for tenant, people in (
            (everybody.one, [everybody.one.owner, everybody.staff]),
            (everybody.two, [everybody.two.owner]),
        ):
            mine = rows_of(tenant.id)
            assert mine or table in ADMINS_ONLY, f"{table} has no rows to tell apart"
            assert len(mine) < len(everything), f"{table} has nothing that is not theirs"
            for person in people:
                with world.person(person) as session:
                    assert _ids(session.all(every)) == mine, (table, person)
                    assert session.one(f"select count(*) from public.{table}") == len(mine)
        with world.person(everybody.admin) as session:
            assert _ids(session.all(every)) == everything, table
        with world.person(everybody.stranger) as session:
            seen = _ids(session.all(every))
        assert seen == ([everybody.stranger] if table == "profiles" else []), table
        with pytest.raises(psycopg.errors.InsufficientPrivilege), world.acting("anon") as anon:
            anon.all(every)
        with pytest.raises(psycopg.errors.InsufficientPrivilege), world.acting("renum_worker") as worker:
            worker.all(every)


@pytest.mark.parametrize(
    "change",
    [
        "update public.client_members set status = 'removed' where profile_id = %(owner)s",
        "update public.clients set status = 'suspended' where id = %(client)s",
        "update public.clients set status = 'inactive' where id = %(client)s",
        "update public.client_members set status = 'invited' where profile_id = %(owner)s",
    ],
)
def test_access_ends_at_once(everybody: Everybody, change: str) -> None:
    """A removed member, or anybody of a client that is not active, sees none of its rows with the token still valid."""
    world, tenant = everybody.world, everybody.one
    values = {"owner": tenant.owner, "client": tenant.id}
    with world.person(tenant.owner) as session:
        assert session.one("select count(*) from public.leads") > 0
    world.connection.execute(change.encode(), values)
    with world.person(tenant.owner) as session:
        for table in OWN:
            seen = _ids(session.all(f"select id from public.{table}"))
            assert seen == ([tenant.owner] if table == "profiles" else []), table
    with pytest.raises(psycopg.errors.InsufficientPrivilege), world.person(tenant.owner) as session:
        session.all("insert into public.leads (client_id, name) values (%s, 'x')", tenant.id)
    with pytest.raises(psycopg.Error, match="there is no such project"), world.person(tenant.owner) as session:
        session.all(
            "select public.request_report(%s)",
            world.one("select id from public.projects where client_id = %s", tenant.id),
        )


def test_a_removed_admin_is_nobody_special(everybody: Everybody) -> None:
    """The table decides, not the token."""
    world = everybody.world
    world.all("update public.profiles set role = 'client' where id = %s", everybody.admin)
    with world.person(everybody.admin) as session:
        assert session.one("select count(*) from public.leads") == 0
        assert session.one("select count(*) from public.isa_commands") == 0


@pytest.mark.parametrize(
    "claims", [{}, {"sub": ""}, {"sub": None}, {"app_metadata": {"role": "admin"}, "client_id": "x"}]
)
def test_a_token_without_a_person_sees_nothing(everybody: Everybody, claims: JSON) -> None:
    """Nothing in the claims but `sub` is believed, and without it there are no rows (or a refusal)."""
    world = everybody.world
    for table in sorted(OWN):
        try:
            with world.acting("authenticated", **claims) as session:
                assert session.all(f"select id from public.{table}") == []
        except psycopg.errors.InvalidTextRepresentation:
            assert claims.get("sub") == ""


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_shows_what_its_reader_may_see(everybody: Everybody, name: str) -> None:
    """Under the reader's own rights."""
    view = f"select distinct client_id from public.{name}"
    assert everybody.one.all(view) == [(everybody.one.id,)]
    with everybody.world.person(everybody.admin) as session:
        assert _ids(session.all(view)) == sorted([everybody.one.id, everybody.two.id])
    with pytest.raises(psycopg.errors.InsufficientPrivilege), everybody.world.acting("anon") as anon:
        anon.all(view)


def test_an_estimate_through_the_api_knows_of_no_rows(everybody: Everybody) -> None:
    """The planner's statistics are of everybody's rows: an EXPLAIN by the API estimates as for an empty table."""
    world = everybody.world
    world.all(
        "insert into public.leads (client_id, phone) select %s, '+55119' || (80000000 + n)"
        " from generate_series(1, 1000) as n",
        everybody.two.id,
    )
    world.all("analyze public.leads")
    for person in (everybody.stranger, everybody.one.owner, everybody.admin):
        with world.person(person) as session:
            ((by_hand,),) = session.all("explain (format json) select from public.leads where phone < '+9'")
            session.all("select set_config('request.path', '/leads', true)")
            ((through_the_api,),) = session.all("explain (format json) select from public.leads where phone < '+9'")
        assert by_hand[0]["Plan"]["Plan Rows"] > 5
        # 0, or 1 where the planner says so of no row.
        assert through_the_api[0]["Plan"]["Plan Rows"] <= 1
