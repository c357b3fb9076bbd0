-- title: only the extensions that the migrations ask for are installed, none of them in public
-- why: what an extension brings into public is in the API; and each one more (pg_graphql shows every table's columns) is a decision.
select format('extension %s is not one that sql/00_setup asks for', e.extname)
from pg_catalog.pg_extension as e
where e.extname not in ('plpgsql', 'pgmq', 'pg_net', 'pg_cron')
union all
select format('extension %s is in public', e.extname)
from pg_catalog.pg_extension as e
where e.extnamespace = 'public'::regnamespace
order by 1;
