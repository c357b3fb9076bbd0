create or replace function private.reach_again_at(delivery public.deliveries, account public.channel_accounts) returns timestamptz
language plpgsql security definer set search_path = ''
as $$
declare
    reached integer;
    since timestamptz := private.now() - interval '24 hours';
    first_free timestamptz;
begin
    -- Who was reached within the last 24 hours costs nothing more.
    if exists (
        select from public.deliveries as d
        join public.channel_accounts as a on a.id = d.channel_account_id
        where d.client_id = account.client_id and d.initiated and d.begun_at > since
            and (a.id = account.id or a.portfolio_id = account.portfolio_id)
            and coalesce(d.lead_id, d.profile_id) = coalesce(delivery.lead_id, delivery.profile_id)
    ) then
        return null;
    end if;
    select count(*), min(r.begun_at) into reached, first_free
    from (
        select max(d.begun_at) as begun_at
        from public.deliveries as d
        join public.channel_accounts as a on a.id = d.channel_account_id
        where d.client_id = account.client_id and d.initiated and d.begun_at > since
            and (a.id = account.id or a.portfolio_id = account.portfolio_id)
        group by coalesce(d.lead_id, d.profile_id)
    ) as r;
    if reached < account.daily_limit then
        return null;
    end if;
    return first_free + interval '24 hours';
end
$$;
comment on function private.reach_again_at(public.deliveries, public.channel_accounts) is
'When an account may write to one more person outside an open window, under its daily_limit; null: now. Counts over all accounts of the portfolio. The caller holds the portfolio''s advisory lock.';
