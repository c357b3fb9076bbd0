-- title: no two permissive policies apply to one command and role of a table
-- why: PostgreSQL joins them by OR, which loses the index on client_id; and nobody can read at a glance who may what.
select format('%s: %s and %s both apply to %s', a.polrelid::regclass, a.polname, b.polname, case
    when a.polcmd = '*' and b.polcmd = '*' then 'all'
    else case case when a.polcmd = '*' then b.polcmd else a.polcmd end when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' else 'delete' end
end)
from pg_catalog.pg_policy as a
join pg_catalog.pg_policy as b
    on
        b.polrelid = a.polrelid
        and b.polname > a.polname
        and (a.polcmd = b.polcmd or '*' in (a.polcmd, b.polcmd))
        and (a.polroles && b.polroles or 0 = any (a.polroles || b.polroles))
join pg_catalog.pg_class as c on c.oid = a.polrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace and n.nspname in ('public', 'worker', 'private', 'agent_tools', 'parts')
where a.polpermissive and b.polpermissive
order by 1;
