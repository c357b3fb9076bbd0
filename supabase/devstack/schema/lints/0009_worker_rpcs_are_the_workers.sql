-- title: functions in worker are executable by renum_worker and nobody else, and renum_worker has nothing besides
-- why: whoever steals the functions' key can run these calls and must not read one table.
select format('%s may execute %s', coalesce(r.rolname, 'public'), p.oid::regprocedure)
from pg_catalog.pg_proc as p
cross join lateral pg_catalog.aclexplode(coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))) as a
left join pg_catalog.pg_roles as r on r.oid = a.grantee
where
    p.pronamespace = 'worker'::regnamespace
    and a.grantee <> p.proowner
    and coalesce(r.rolname, 'public') not in ('renum_worker', 'service_role')
union all
select format('renum_worker may not execute %s', p.oid::regprocedure)
from pg_catalog.pg_proc as p
where p.pronamespace = 'worker'::regnamespace and not has_function_privilege('renum_worker', p.oid, 'execute')
union all
select format('renum_worker may execute %s', p.oid::regprocedure)
from pg_catalog.pg_proc as p
where
    p.pronamespace in (select n.oid from pg_catalog.pg_namespace as n where n.nspname in ('public', 'private', 'agent_tools'))
    and has_function_privilege('renum_worker', p.oid, 'execute')
union all
select format('renum_worker has %s on %s', string_agg(g.privilege, ', '), c.oid::regclass)
from pg_catalog.pg_class as c
cross join unnest('{select,insert,update,delete,truncate,references,trigger}'::text[]) as g(privilege)
where
    c.relkind in ('r', 'p', 'v', 'm', 'f')
    and c.relnamespace in (select n.oid from pg_catalog.pg_namespace as n where n.nspname in ('public', 'worker', 'private', 'agent_tools', 'parts'))
    and (
        has_table_privilege('renum_worker', c.oid, g.privilege)
        or (g.privilege in ('select', 'insert', 'update', 'references') and has_any_column_privilege('renum_worker', c.oid, g.privilege))
    )
group by c.oid
order by 1;
