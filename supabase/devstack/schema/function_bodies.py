"""Whether every function's body can work: what PostgreSQL says of it, and plpgsql_check where that is installed."""

from __future__ import annotations

import psycopg

from devstack.schema.database_lints import OURS, Finding, allowances, excused

# Trigger functions are checked once for each table and kind of trigger they serve: what NEW, OLD and the transition
# tables are is known from there. https://github.com/okbob/plpgsql_check#triggers
_CHECK = """
with ours as (
    select p.oid, p.prorettype from pg_catalog.pg_proc as p
    join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
    join pg_catalog.pg_language as l on l.oid = p.prolang
    where n.nspname = any (%s) and l.lanname = 'plpgsql'
),
calls as (
    select o.oid, 0::oid as relation, null::name as old_rows, null::name as new_rows from ours as o
    where o.prorettype <> 'pg_catalog.trigger'::regtype
    union
    select o.oid, t.tgrelid, t.tgoldtable, t.tgnewtable
    from ours as o join pg_catalog.pg_trigger as t on t.tgfoid = o.oid
    -- A partition's triggers are its parent's.
    where t.tgparentid = 0
)
select distinct concat(
    c.oid::regprocedure, ' on ' || nullif(c.relation, 0)::regclass::text, ':', coalesce(f.lineno, 0),
    ': ', f.level, ': ', f.message, ' (' || nullif(concat_ws('; ', f.statement, f.detail, f.hint), '') || ')'
)
from calls as c
cross join lateral plpgsql_check.plpgsql_check_function_tb(
    c.oid::regprocedure, c.relation::regclass, fatal_errors => false, oldtable => c.old_rows, newtable => c.new_rows
) as f
-- A text literal as the value of a jsonb or an array: every run converts it, so a wrong one cannot go unnoticed.
where not (f.sqlstate = '42804' and f.level = 'warning' and f.detail like 'cast "text" value to %%')
order by 1
"""


def body_findings(connection: psycopg.Connection) -> list[Finding]:
    """Creates every function again with `check_function_bodies` on, now that all it may name exists; takes it back."""
    found: list[Finding] = []
    with connection.transaction(force_rollback=True):
        connection.execute("set local check_function_bodies = on")
        functions = connection.execute(
            """select p.oid::regprocedure::text, pg_catalog.pg_get_functiondef(p.oid)
               from pg_catalog.pg_proc as p join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
               where n.nspname = any (%s) and p.prokind in ('f', 'p')
               order by 1""",
            [list(OURS)],
        ).fetchall()
        for name, definition in functions:
            try:
                with connection.transaction(force_rollback=True):
                    connection.execute(str(definition).encode())
            except psycopg.Error as error:
                found.append(Finding("function_body", f"{name}: {' '.join(str(error).split())}"))
    return found


def plpgsql_findings(connection: psycopg.Connection) -> list[Finding]:
    """What plpgsql_check says of every PL/pgSQL function: names, columns and types looked up as a run would.

    The connection is a superuser's, on a server that has the extension (the embedded one has not); it is created for
    the moment and taken back.
    """
    with connection.transaction(force_rollback=True):
        connection.execute("create schema plpgsql_check")
        connection.execute("create extension plpgsql_check with schema plpgsql_check")
        connection.execute("set local search_path = ''")
        texts = [str(text) for (text,) in connection.execute(_CHECK.encode(), [list(OURS)])]
    return excused("plpgsql_check", texts, allowances().get("plpgsql_check", {}))
