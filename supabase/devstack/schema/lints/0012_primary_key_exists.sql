-- title: every table has a primary key
-- why: without one a row cannot be named, changed over the API or replicated.
select format('%s has no primary key', c.oid::regclass)
from pg_catalog.pg_class as c
where
    c.relkind in ('r', 'p')
    and not c.relispartition
    and c.relnamespace in (select n.oid from pg_catalog.pg_namespace as n where n.nspname in ('public', 'worker', 'private', 'agent_tools'))
    and not exists (select from pg_catalog.pg_constraint as k where k.conrelid = c.oid and k.contype = 'p')
order by 1;
