-- title: every foreign key's columns lead an index
-- why: deleting or changing the row it points to reads the whole table otherwise, under a lock.
select format('%s: no index begins with the columns of %s (%s)', k.conrelid::regclass, k.conname, (
    select string_agg(a.attname, ', ' order by x.place)
    from unnest(k.conkey) with ordinality as x(attnum, place)
    join pg_catalog.pg_attribute as a on a.attrelid = k.conrelid and a.attnum = x.attnum
))
from pg_catalog.pg_constraint as k
where
    k.contype = 'f'
    and k.conparentid = 0
    and k.connamespace in (select n.oid from pg_catalog.pg_namespace as n where n.nspname in ('public', 'worker', 'private', 'agent_tools'))
    and not exists (
        select from pg_catalog.pg_index as i
        where
            i.indrelid = k.conrelid
            and i.indnkeyatts >= cardinality(k.conkey)
            -- A partial index serves if it leaves out only the rows whose reference is null.
            and (i.indpred is null or pg_catalog.pg_get_expr(i.indpred, i.indrelid) ~ '^\(\w+ IS NOT NULL\)$')
            and (select array_agg(c.attnum order by c.attnum) from unnest(k.conkey) as c(attnum))
            = (select array_agg(c.attnum order by c.attnum) from unnest((i.indkey::int2[])[0:cardinality(k.conkey) - 1]) as c(attnum))
    )
order by 1;
