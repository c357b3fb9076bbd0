-- title: foreign keys into schema auth refer to primary keys
-- why: the platform may drop its other unique constraints in an upgrade, which such a key would stop.
select format('%s: %s refers to %s by something else than its primary key', k.conrelid::regclass, k.conname, k.confrelid::regclass)
from pg_catalog.pg_constraint as k
join pg_catalog.pg_class as t on t.oid = k.confrelid
left join pg_catalog.pg_index as i on i.indexrelid = k.conindid
where
    k.contype = 'f'
    and t.relnamespace = (select n.oid from pg_catalog.pg_namespace as n where n.nspname = 'auth')
    and k.connamespace in (select n.oid from pg_catalog.pg_namespace as n where n.nspname in ('public', 'worker', 'private', 'agent_tools'))
    and not coalesce(i.indisprimary, false)
order by 1;
