create or replace function private.notification_account(client_id uuid, channel public.channel, preferred uuid) returns public.channel_accounts
language sql stable security definer set search_path = ''
as $$
    -- SECURITY: another client's account is nobody's to use but the house's: then the delivery and its message are the house's own rows,
    -- and what ties them to the client is the client's notification. Leads are never written to in this way.
    select a
    from public.channel_accounts as a
    join public.clients as c on c.id = a.client_id
    where a.channel = notification_account.channel and a.status = 'active'
        and (a.client_id = notification_account.client_id or (c.is_house and a.channel <> 'whatsapp'))
    order by a.client_id <> notification_account.client_id, a.id is distinct from notification_account.preferred, a.created_at, a.id
    limit 1;
$$;
comment on function private.notification_account(uuid, public.channel, uuid) is
'The account to tell a client''s people by: the preferred one or else the client''s oldest active one of the channel; where the client has none for SMS or e-mail, the house client''s. A row of nulls if there is none. Read-only.';
