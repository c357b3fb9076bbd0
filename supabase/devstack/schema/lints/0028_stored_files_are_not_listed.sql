-- title: every policy that lets people list and read what is in storage is one that is meant to
-- why: files of every tenant lie in one bucket; a policy to select that is too wide shows one's to another.
select format('policy %s on storage.objects lets %s read', p.polname, (
    select string_agg(case when r = 0 then 'everybody' else r::regrole::text end, ', ') from unnest(p.polroles) as r
))
from pg_catalog.pg_policy as p
join pg_catalog.pg_class as c on c.oid = p.polrelid and c.relname = 'objects'
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace and n.nspname = 'storage'
where p.polcmd in ('r', '*') and p.polpermissive
order by 1;
