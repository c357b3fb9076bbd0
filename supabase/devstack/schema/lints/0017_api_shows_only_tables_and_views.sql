-- title: no materialized view and no foreign table is in the API
-- why: neither knows policies; whoever has the grant reads every tenant's rows.
select format('%s is a %s', c.oid::regclass, case c.relkind when 'm' then 'materialized view' else 'foreign table' end)
from pg_catalog.pg_class as c
where
    c.relkind in ('m', 'f')
    and c.relnamespace in (select n.oid from pg_catalog.pg_namespace as n where n.nspname in ('public', 'worker'))
order by 1;
