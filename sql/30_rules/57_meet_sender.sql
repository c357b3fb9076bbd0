create or replace function private.meet_sender(client_id uuid, sender jsonb) returns uuid
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
    known uuid := private.lead_of_sender(meet_sender.client_id, sender);
    number text := private.normalize_phone('+' || ltrim(coalesce(sender ->> 'wa_id', sender ->> 'phone'), '+'));
begin
    if known is null and private.sender_key(sender) is null then
        return null;
    end if;
    if known is null and number is null then
        -- Nothing of the lead's own row tells two of the same stranger apart: one after the other.
        perform pg_advisory_xact_lock(hashtextextended('meet ' || meet_sender.client_id || private.sender_key(sender), 0));
        known := private.lead_of_sender(meet_sender.client_id, sender);
    end if;
    if known is null then
        insert into public.leads as l (client_id, phone, name, metadata)
        values (meet_sender.client_id, number, left(coalesce(sender ->> 'name', sender ->> 'username'), 200), '{"source": "inbound"}')
        on conflict on constraint a_phone_is_once_a_lead_of_a_client do update set updated_at = now()
        returning l.id into known;
    end if;
    insert into public.lead_identities (client_id, lead_id, kind, value)
    select meet_sender.client_id, known, s.kind::public.identity_kind, s.value
    from (values
        ('bsuid', sender ->> 'bsuid'), ('lid', sender ->> 'lid'), ('phone', private.phone_key(sender ->> 'phone')), ('wa_id', sender ->> 'wa_id')
    ) as s (kind, value)
    where s.value is not null
        and not exists (
            select from public.lead_identities as i
            where i.client_id = meet_sender.client_id and i.kind = s.kind::public.identity_kind and i.value = s.value
        )
    order by s.kind
    on conflict on constraint an_identity_is_one_lead_of_a_client do nothing;
    return known;
end
$$;
comment on function private.meet_sender(uuid, jsonb) is 'The lead a sender is, made if unknown, with every identity it came with written down. null if it came with none. Two leads are never merged.';
