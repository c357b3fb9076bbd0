create or replace function public.set_channel_credentials(channel_account_id uuid, ciphertext text, key_id text) returns void
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
begin
    if set_channel_credentials.ciphertext !~ '^[A-Za-z0-9+/]{38,}={0,2}$' or char_length(set_channel_credentials.ciphertext) > 100000 then
        raise exception 'ciphertext must be base64 of what the function channel_credentials makes' using errcode = '22023';
    end if;
    if set_channel_credentials.key_id !~ '^[!-~]{1,100}$' then
        raise exception 'key_id must be 1 to 100 letters, digits or signs' using errcode = '22023';
    end if;
    insert into private.channel_credentials as s (channel_account_id, client_id, ciphertext, key_id)
    select a.id, a.client_id, set_channel_credentials.ciphertext, set_channel_credentials.key_id
    from public.channel_accounts as a
    where a.id = set_channel_credentials.channel_account_id and a.client_id in (select private.owned_client_ids())
    on conflict (channel_account_id) do update
    set ciphertext = excluded.ciphertext, key_id = excluded.key_id, updated_at = now();
    if not found then
        raise exception 'there is no such channel account of a client you own' using errcode = 'PT404';
    end if;
    -- It may have stopped for the old ones.
    update public.channel_accounts as a set status = 'active' where a.id = set_channel_credentials.channel_account_id and a.stopped_reason is not null;
end
$$;
comment on function public.set_channel_credentials(uuid, text, text) is
'Owners and admins, through the function channel_credentials: stores an account''s credentials, already encrypted, and starts the account again if the engine had stopped it. They cannot be read again through the API. Idempotent.';
