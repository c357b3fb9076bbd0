-- title: security definer functions belong to postgres, agents' tools to renum_agent
-- why: the owner is who the function runs as. A tool that belongs to postgres would pass by row level security.
select format('%s is security definer and belongs to %s', p.oid::regprocedure, p.proowner::regrole)
from pg_catalog.pg_proc as p
where
    p.prosecdef
    and p.pronamespace in (select n.oid from pg_catalog.pg_namespace as n where n.nspname in ('public', 'worker', 'private'))
    and p.proowner <> 'postgres'::regrole
union all
select format('%s is a tool and %s', p.oid::regprocedure, case
    when p.prosecdef then 'belongs to ' || p.proowner::regrole::text else 'runs as its caller (security invoker)'
end)
from pg_catalog.pg_proc as p
where
    p.pronamespace = (select n.oid from pg_catalog.pg_namespace as n where n.nspname = 'agent_tools')
    and not (p.prosecdef and p.proowner = 'renum_agent'::regrole)
order by 1;
