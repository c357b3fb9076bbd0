create or replace function private.lock_paces(account_ids uuid[]) returns void
language plpgsql security definer set search_path = ''
as $$
begin
    if cardinality(account_ids) = 0
        or not exists (select from public.channel_accounts as a where a.id = any (account_ids) and a.throughput is not null) then
        return;
    end if;
    -- Lock order: after threads, before deliveries, each by id. An account without a throughput makes nobody wait.
    insert into private.account_paces (channel_account_id, client_id)
    select a.id, a.client_id
    from public.channel_accounts as a
    where a.id = any (account_ids) and a.throughput is not null
        and not exists (select from private.account_paces as p where p.channel_account_id = a.id)
    order by a.id
    on conflict (channel_account_id) do nothing;
    perform from private.account_paces as p
    join public.channel_accounts as a on a.id = p.channel_account_id
    where p.channel_account_id = any (account_ids) and a.throughput is not null
    order by p.channel_account_id
    for no key update of p;
end
$$;
comment on function private.lock_paces(uuid[]) is 'Locks the paces of accounts that have a throughput, in the order that cannot deadlock: whoever lets sends go for them does this first.';
