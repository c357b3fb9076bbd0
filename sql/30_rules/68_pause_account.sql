create or replace function private.pause_account(account_id uuid, pause interval, reason text) returns void
language sql security definer set search_path = ''
as $$
    insert into private.account_paces as p (channel_account_id, client_id, not_before, reason)
    select a.id, a.client_id, clock_timestamp() + pause_account.pause, pause_account.reason
    from public.channel_accounts as a
    where a.id = pause_account.account_id
    on conflict (channel_account_id) do update set not_before = greatest(p.not_before, excluded.not_before), reason = excluded.reason;
$$;
comment on function private.pause_account(uuid, interval, text) is 'The provider wants nothing from an account for a while (too fast, too many): its sends wait, no attempt is counted, nobody is alarmed.';
