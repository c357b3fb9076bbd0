create or replace function public.find_isa_targets(kinds text[], words text, client_ids uuid[] default null)
returns table (kind text, id uuid, name text, client_id uuid, client text, status text, phone text)
-- Planned for what is asked at hand: with a client named, its leads alone are read.
language plpgsql stable set search_path = '' set plan_cache_mode = 'force_custom_plan'
as $$
#variable_conflict use_column
declare
    wanted text := private.plain(find_isa_targets.words);
    digits text := regexp_replace(find_isa_targets.words, '[^0-9]', '', 'g');
    -- A name with a number in it is no telephone number.
    number text := case when find_isa_targets.words !~ '[[:alpha:]@]' and length(digits) between 8 and 15 then private.normalize_phone(find_isa_targets.words) end;
    the_id uuid := case when btrim(find_isa_targets.words) ~* '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$' then btrim(find_isa_targets.words)::uuid end;
    address text := case when find_isa_targets.words like '%@%' then lower(btrim(find_isa_targets.words)) end;
    parts text[];
begin
    perform private.isa_admin();
    if btrim(coalesce(find_isa_targets.words, '')) = '' then
        return;
    end if;
    parts := array(select ' ' || p || ' ' from unnest(string_to_array(nullif(wanted, ''), ' ')) as p (p));
    return query
    with
    named as (
        select 'client' as kind, c.id, c.company_name as name, c.id as client_id, c.company_name as client, c.status::text as status, null::text as phone,
            coalesce(c.id = the_id or (length(digits) = 14 and c.cnpj = digits), false) as exact
        from public.clients as c
        where 'client' = any (find_isa_targets.kinds) and (find_isa_targets.client_ids is null or c.id = any (find_isa_targets.client_ids))
        union all
        select 'project', p.id, p.name, p.client_id, null, p.status::text, null, coalesce(p.id = the_id, false)
        from public.projects as p
        where 'project' = any (find_isa_targets.kinds) and (find_isa_targets.client_ids is null or p.client_id = any (find_isa_targets.client_ids))
        union all
        -- By number or id it is found by its index, by name among all.
        select 'lead', l.id, l.name, l.client_id, null, l.status::text, l.phone, true
        from public.leads as l
        where 'lead' = any (find_isa_targets.kinds) and (find_isa_targets.client_ids is null or l.client_id = any (find_isa_targets.client_ids))
            and (l.phone in (number, '+' || digits) or l.id = the_id or lower(l.email) = address)
        union all
        select 'lead', l.id, l.name, l.client_id, null, l.status::text, l.phone, false
        from public.leads as l
        where 'lead' = any (find_isa_targets.kinds) and (find_isa_targets.client_ids is null or l.client_id = any (find_isa_targets.client_ids))
            and number is null and the_id is null and address is null
    ),
    ranked as (
        select n.*, case
            when n.exact then 1
            when the_id is not null or address is not null or number is not null then null
            when s.said = wanted and wanted <> '' or (wanted = '' and lower(btrim(n.name)) = lower(btrim(find_isa_targets.words))) then 1
            when wanted <> '' and concat(' ', s.said, ' ') like '% ' || wanted || ' %' then 2
            when cardinality(parts) > 0 and concat(' ', s.said, ' ') like all (array(select '%' || p || '%' from unnest(parts) as p (p))) then 3
            when length(wanted) >= 3 and s.said like wanted || '%' then 4
            when kind = 'lead' and length(digits) >= 4 and wanted ~ '^[0-9 ]+$' and n.phone like '%' || digits then 4
        end as tier
        from named as n
        cross join lateral (select private.plain(n.name) as said) as s
    )
    select r.kind, r.id, r.name, r.client_id, coalesce(r.client, c.company_name), r.status, r.phone
    from (
        select x.*, dense_rank() over (order by x.tier, array_position(find_isa_targets.kinds, x.kind)) as place
        from ranked as x
        where x.tier is not null
    ) as r
    join public.clients as c on c.id = r.client_id
    where r.place = 1
    order by r.name, c.company_name, r.id
    limit 21;
end
$$;
comment on function public.find_isa_targets(text[], text, uuid[]) is
'Admins, through the function isa: whom or what a command''s words name. kinds: client, project, lead, in the order in which they are meant; words: an id, a phone, an e-mail address, a CNPJ or a name, without regard to case and accents. Only the best matches come back, of one kind: exactly so named, else with these words in this order, else in any, else so beginning. At most 21. Read-only, under the caller''s rights.';
