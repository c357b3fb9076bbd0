-- title: every table has row level security enabled and forced
-- why: a table without it shows all tenants' rows to whoever has a grant; unless forced, its owner's functions pass by the policies.
select format('%s: row level security is %s', c.oid::regclass, case
    when c.relrowsecurity then 'not forced' when c.relforcerowsecurity then 'not enabled' else 'neither enabled nor forced'
end)
from pg_catalog.pg_class as c
where
    c.relkind in ('r', 'p')
    and c.relnamespace in (select n.oid from pg_catalog.pg_namespace as n where n.nspname in ('public', 'worker', 'private', 'agent_tools', 'parts'))
    and not (c.relrowsecurity and c.relforcerowsecurity)
order by 1;
