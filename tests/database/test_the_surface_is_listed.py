"""The whole surface, by hand: whatever appears and is not listed here fails a test until somebody has thought about
it."""

from __future__ import annotations

import pytest

from tests.database.builders import World

ROLES = ("anon", "authenticated", "renum_worker", "renum_agent")

# What authenticated may write: columns of INSERT, columns of UPDATE, DELETE. Everything may be read, under RLS.
WRITES: dict[str, tuple[str, str, bool]] = {
    "channel_accounts": (
        "app_id channel client_id config display_phone external_id id name provider status throughput",
        "app_id config display_phone name status throughput",
        False,
    ),
    "client_members": ("", "", False),
    "clients": ("cnpj company_name plan status", "cnpj company_name plan status", False),
    "consents": ("client_id evidence granted lead_id legal_basis text_version", "", False),
    "conversations": ("", "status", False),
    "deliveries": ("", "", False),
    "failed_tasks": ("", "", False),
    "interview_answers": ("", "", False),
    "interview_messages": ("", "", False),
    "interviews": ("", "metadata status", False),
    "isa_commands": ("admin_id command executed_at id result target_id target_type", "", False),
    "lead_identities": ("", "", False),
    "leads": (
        "client_id consent_basis email id metadata name phone status",
        "client_id consent_basis email metadata name phone status",
        True,
    ),
    "message_templates": (
        "body category channel_account_id client_id id language name parameters purpose status",
        "body category parameters purpose status",
        False,
    ),
    "messages": ("", "", False),
    "notifications": ("", "", False),
    "profiles": ("", "full_name phone role", False),
    "project_progress": ("", "", False),
    "projects": (
        "channel_account_id client_id config description id name renus_config_id status type",
        "channel_account_id config description name renus_config_id status type",
        True,
    ),
    "renus_config": ("active agent_type client_id config id prompts", "active agent_type config prompts", False),
    "reports": ("", "", False),
    "sub_agents": (
        "active config description id name tools type",
        "active config description name tools type",
        True,
    ),
    "tools": (
        "active description function_name id name parameters_schema",
        "active description function_name name parameters_schema",
        True,
    ),
    "turns": ("", "", False),
    "webhook_events": ("", "", False),
}

PEOPLES_RPCS = {
    "create_client(company_name text, owner_email text, cnpj text, plan client_plan)",
    "invite_member(client_id uuid, email text, role member_role)",
    "preview_audience(project_id uuid)",
    "queue_metrics()",
    "remove_member(member_id uuid)",
    "replay_failed_task(failed_task_id uuid)",
    "report_markdown(report_id uuid)",
    "request_report(project_id uuid)",
    "set_channel_credentials(channel_account_id uuid, ciphertext text, key_id text)",
}
WORKERS_RPCS = {
    "begin_turns(tasks jsonb, visibility_s integer)",
    "channel_account(channel_account_id uuid)",
    "claim_tasks(queues text[], max integer, visibility_s integer)",
    "commit_turns(results jsonb)",
    "complete_deliveries(results jsonb)",
    "extend_task(task text, id uuid, claim uuid, visibility_s integer)",
    "fail_task(task text, id uuid, claim uuid, error jsonb, retryable boolean)",
    "ingest(channel_account_id uuid, events jsonb)",
    "save_report(report_id uuid, claim uuid, summary text, markdown text, model text, usage jsonb)",
}
# What policies, defaults and the triggers that run as the person need. Not exposed, so not callable through the API.
HELPERS = {
    "account_for",
    "current_profile_id",
    "default_client_id",
    "is_admin",
    "owned_client_ids",
    "plain",
    "project_config_problem",
    "question_problem",
    "skip_rule_problem",
    "normalize_phone",
    "template_for",
    "visible_client_ids",
    "visible_profile_ids",
}
# Commands with a policy for authenticated; one policy each.
POLICIES = {
    **{table: {"SELECT"} for table in WRITES.keys() - {"project_progress"}},
    "channel_accounts": {"SELECT", "INSERT", "UPDATE"},
    "clients": {"SELECT", "INSERT", "UPDATE"},
    "consents": {"SELECT", "INSERT"},
    "conversations": {"SELECT", "UPDATE"},
    "interviews": {"SELECT", "UPDATE"},
    "isa_commands": {"SELECT", "INSERT"},
    "leads": {"SELECT", "INSERT", "UPDATE", "DELETE"},
    "message_templates": {"SELECT", "INSERT", "UPDATE"},
    "profiles": {"SELECT", "UPDATE"},
    "projects": {"SELECT", "INSERT", "UPDATE", "DELETE"},
    "renus_config": {"SELECT", "INSERT", "UPDATE"},
    "sub_agents": {"SELECT", "INSERT", "UPDATE", "DELETE"},
    "tools": {"SELECT", "INSERT", "UPDATE", "DELETE"},
}


def _names(rows: list[tuple[str]]) -> set[str]:
    return {name for (name,) in rows}


def test_public_holds_these_tables_and_views(reader: World) -> None:
    """Each with the columns people may write."""
    found = reader.all(
        """select c.relname,
               coalesce(string_agg(a.attname, ' ' order by a.attname)
                   filter (where has_column_privilege('authenticated', c.oid, a.attnum, 'INSERT')), ''),
               coalesce(string_agg(a.attname, ' ' order by a.attname)
                   filter (where has_column_privilege('authenticated', c.oid, a.attnum, 'UPDATE')), ''),
               has_table_privilege('authenticated', c.oid, 'DELETE')
           from pg_class as c
           join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
           where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f')
           group by c.oid, c.relname"""
    )
    assert {table: (insert, update, delete) for table, insert, update, delete in found} == WRITES
    assert (
        _names(reader.all("select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'S'"))
        == set()
    )
    risky = reader.all(
        "select c.relname, p from pg_class as c, unnest(array['TRUNCATE', 'REFERENCES', 'TRIGGER']) as p"
        " where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v')"
        " and has_table_privilege('authenticated', c.oid, p)"
    )
    assert risky == []


def test_the_rpcs_are_these_and_their_callers_are_these(reader: World) -> None:
    """People call public, the functions call worker, nobody else calls anything."""
    calls = (
        "select p.proname || '(' || coalesce(pg_get_function_identity_arguments(p.oid), '') || ')' from pg_proc as p"
        " where p.pronamespace = %s::regnamespace"
    )
    assert _names(reader.all(calls, "public")) == PEOPLES_RPCS
    assert _names(reader.all(calls, "worker")) == WORKERS_RPCS
    assert _names(reader.all(calls, "agent_tools")) == set()
    may = calls + " and has_function_privilege(%s, p.oid, 'EXECUTE')"
    assert _names(reader.all(may, "public", "authenticated")) == PEOPLES_RPCS
    assert _names(reader.all(may, "worker", "renum_worker")) == WORKERS_RPCS
    for schema in ("public", "worker", "private", "agent_tools"):
        for role in ROLES:
            if (schema, role) in (
                ("public", "authenticated"),
                ("worker", "renum_worker"),
                ("private", "authenticated"),
            ):
                continue
            assert reader.all(may, schema, role) == [], (schema, role)
    assert {name.split("(")[0] for name in _names(reader.all(may, "private", "authenticated"))} == HELPERS


@pytest.mark.parametrize("role", ["anon", "renum_worker", "renum_agent"])
def test_who_is_no_person_has_no_table(reader: World, role: str) -> None:
    """Not one privilege on one table or sequence of ours, partitions and queues included.

    pg_cron gives everybody its tables, row by row their own, behind a schema that is closed to them.
    """
    found = reader.all(
        """select c.oid::regclass::text from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
           where n.nspname in ('public', 'private', 'worker', 'agent_tools', 'parts', 'pgmq', 'auth')
               and case c.relkind
                   when 'S' then has_sequence_privilege(%s, c.oid, 'USAGE, SELECT, UPDATE')
                   when 'i' then false
                   when 'I' then false
                   when 'c' then false
                   else has_table_privilege(%s, c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
                       or has_any_column_privilege(%s, c.oid, 'SELECT, INSERT, UPDATE, REFERENCES')
               end""",
        role,
        role,
        role,
    )
    assert _names(found) == set()


def test_schemas_are_open_to_these_roles(reader: World) -> None:
    """public to who comes through the API, worker to the functions, private to people's policies; nobody makes
    anything."""
    schemas = ["public", "worker", "private", "agent_tools", "parts", "pgmq", "cron"]
    usage = {
        schema: {role for role in ROLES if reader.one("select has_schema_privilege(%s, %s, 'USAGE')", role, schema)}
        for schema in schemas
    }
    assert usage == {
        "public": set(ROLES),
        "worker": {"renum_worker"},
        "private": {"authenticated"},
        "agent_tools": set(),
        "parts": set(),
        "pgmq": set(),
        "cron": set(),
    }
    for schema in schemas:
        for role in (*ROLES, "service_role"):
            assert not reader.one("select has_schema_privilege(%s, %s, 'CREATE')", role, schema), (schema, role)


def test_every_table_is_under_row_level_security(reader: World) -> None:
    """Enabled and forced, in every schema of ours, each partition too; policies only for authenticated, one per
    command."""
    bare = reader.all(
        "select c.oid::regclass::text from pg_class as c where c.relnamespace::regnamespace::text in ('public', "
        "'private', 'parts')"
        " and c.relkind in ('r', 'p') and not (c.relrowsecurity and c.relforcerowsecurity)"
    )
    assert _names(bare) == set()
    policies = reader.all(
        "select schemaname, tablename, cmd, roles::text[], permissive from pg_policies"
        " where schemaname not in ('auth', 'cron')"
    )
    found: dict[str, set[str]] = {}
    for schema, table, command, roles, permissive in policies:
        assert (schema, roles, permissive) == ("public", ["authenticated"], "PERMISSIVE"), table
        assert command not in found.setdefault(table, set()), (table, command)
        found[table].add(command)
    assert found == POLICIES


def test_partitions_are_out_of_reach(reader: World) -> None:
    """There are some, and only their parents lead to them."""
    parts = reader.all("select relname from pg_class where relnamespace = 'parts'::regnamespace and relkind = 'r'")
    assert len(parts) >= 2 * (5 + 1), "last month to three ahead, and the default, of both message tables"
    for role in ("anon", "authenticated", "renum_worker"):
        for (part,) in parts:
            with pytest.raises(Exception, match="permission denied for schema parts"), reader.acting(role) as session:
                session.all(f"select * from parts.{part}")


def test_every_function_is_closed_and_explained(reader: World) -> None:
    """search_path is empty, a comment is its contract, its owner is postgres."""
    found = reader.all(
        """select p.oid::regprocedure::text, coalesce(p.proconfig, '{}') @> array['search_path=""'],
        obj_description(p.oid, 'pg_proc'),
               p.proowner::regrole::text
           from pg_proc as p where p.pronamespace::regnamespace::text in ('public', 'worker', 'private',
           'agent_tools')"""
    )
    assert len(found) > 80
    for name, closed, comment, owner in found:
        assert closed, name
        assert comment, name
        assert comment.strip(), name
        assert owner == "postgres", name


def test_a_forged_setting_is_no_identity(reader: World) -> None:
    """Only the API's server sets claims: the roles themselves cannot become one another."""
    for role in ("anon", "authenticated", "renum_worker"):
        for target in ("postgres", "service_role", "supabase_admin", "renum_agent"):
            assert not reader.one("select pg_has_role(%s, %s, 'MEMBER')", role, target), (role, target)
    assert not reader.one("select rolbypassrls or rolsuper from pg_roles where rolname = 'renum_worker'")
