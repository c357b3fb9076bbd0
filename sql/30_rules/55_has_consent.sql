create or replace function private.has_consent(lead public.leads) returns boolean
language sql stable security definer set search_path = ''
as $$
    select (lead).opted_out_at is null and exists (
        select from public.consents as c
        where c.client_id = (lead).client_id and c.lead_id = (lead).id and c.granted and c.legal_basis = 'consent'
            and not exists (
                select from public.consents as w
                where w.client_id = c.client_id and w.lead_id = c.lead_id and not w.granted and w.created_at >= c.created_at
            )
    );
$$;
comment on function private.has_consent(public.leads) is 'Whether a lead consented and has not withdrawn since; another legal basis is no consent.';
