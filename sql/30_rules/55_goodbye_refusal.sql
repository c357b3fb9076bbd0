create or replace function private.goodbye_refusal(d public.deliveries, lead public.leads) returns text
language sql stable security definer set search_path = ''
as $$
    select case
        when (lead).opted_out_at is null then 'the lead has not opted out'
        when exists (
            select from public.deliveries as e
            where e.client_id = d.client_id and e.lead_id = d.lead_id and e.kind = 'goodbye' and e.id <> d.id
                and e.status not in ('cancelled', 'failed') and e.created_at >= (lead).opted_out_at and (e.created_at, e.id) < (d.created_at, d.id)
        ) then 'the lead was told goodbye already'
    end;
$$;
comment on function private.goodbye_refusal(public.deliveries, public.leads) is 'Why the confirmation of an opt-out may not go; null if it may: once after each opt-out.';
