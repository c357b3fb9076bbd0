-- title: every function has a comment
-- why: the comment is the contract: who calls it, what comes back, whether it may be called twice.
select format('%s has no comment', p.oid::regprocedure)
from pg_catalog.pg_proc as p
where
    p.pronamespace in (select n.oid from pg_catalog.pg_namespace as n where n.nspname in ('public', 'worker', 'private', 'agent_tools'))
    and not exists (select from pg_catalog.pg_depend as d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
    and coalesce(btrim(obj_description(p.oid, 'pg_proc')), '') = ''
order by 1;
