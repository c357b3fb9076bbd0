-- title: policies call functions inside a select
-- why: `(select private.f())` is computed once for the statement, a bare call once for every row (measured: 10 to 10,000 times slower).
-- A call without arguments of an immutable function is computed once, too: while the statement is planned.
with expressions as (
    select
        p.polname,
        p.polrelid,
        concat_ws(' ', pg_catalog.pg_get_expr(p.polqual, p.polrelid), pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid)) as text
    from pg_catalog.pg_policy as p
    join pg_catalog.pg_class as c on c.oid = p.polrelid
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace and n.nspname in ('public', 'worker', 'private', 'agent_tools', 'parts')
),

bare as (
    select e.polname, e.polrelid, regexp_replace(e.text, '\m(SELECT|FROM)\s+((public|private|worker|auth|agent_tools)\.\w+|current_setting)\(', '', 'g') as text
    from expressions as e
)

select distinct format('%s: policy %s calls %s for every row', b.polrelid::regclass, b.polname, m.found[1])
from bare as b
cross join lateral regexp_matches(b.text, '\m((?:public|private|worker|auth|agent_tools)\.\w+|current_setting)\(', 'g') as m(found)
where not exists (
    select from pg_catalog.pg_proc as f
    where concat_ws('.', f.pronamespace::regnamespace, f.proname) = m.found[1] and f.provolatile = 'i' and f.pronargs = 0
)
order by 1;
