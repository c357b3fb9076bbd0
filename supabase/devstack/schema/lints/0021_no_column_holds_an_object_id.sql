-- title: no column is of a reg… type that pg_upgrade refuses
-- why: the platform upgrades by pg_upgrade, which cannot carry the object ids in them over.
select format('%s.%s is a %s', a.attrelid::regclass, a.attname, a.atttypid::regtype)
from pg_catalog.pg_attribute as a
join pg_catalog.pg_class as c on c.oid = a.attrelid
where
    -- pg_upgrade keeps the ids of tables, types and roles: regclass, regtype and regrole survive.
    a.atttypid = any ('{regcollation,regconfig,regdictionary,regnamespace,regoper,regoperator,regproc,regprocedure}'::regtype[])
    and a.attnum > 0
    and c.relkind in ('r', 'p', 'm', 'f', 'c')
    and c.relnamespace in (select n.oid from pg_catalog.pg_namespace as n where n.nspname in ('public', 'worker', 'private', 'agent_tools', 'parts'))
order by 1;
