-- title: no two indexes of a table are the same
-- why: each costs every write and only one is ever used.
select format('%s and %s are the same', a.indexrelid::regclass, b.indexrelid::regclass)
from pg_catalog.pg_index as a
join pg_catalog.pg_index as b
    on
        b.indrelid = a.indrelid
        and b.indexrelid > a.indexrelid
        and b.indkey = a.indkey
        and b.indclass = a.indclass
        and b.indoption = a.indoption
        and b.indcollation = a.indcollation
        and coalesce(pg_catalog.pg_get_expr(b.indexprs, b.indrelid), '') = coalesce(pg_catalog.pg_get_expr(a.indexprs, a.indrelid), '')
        and coalesce(pg_catalog.pg_get_expr(b.indpred, b.indrelid), '') = coalesce(pg_catalog.pg_get_expr(a.indpred, a.indrelid), '')
join pg_catalog.pg_class as c on c.oid = a.indrelid
where
    c.relnamespace in (select n.oid from pg_catalog.pg_namespace as n where n.nspname in ('public', 'worker', 'private', 'agent_tools'))
order by 1;
