-- title: every policy names the roles it is for
-- why: a policy for public is also computed for anon, and opens the table to roles that come later.
select format('%s: policy %s is for public', p.polrelid::regclass, p.polname)
from pg_catalog.pg_policy as p
join pg_catalog.pg_class as c on c.oid = p.polrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace and n.nspname in ('public', 'worker', 'private', 'agent_tools', 'parts')
where 0 = any (p.polroles)
order by 1;
