"""access.md names the whole surface: what is there and not in it, or in it and not there, fails a test."""

from __future__ import annotations

import pytest

from tests.access import ACCESS
from tests.database.builders import World

ROLES = ("anon", "authenticated", "renum_worker", "renum_agent")


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
    written = {
        name: (table.insert, table.change, all(cell.word != "denied" for cell in table.of("admin", "delete")))
        for name, table in ACCESS.tables.items()
    }
    assert {table: (frozenset(i.split()), frozenset(u.split()), delete) for table, i, u, delete in found} == written
    for kind, schema, listed in (
        ("S", "public", "sequences in public"),
        ("p", "public", "partitioned"),
        ("r", "private", "tables in private"),
    ):
        there = "select relname from pg_class where relkind = %s and relnamespace = %s::regnamespace"
        assert _names(reader.all(there, kind, schema)) == ACCESS.lists[listed], listed
    risky = reader.all(
        "select c.relname, p from pg_class as c, unnest(array['TRUNCATE', 'REFERENCES', 'TRIGGER']) as p"
        " where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v')"
        " and has_table_privilege('authenticated', c.oid, p)"
    )
    assert risky == []


def test_the_rpcs_are_these_and_their_callers_are_these(reader: World) -> None:
    """People call public, the functions call worker, nobody else calls anything."""
    peoples = {function.signature for function in ACCESS.functions.values()}
    workers = set(ACCESS.workers.values())
    calls = (
        "select p.proname || '(' || coalesce(pg_get_function_identity_arguments(p.oid), '') || ')' from pg_proc as p"
        " where p.pronamespace = %s::regnamespace"
    )
    assert _names(reader.all(calls, "public")) == peoples
    assert _names(reader.all(calls, "worker")) == workers
    tools = _names(reader.all(calls, "agent_tools"))
    assert tools == {f"{name}(arguments jsonb)" for name in ACCESS.lists["functions in agent_tools"]}
    may = calls + " and has_function_privilege(%s, p.oid, 'EXECUTE')"
    assert _names(reader.all(may, "public", "authenticated")) == peoples
    assert _names(reader.all(may, "worker", "renum_worker")) == workers
    for schema in ("public", "worker", "private", "agent_tools"):
        for role in ROLES:
            if (schema, role) in (
                ("public", "authenticated"),
                ("worker", "renum_worker"),
                ("private", "authenticated"),
                ("private", "renum_agent"),
                # Who owns a function executes it.
                ("agent_tools", "renum_agent"),
            ):
                continue
            assert reader.all(may, schema, role) == [], (schema, role)
    assert {name.split("(")[0] for name in _names(reader.all(may, "private", "authenticated"))} == ACCESS.helpers
    agents = {name.split("(")[0] for name in _names(reader.all(may, "private", "renum_agent"))}
    assert agents == ACCESS.lists["functions of private that renum_agent executes"]


def test_agents_reach_these_columns_and_no_others(reader: World) -> None:
    """Of all tables renum_agent has these columns, each under a policy that binds it to its turn's lead."""
    found = reader.all(
        "select a.attrelid::regclass::text || '.' || a.attname, p"
        " from pg_attribute as a join pg_class as c on c.oid = a.attrelid,"
        " unnest(array['SELECT', 'INSERT', 'UPDATE', 'REFERENCES']) as p"
        " where c.relnamespace::regnamespace::text in ('public', 'private', 'parts') and c.relkind in ('r', 'p', 'v')"
        " and a.attnum > 0 and not a.attisdropped and has_column_privilege('renum_agent', c.oid, a.attnum, p)"
    )
    for privilege, word in (("SELECT", "reads"), ("INSERT", "inserts"), ("UPDATE", "changes"), ("REFERENCES", "")):
        written = ACCESS.lists[f"columns that renum_agent {word}"] if word else frozenset()
        assert {column for column, p in found if p == privilege} == written, privilege
    deletes = "select count(*) from pg_class where relnamespace::regnamespace::text in ('public', 'private')"
    assert (
        reader.one(f"{deletes} and relkind = 'r' and has_table_privilege('renum_agent', oid, 'DELETE, TRUNCATE')") == 0
    )


@pytest.mark.parametrize("role", ["anon", "renum_worker", "renum_files"])
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
    """public to who comes through the API, worker to the functions, private to people's policies and agents'
    tools; nobody makes anything."""
    schemas = ["public", "worker", "private", "agent_tools", "parts", "pgmq", "cron"]
    usage = {
        schema: {role for role in ROLES if reader.one("select has_schema_privilege(%s, %s, 'USAGE')", role, schema)}
        for schema in schemas
    }
    assert usage == {
        "public": set(ROLES),
        "worker": {"renum_worker"},
        "private": {"authenticated", "renum_agent"},
        "agent_tools": set(),
        "parts": set(),
        "pgmq": set(),
        "cron": set(),
    }
    for schema in schemas:
        for role in (*ROLES, "service_role"):
            assert not reader.one("select has_schema_privilege(%s, %s, 'CREATE')", role, schema), (schema, role)


def test_every_table_is_under_row_level_security(reader: World) -> None:
    """Enabled and forced, in every schema of ours, each partition too; the policies are the written ones, for
    signed-in people, named after table and command."""
    bare = reader.all(
        "select c.oid::regclass::text from pg_class as c where c.relnamespace::regnamespace::text in ('public', "
        "'private', 'parts')"
        " and c.relkind in ('r', 'p') and not (c.relrowsecurity and c.relforcerowsecurity)"
    )
    assert _names(bare) == set()
    found = reader.all(
        "select format('%%I.%%I', schemaname, policyname), cmd, roles::text[], permissive from pg_policies"
        " where schemaname not in ('auth', 'cron', 'storage')"
    )
    written = {
        (f"public.{name}_{command}", command.upper())
        for name, table in ACCESS.tables.items()
        for command in table.policies
    }
    agents = {
        f"{'private' if name.startswith('intents') else 'public'}.{name}"
        for name in ACCESS.lists["policies of renum_agent"]
    }
    assert {(name, command) for name, command, _, _ in found if name not in agents} == written
    assert len(found) == len(written) + len(agents)
    assert {(*roles, permissive) for name, _, roles, permissive in found if name not in agents} == {
        ("authenticated", "PERMISSIVE")
    }
    assert {(*roles, permissive) for name, _, roles, permissive in found if name in agents} == {
        ("renum_agent", "PERMISSIVE")
    }


def test_files_are_read_by_their_tenant_and_written_while_awaited(reader: World) -> None:
    """Storage's own table has these policies of ours; its writer has two functions and nothing else."""
    assert reader.all(
        "select policyname, cmd, roles::text[], permissive from pg_policies where schemaname = 'storage' order by 1"
    ) == [
        ("renum_media_insert", "INSERT", ["renum_files"], "PERMISSIVE"),
        ("renum_media_select", "SELECT", ["authenticated"], "PERMISSIVE"),
    ]
    may = reader.all(
        "select p.oid::regprocedure::text from pg_proc as p where p.pronamespace::regnamespace::text in"
        " ('public', 'worker', 'private', 'agent_tools') and has_function_privilege('renum_files', p.oid, 'EXECUTE')"
    )
    assert _names(may) == {"private.media_bucket()", "private.awaits_file(text)"}


def test_partitions_are_out_of_reach(reader: World) -> None:
    """There are some, and only their parents lead to them."""
    parts = reader.all("select relname from pg_class where relnamespace = 'parts'::regnamespace and relkind = 'r'")
    assert len(parts) >= 2 * (5 + 1), "last month to three ahead, and the default, of both message tables"
    for role in ("anon", "authenticated", "renum_worker"):
        for (part,) in parts:
            with pytest.raises(Exception, match="permission denied for schema parts"), reader.acting(role) as session:
                session.all(f"select * from parts.{part}")


def test_every_function_is_closed_and_explained(reader: World) -> None:
    """search_path is empty, a comment is its contract, its owner is postgres; of what agents call, renum_agent."""
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
        assert owner == ("renum_agent" if name.startswith("agent_tools.") else "postgres"), name


def test_a_forged_setting_is_no_identity(reader: World) -> None:
    """Only the API's server sets claims: the roles themselves cannot become one another."""
    for role in ("anon", "authenticated", "renum_worker"):
        for target in ("postgres", "service_role", "supabase_admin", "renum_agent"):
            assert not reader.one("select pg_has_role(%s, %s, 'MEMBER')", role, target), (role, target)
    assert not reader.one("select rolbypassrls or rolsuper from pg_roles where rolname = 'renum_worker'")
