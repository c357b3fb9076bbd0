-- title: only the pgmq functions that every version since 1.4.4 has are called
-- why: hosted Supabase has pgmq 1.4.4 or 1.5.1, the local stack a newer one; what works here must work there.
with called as (
    select p.oid::regprocedure::text as place, pg_catalog.pg_get_functiondef(p.oid) as body
    from pg_catalog.pg_proc as p
    where
        p.prokind in ('f', 'p')
        and p.pronamespace in (select n.oid from pg_catalog.pg_namespace as n where n.nspname in ('public', 'worker', 'private', 'agent_tools'))
    union all
    select 'cron job ' || coalesce(j.jobname, j.jobid::text), j.command from cron.job as j
)
select distinct format('%s calls pgmq.%s', c.place, m.found[1])
from called as c
cross join lateral regexp_matches(regexp_replace(c.body, '--[^\n]*', '', 'g'), '\mpgmq\.(\w+)\s*\(', 'gi') as m(found)
where lower(m.found[1]) <> all ('{create,send,send_batch,read,set_vt,delete,archive,metrics}')
order by 1;
