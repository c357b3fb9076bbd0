create or replace function worker.channel_account(channel_account_id uuid) returns jsonb
language sql stable security definer set search_path = ''
as $$
    select jsonb_build_object(
        'id', a.id, 'client_id', a.client_id, 'channel', a.channel, 'provider', a.provider, 'external_id', a.external_id, 'status', a.status, 'config', a.config,
        'credentials', case when s.ciphertext is not null then jsonb_build_object('ciphertext', s.ciphertext, 'key_id', s.key_id) end
    )
    from public.channel_accounts as a
    left join private.channel_credentials as s on s.channel_account_id = a.id
    where a.id = channel_account.channel_account_id;
$$;
comment on function worker.channel_account(uuid) is 'A channel account with its encrypted credentials; null if there is none of that id. Read-only.';
