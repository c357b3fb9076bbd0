create or replace function private.follow_changes(items jsonb) returns void
language plpgsql security definer set search_path = ''
as $$
declare
    item record;
    other uuid;
    number text;
begin
    for item in
        select x.thread_id, x.lead_id, x.client_id, x.event -> 'becomes' as becomes, x.event -> 'sender' as sender
        from jsonb_to_recordset(items) as x (ord bigint, thread_id uuid, lead_id uuid, client_id uuid, event jsonb)
        where jsonb_typeof(x.event -> 'becomes') = 'object'
        order by x.lead_id, x.ord
    loop
        other := private.lead_of_sender(item.client_id, item.becomes);
        continue when other <> item.lead_id;
        insert into public.lead_identities (client_id, lead_id, kind, value)
        select item.client_id, item.lead_id, s.kind::public.identity_kind, s.value
        from (values ('bsuid', item.becomes ->> 'bsuid'), ('wa_id', item.becomes ->> 'wa_id')) as s (kind, value)
        where s.value is not null
        order by s.kind
        on conflict on constraint an_identity_is_one_lead_of_a_client do nothing;
        if item.becomes ->> 'wa_id' is not null then
            -- Whoever has the old number now is somebody else.
            delete from public.lead_identities as i
            where i.client_id = item.client_id and i.lead_id = item.lead_id and i.kind = 'wa_id' and i.value = item.sender ->> 'wa_id'
                and i.value <> item.becomes ->> 'wa_id';
            number := private.normalize_phone('+' || (item.becomes ->> 'wa_id'));
            update public.leads as l
            set phone = number
            where l.id = item.lead_id and l.phone is distinct from number and number is not null
                and not exists (select from public.leads as o where o.client_id = item.client_id and o.phone = number);
        end if;
        update private.threads as t
        set address = case when item.becomes ->> 'wa_id' is null then t.address || jsonb_strip_nulls(item.becomes)
            else jsonb_build_object('wa_id', item.becomes -> 'wa_id', 'bsuid', item.becomes -> 'bsuid') end
        where t.id = item.thread_id;
    end loop;
end
$$;
comment on function private.follow_changes(jsonb) is
'A lead''s new number or id, told by the provider, becomes the lead''s: identities, phone, and where replies go. One that is another lead''s already changes nothing: two leads are never merged. The caller holds the threads'' locks.';
