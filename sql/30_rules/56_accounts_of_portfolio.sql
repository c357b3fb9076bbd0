create or replace function private.accounts_of_portfolio(account_id uuid) returns uuid[]
language sql stable security definer set search_path = ''
as $$
    select array_agg(b.id)
    from public.channel_accounts as a
    join public.channel_accounts as b on b.client_id = a.client_id and (b.id = a.id or b.portfolio_id = a.portfolio_id)
    where a.id = accounts_of_portfolio.account_id;
$$;
comment on function private.accounts_of_portfolio(uuid) is 'An account and those of its client that share its daily limit.';
