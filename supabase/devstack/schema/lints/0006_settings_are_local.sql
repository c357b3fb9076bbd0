-- title: no function sets a setting for the whole session
-- why: set_config(…, false) and SET without LOCAL stay on the pooled connection and are seen by the next request, another tenant's.
with bodies as (
    select p.oid::regprocedure as place, regexp_replace(p.prosrc, '--[^\n]*', '', 'g') as body
    from pg_catalog.pg_proc as p
    where p.pronamespace in (select n.oid from pg_catalog.pg_namespace as n where n.nspname in ('public', 'worker', 'private', 'agent_tools'))
)
select format('%s: %s', b.place, m.found[1])
from bodies as b
cross join lateral regexp_matches(
    b.body, '(\mset_config\s*\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*,\s*(?:is_local\s*(?:=>|:=)\s*)?false\s*\))', 'gi'
) as m(found)
union all
select format('%s: %s', b.place, btrim(m.found[1]))
from bodies as b
cross join lateral regexp_matches(b.body, '(?:;|\mbegin|\mthen|\mloop|\melse)\s*(set\s+(?!local\M)(?:session\s+)?[\w.]+\s*(?:=|to\M))', 'gi') as m(found)
order by 1;
