-- title: no view of ours reads schema auth
-- why: people's e-mail addresses, phones and sign-in data are there; what the API needs of them is in profiles.
select distinct format('%s reads %s', v.oid::regclass, t.oid::regclass)
from pg_catalog.pg_rewrite as r
join pg_catalog.pg_class as v on v.oid = r.ev_class and v.relkind in ('v', 'm')
join pg_catalog.pg_depend as d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid and d.refclassid = 'pg_class'::regclass
join pg_catalog.pg_class as t on t.oid = d.refobjid
where
    v.relnamespace in (select n.oid from pg_catalog.pg_namespace as n where n.nspname in ('public', 'worker', 'private', 'agent_tools'))
    and t.relnamespace = (select n.oid from pg_catalog.pg_namespace as n where n.nspname = 'auth')
order by 1;
