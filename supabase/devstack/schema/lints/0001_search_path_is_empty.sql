-- title: every function has an empty search_path
-- why: without it, whoever can create objects in a schema of the caller's path decides what the function's names mean.
select format('%s has search_path %s', p.oid::regprocedure, coalesce(
    (select split_part(c.setting, '=', 2) from unnest(p.proconfig) as c(setting) where c.setting like 'search\_path=%'), 'of its caller'
))
from pg_catalog.pg_proc as p
where
    p.pronamespace in (select n.oid from pg_catalog.pg_namespace as n where n.nspname in ('public', 'worker', 'private', 'agent_tools'))
    and not exists (select from pg_catalog.pg_depend as d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
    and not coalesce('search_path=""' = any (p.proconfig), false)
order by 1;
