-- title: no function raises SQLSTATE 40001
-- why: PostgREST 12 repeats such a request for ever, holding a connection of its pool.
select format('%s raises serialization_failure', p.oid::regprocedure)
from pg_catalog.pg_proc as p
where
    p.pronamespace in (select n.oid from pg_catalog.pg_namespace as n where n.nspname in ('public', 'worker', 'private', 'agent_tools'))
    and regexp_replace(p.prosrc, '--[^\n]*', '', 'g')
    ~* '\merrcode\s*:?=\s*''(40001|serialization_failure)''|\mraise\s+(\w+\s+)?(sqlstate\s+''40001''|serialization_failure)'
order by 1;
