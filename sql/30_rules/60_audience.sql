create or replace function private.audience(project_id uuid, among uuid[] default null)
returns table (lead_id uuid, left_out text)
-- Planned for what is asked at hand: a plan for every case would read all of a client's leads for the sake of one new one,
-- and compare each of them with each id of a long list.
language plpgsql stable security definer set search_path = '' set plan_cache_mode = 'force_custom_plan'
as $$
declare
    project public.projects;
    everybody boolean;
    chosen uuid[];
    marks jsonb;
begin
    select * into project from public.projects as p where p.id = audience.project_id;
    everybody := not project.config ? 'audience' or coalesce(project.config #> '{audience,all}' = 'true', false);
    marks := project.config #> '{audience,metadata}';
    chosen := array(
        select (x.id)::uuid
        from jsonb_array_elements_text(
            case jsonb_typeof(project.config #> '{audience,lead_ids}') when 'array' then project.config #> '{audience,lead_ids}' else '[]' end
        ) as x (id)
    );
    return query
    select l.id, case
        when l.opted_out_at is not null then 'opted_out'
        when l.status = 'blocked' then 'blocked'
        when l.status = 'inactive' then 'inactive'
        when l.phone is null and not exists (
            select from public.lead_identities as i
            where i.client_id = l.client_id and i.lead_id = l.id
                and (
                    i.kind in ('wa_id', 'bsuid')
                    -- Only gateways over WhatsApp Web write to a lid.
                    or (i.kind = 'lid' and exists (select from public.channel_accounts as a where a.id = project.channel_account_id and a.provider in ('evolution', 'zapi')))
                )
        ) then 'no_number'
        when exists (select from public.interviews as i where i.project_id = project.id and i.lead_id = l.id) then 'already_interviewed'
    end
    from public.leads as l
    where l.client_id = project.client_id
        and (audience.among is null or l.id = any (audience.among))
        and (everybody or l.id = any (chosen) or l.metadata @> marks)
    union all
    select c.id, 'not_found'
    from (select distinct x.id from unnest(chosen) as x (id)) as c
    where audience.among is null and not exists (select from public.leads as l where l.client_id = project.client_id and l.id = c.id);
end
$$;
comment on function private.audience(uuid, uuid[]) is
'The leads a project is for, each with why it is left out (null: it is interviewed). Without projects.config.audience: all leads of the client. An id that is no lead of the client is left out as not_found. among: only these leads.';
