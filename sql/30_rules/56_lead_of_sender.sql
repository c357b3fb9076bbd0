create or replace function private.lead_of_sender(client_id uuid, sender jsonb) returns uuid
language sql stable security definer set search_path = ''
as $$
    select x.lead_id
    from (
        select s.priority, i.lead_id
        from public.lead_identities as i
        join (values
            (1, 'wa_id', sender ->> 'wa_id'), (2, 'phone', private.phone_key(coalesce(sender ->> 'wa_id', sender ->> 'phone'))),
            (3, 'bsuid', sender ->> 'bsuid'), (4, 'lid', sender ->> 'lid')
        ) as s (priority, kind, value) on i.kind = s.kind::public.identity_kind and i.value = s.value
        where i.client_id = lead_of_sender.client_id
        union all
        (
            select 5, l.id
            from public.leads as l
            where sender ->> 'email' is not null and l.client_id = lead_of_sender.client_id and lower(l.email) = lower(sender ->> 'email')
            order by l.created_at, l.id
            limit 1
        )
    ) as x
    order by x.priority
    limit 1;
$$;
comment on function private.lead_of_sender(uuid, jsonb) is 'The lead that a sender {"wa_id", "phone", "bsuid", "lid", "email"} is known to be; null for a stranger. The number decides where it is given and known, since invitations go to numbers: a person first met by a business-scoped id or a lid alone is another lead until somebody says otherwise. Of several leads with one e-mail address it is the oldest.';
