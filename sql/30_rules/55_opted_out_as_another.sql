create or replace function private.opted_out_as_another(lead public.leads) returns boolean
language sql stable security definer set search_path = ''
as $$
    -- As private.lead_of_sender knows a number: what it wrote under another row of the same client counts.
    select exists (
        select from public.lead_identities as i
        join public.leads as o on o.id = i.lead_id
        where i.client_id = (lead).client_id and i.kind in ('phone', 'wa_id') and i.value in (private.phone_key((lead).phone), substr((lead).phone, 2))
            and o.id <> (lead).id and o.opted_out_at is not null
    );
$$;
comment on function private.opted_out_as_another(public.leads) is
'Whether the person with this lead''s number opted out as another lead of the same client: two leads are never merged, and an opt-out is not evaded by a second one.';
