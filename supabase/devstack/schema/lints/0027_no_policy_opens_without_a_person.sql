-- title: no policy is satisfied by there being no person
-- why: `auth.uid() is null or …` reads like a guard and shows every row to a request that carries no person.
select distinct format('%s: policy %s asks whether %s is null', p.polrelid::regclass, p.polname, m.found[1])
from pg_catalog.pg_policy as p
join pg_catalog.pg_class as c on c.oid = p.polrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace and n.nspname in ('public', 'worker', 'private', 'agent_tools', 'parts')
cross join lateral regexp_matches(
    concat_ws(' ', pg_catalog.pg_get_expr(p.polqual, p.polrelid), pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid)),
    '\m(auth\.\w+|private\.current_\w+|current_setting)\((?:[^()]|\([^()]*\))*\)(?: AS \w+)?\)*(?:::\w+)?\)*(?:, ''''::text\)*)?(?:::\w+)?\)*(?:\s*->>?\s*''\w+''(?:::text)?\)*)?\s+IS NULL', 'g'
) as m(found)
order by 1;
