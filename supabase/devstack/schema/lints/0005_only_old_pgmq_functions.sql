-- title: of pgmq only what every version since 1.4.4 has is called
-- why: hosted Supabase has pgmq 1.4.4 or 1.5.1, the local stack a newer one; what works here must work there.
with bodies as (
    select p.oid::regprocedure::text as place, pg_catalog.pg_get_functiondef(p.oid) as body
    from pg_catalog.pg_proc as p
    where
        p.prokind in ('f', 'p')
        and p.pronamespace in (select n.oid from pg_catalog.pg_namespace as n where n.nspname in ('public', 'worker', 'private', 'agent_tools'))
    union all
    select 'cron job ' || coalesce(j.jobname, j.jobid::text), j.command from cron.job as j
),

-- Calls up to four brackets deep, without comments and literals; then without what stands in brackets, so that each
-- comma left parts two arguments.
calls as (
    select b.place, lower(m.found[1]) as name, regexp_replace(
        regexp_replace(regexp_replace(regexp_replace(regexp_replace(
            m.found[2], '\([^()]*\)', '', 'g'), '\([^()]*\)', '', 'g'), '\([^()]*\)', '', 'g'), '\([^()]*\)', '', 'g'),
        '\[[^][]*\]', '', 'g'
    ) as arguments
    from bodies as b
    cross join lateral regexp_matches(
        regexp_replace(regexp_replace(b.body, '--[^\n]*', '', 'g'), '''(?:[^'']|'''')*''', 'x', 'g'),
        '\mpgmq\.(\w+)\s*\(((?:[^()]|\((?:[^()]|\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))*\))*)\)', 'gi'
    ) as m(found)
),

counted as (
    select c.*, case when btrim(c.arguments) = '' then 0 else length(c.arguments) - length(replace(c.arguments, ',', '')) + 1 end as number
    from calls as c
)

-- Name, fewest and most arguments. Source: https://github.com/pgmq/pgmq, pgmq-extension/sql/pgmq.sql as of 1.4.4.
select distinct format('%s calls pgmq.%s%s', c.place, c.name, case
    when k.name is null then ''
    when c.arguments ~ '=>|:=' then ' with named arguments, whose names have changed'
    else format(' with %s arguments', c.number)
end)
from counted as c
left join (
    values ('create', 1, 1), ('send', 2, 3), ('send_batch', 2, 3), ('read', 3, 3), ('set_vt', 3, 3), ('delete', 2, 2), ('archive', 2, 2), ('metrics', 1, 1)
) as k(name, fewest, most) on k.name = c.name
where k.name is null or c.arguments ~ '=>|:=' or c.number not between k.fewest and k.most
order by 1;
