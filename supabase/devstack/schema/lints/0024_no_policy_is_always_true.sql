-- title: no policy lets everything through
-- why: row level security is on and decides nothing: every row of every tenant is open to the policy's roles.
with clauses as (
    select p.polrelid::regclass as place, p.polname, x.word, x.text
    from pg_catalog.pg_policy as p
    join pg_catalog.pg_class as c on c.oid = p.polrelid
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace and n.nspname in ('public', 'worker', 'private', 'agent_tools', 'parts')
    cross join lateral (
        values
        -- Without USING every row is visible; a missing WITH CHECK is USING again, but INSERT has none.
        ('using', case when p.polcmd <> 'a' then coalesce(pg_catalog.pg_get_expr(p.polqual, p.polrelid), 'true') end),
        ('with check', coalesce(pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid), case when p.polcmd = 'a' then 'true' end))
    ) as x(word, text)
    where p.polpermissive
)

select format('%s: policy %s has %s (%s)', c.place, c.polname, c.word, c.text)
from clauses as c
where
    -- As PostgreSQL prints it: true, or something compared with itself, alone or behind an OR.
    regexp_replace(c.text, '[\s()]|::\w+', '', 'g') ~* '^true$'
    or c.text ~* '(^|\mor )\(*(true|(\d+) = \3|(''[^'']*''(::\w+)?) = \4)\)*($| or\M)'
order by 1;
