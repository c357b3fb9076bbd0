-- title: views that the API shows are security_invoker
-- why: without it a view reads its tables as its owner, so the reader's policies do not apply.
select format('%s is not security_invoker', c.oid::regclass)
from pg_catalog.pg_class as c
where
    c.relkind = 'v'
    and c.relnamespace in (select n.oid from pg_catalog.pg_namespace as n where n.nspname in ('public', 'worker'))
    and not coalesce(c.reloptions && '{security_invoker=true,security_invoker=on,security_invoker=1}', false)
order by 1;
