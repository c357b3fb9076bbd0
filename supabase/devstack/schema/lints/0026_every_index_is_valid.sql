-- title: every index is valid
-- why: one left half-built is paid for by every write, serves no read, and if unique guards nothing.
select format('%s of %s is not valid', i.indexrelid::regclass, i.indrelid::regclass)
from pg_catalog.pg_index as i
join pg_catalog.pg_class as c on c.oid = i.indrelid
where
    not i.indisvalid
    and c.relnamespace in (select n.oid from pg_catalog.pg_namespace as n where n.nspname in ('public', 'worker', 'private', 'agent_tools', 'parts'))
order by 1;
