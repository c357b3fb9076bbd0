create or replace function private.audience(project_id uuid, among uuid[] default null)
returns table (lead_id uuid, left_out text)
-- Planned for the ids at hand: a plan for both cases would read all of a client's leads for the sake of one new one.
language plpgsql stable security definer set search_path = '' set plan_cache_mode = 'force_custom_plan'
as $$
begin
    return query
    select l.id, case
        when l.opted_out_at is not null then 'opted_out'
        when l.status = 'blocked' then 'blocked'
        when l.status = 'inactive' then 'inactive'
        when l.phone is null and not exists (
            select from public.lead_identities as i
            where i.client_id = l.client_id and i.lead_id = l.id and i.kind in ('wa_id', 'bsuid')
        ) then 'no_number'
        when exists (select from public.interviews as i where i.project_id = p.id and i.lead_id = l.id) then 'already_interviewed'
    end
    from public.projects as p
    cross join lateral (
        select
            coalesce(p.config -> 'audience', '{"all": true}') as wanted,
            array(
                select (x.id)::uuid
                from jsonb_array_elements_text(case jsonb_typeof(p.config #> '{audience,lead_ids}') when 'array' then p.config #> '{audience,lead_ids}' else '[]' end) as x (id)
            ) as ids
    ) as a
    join public.leads as l on l.client_id = p.client_id
    where p.id = audience.project_id
        and (audience.among is null or l.id = any (audience.among))
        and (
            a.wanted -> 'all' = 'true'
            or l.id = any (a.ids)
            or l.metadata @> (a.wanted -> 'metadata')
        );
end
$$;
comment on function private.audience(uuid, uuid[]) is
'The leads a project is for, each with why it is left out (null: it is interviewed). Without projects.config.audience: all leads of the client. among: only these leads.';
