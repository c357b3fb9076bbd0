-- title: every security definer function that signed-in people may run is one that is meant to be
-- why: it runs past row level security as its owner, so it has to check by itself who asks; signing up makes anybody `authenticated`.
select format('%s', p.oid::regprocedure)
from pg_catalog.pg_proc as p
where
    p.prosecdef
    and p.pronamespace in (select n.oid from pg_catalog.pg_namespace as n where n.nspname in ('public', 'worker', 'private', 'agent_tools'))
    and has_function_privilege('authenticated', p.oid, 'execute')
order by 1;
