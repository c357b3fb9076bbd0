-- title: anon can read, change and run nothing
-- why: the publishable key is public, so whatever anon may do, everybody may.
select format('anon may use schema %s', n.nspname)
from pg_catalog.pg_namespace as n
where n.nspname in ('worker', 'private', 'agent_tools', 'parts') and has_schema_privilege('anon', n.oid, 'usage')
union all
select format('anon has %s on %s', string_agg(g.privilege, ', '), c.oid::regclass)
from pg_catalog.pg_class as c
cross join unnest('{select,insert,update,delete,truncate,references,trigger}'::text[]) as g(privilege)
where
    c.relkind in ('r', 'p', 'v', 'm', 'f')
    and c.relnamespace in (select n.oid from pg_catalog.pg_namespace as n where n.nspname in ('public', 'worker', 'private', 'agent_tools', 'parts'))
    and (
        has_table_privilege('anon', c.oid, g.privilege)
        or (g.privilege in ('select', 'insert', 'update', 'references') and has_any_column_privilege('anon', c.oid, g.privilege))
    )
group by c.oid
union all
select format('anon may use sequence %s', c.oid::regclass)
from pg_catalog.pg_sequence as s
join pg_catalog.pg_class as c on c.oid = s.seqrelid
where
    c.relnamespace in (select n.oid from pg_catalog.pg_namespace as n where n.nspname in ('public', 'worker', 'private', 'agent_tools', 'parts'))
    and has_sequence_privilege('anon', s.seqrelid, 'usage, select, update')
union all
select format('anon may execute %s', p.oid::regprocedure)
from pg_catalog.pg_proc as p
where
    p.pronamespace in (select n.oid from pg_catalog.pg_namespace as n where n.nspname in ('public', 'worker', 'private', 'agent_tools'))
    and has_function_privilege('anon', p.oid, 'execute')
order by 1;
