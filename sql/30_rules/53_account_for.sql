create or replace function private.account_for(client_id uuid, channel_account_id uuid) returns uuid
language sql stable set search_path = ''
as $$
    -- SECURITY: under the asker's rights. A trigger asks before the policies refuse a row in another client's name; its answer must not tell what that client has.
    select a.id
    from public.channel_accounts as a
    where a.client_id = account_for.client_id and a.status = 'active'
        and (a.id = account_for.channel_account_id or (account_for.channel_account_id is null and a.channel = 'whatsapp'))
    order by a.created_at, a.id
    limit 1;
$$;
comment on function private.account_for(uuid, uuid) is 'The account to write from: the one given, of whatever channel, or the client''s oldest for WhatsApp; active ones only. null if there is none.';
