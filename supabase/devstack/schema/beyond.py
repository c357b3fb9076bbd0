"""What `pg_dump --schema-only` of our schemas does not show of a database, as text that can be compared."""

from __future__ import annotations

import psycopg
from psycopg import sql

# Each returns one text column, in an order of its own.
_QUERIES = (
    (
        "cron job",
        "select concat_ws(' | ', jobname, schedule, command, username, case when active then 'active' else 'off' end)"
        " from cron.job order by 1",
    ),
    (
        "queue",
        """select concat_ws(' | ', queue_name, case when is_partitioned then 'partitioned' end,
               case when is_unlogged then 'unlogged' end)
           from pgmq.meta order by 1""",
    ),
    (
        "partition",
        """select concat_ws(' | ', c.relname, pg_get_expr(c.relpartbound, c.oid),
               case when c.relrowsecurity then 'policies' end, case when c.relforcerowsecurity then 'forced' end)
           from pg_class as c where c.relnamespace = 'parts'::regnamespace and c.relkind in ('r', 'p') order by 1""",
    ),
    (
        "partition's index",
        """select pg_get_indexdef(i.indexrelid) from pg_index as i join pg_class as c on c.oid = i.indrelid
           where c.relnamespace = 'parts'::regnamespace order by 1""",
    ),
    (
        "partition's trigger",
        """select pg_get_triggerdef(t.oid) || ' | ' || t.tgenabled::text from pg_trigger as t
           join pg_class as c on c.oid = t.tgrelid
           where c.relnamespace = 'parts'::regnamespace and not t.tgisinternal order by 1""",
    ),
    (
        "trigger",
        """select pg_get_triggerdef(t.oid) || ' | ' || t.tgenabled::text from pg_trigger as t
           join pg_class as c on c.oid = t.tgrelid
           join pg_namespace as n on n.oid = c.relnamespace
           where n.nspname in ('auth', 'storage', 'realtime') and not t.tgisinternal order by 1""",
    ),
    (
        "policy",
        """select concat_ws(' | ', p.schemaname || '.' || p.tablename, p.policyname, p.permissive, p.cmd,
               p.roles::text, p.qual, p.with_check)
           from pg_policies as p where p.schemaname in ('parts', 'auth', 'storage', 'realtime') order by 1""",
    ),
    (
        "schema privilege",
        """select nspname || ' | ' || item::text from pg_namespace cross join unnest(nspacl) as item
           where nspname in ('parts', 'auth', 'extensions', 'pgmq', 'cron', 'net') order by 1""",
    ),
    (
        "privilege",
        """select x.name || ' | ' || item::text
           from (
               select n.nspname, c.oid::regclass::text, c.relacl from pg_class as c
               join pg_namespace as n on n.oid = c.relnamespace
               union all
               select n.nspname, p.oid::regprocedure::text, p.proacl from pg_proc as p
               join pg_namespace as n on n.oid = p.pronamespace
           ) as x (schema, name, acl)
           cross join unnest(x.acl) as item
           where x.schema in ('parts', 'auth', 'extensions', 'pgmq', 'cron', 'net') order by 1""",
    ),
    (
        "extension",
        """select concat_ws(' | ', e.extname, n.nspname, e.extowner::regrole::text) from pg_extension as e
           join pg_namespace as n on n.oid = e.extnamespace order by 1""",
    ),
    (
        "role",
        """select concat_ws(' | ', rolname, case when rolsuper then 'superuser' end,
               case when rolinherit then 'inherits' end, case when rolcreaterole then 'makes roles' end,
               case when rolcreatedb then 'makes databases' end, case when rolcanlogin then 'logs in' end,
               case when rolbypassrls then 'past policies' end)
           from pg_roles where rolname !~ '^pg_' order by 1""",
    ),
    (
        "membership",
        """select concat_ws(' | ', m.roleid::regrole::text, m.member::regrole::text,
               case when m.admin_option then 'admin' end)
           from pg_auth_members as m order by 1""",
    ),
    (
        "database or role setting",
        """select concat_ws(' | ', case when s.setdatabase <> 0 then 'this database' end,
               case when s.setrole <> 0 then s.setrole::regrole::text end, item)
           from pg_db_role_setting as s cross join unnest(s.setconfig) as item
           where s.setdatabase in (0, (select d.oid from pg_database as d where d.datname = current_database()))
           order by 1""",
    ),
    (
        "database privilege",
        """select item::text from pg_database as d cross join unnest(d.datacl) as item
           where d.datname = current_database() order by 1""",
    ),
    ("setting", "select key || ' | ' || value::text || ' | ' || comment from private.settings order by key"),
    (
        "tool",
        """select concat_ws(' | ', name, function_name, active::text, description, parameters_schema::text)
           from public.tools order by name""",
    ),
)

_TABLES = """
select n.nspname::text, c.relname::text from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
where n.nspname in ('public', 'private') and c.relkind in ('r', 'p') and not c.relispartition
order by 1, 2
"""


def beyond_the_dump(dsn: str) -> str:
    """Jobs, queues, partitions, roles, what was done to the platform's schemas, and seeded rows: one line each."""
    lines: list[str] = []
    with psycopg.connect(dsn) as connection:
        for what, query in _QUERIES:
            lines += [f"{what}: {' '.join(str(value).split())}" for (value,) in connection.execute(query.encode())]
        for table in connection.execute(_TABLES).fetchall():
            count = sql.SQL("select count(*) from {}").format(sql.Identifier(*table))
            lines += [f"rows: {'.'.join(table)} | {n}" for (n,) in connection.execute(count)]
    return "\n".join(lines) + "\n"
