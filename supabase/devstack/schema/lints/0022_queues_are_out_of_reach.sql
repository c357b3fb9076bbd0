-- title: no role that the API serves reaches a queue
-- why: whoever can read or delete tasks can stop every tenant's replies; the RPCs in worker are the way.
select format('schema %s exists, and is there for the API', n.nspname)
from pg_catalog.pg_namespace as n
where n.nspname = 'pgmq_public'
union all
select format('%s may use schema pgmq', r.rolname)
from pg_catalog.pg_roles as r
join pg_catalog.pg_namespace as n on n.nspname = 'pgmq'
where r.rolname in ('anon', 'authenticated', 'renum_worker', 'renum_agent') and has_schema_privilege(r.oid, n.oid, 'usage')
union all
select format('%s may use %s', r.rolname, c.oid::regclass)
from pg_catalog.pg_roles as r
join pg_catalog.pg_class as c on c.relkind in ('r', 'p') and c.relnamespace = (select n.oid from pg_catalog.pg_namespace as n where n.nspname = 'pgmq')
where
    r.rolname in ('anon', 'authenticated', 'renum_worker', 'renum_agent')
    and has_table_privilege(r.oid, c.oid, 'select, insert, update, delete, truncate, references, trigger')
order by 1;
