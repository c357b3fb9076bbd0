-- title: no policy, and no function that a policy calls, reads the token's user_metadata
-- why: people write their user_metadata themselves, so whatever it grants, everybody has.
with texts as (
    select format('%s: policy %s', p.polrelid::regclass, p.polname) as place, x.text
    from pg_catalog.pg_policy as p
    cross join lateral (
        values (pg_catalog.pg_get_expr(p.polqual, p.polrelid)), (pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid))
    ) as x(text)
    union all
    select format('%s, called by %s''s policy %s', f.oid::regprocedure, p.polrelid::regclass, p.polname), f.prosrc
    from pg_catalog.pg_policy as p
    join pg_catalog.pg_depend as d on d.classid = 'pg_policy'::regclass and d.objid = p.oid and d.refclassid = 'pg_proc'::regclass
    join pg_catalog.pg_proc as f on f.oid = d.refobjid
)

select distinct format('%s reads user metadata', t.place)
from texts as t
where t.text ~ '\m(raw_)?user_meta_?data\M'
order by 1;
