create or replace function private.reach_again_at(delivery public.deliveries, account public.channel_accounts) returns timestamptz
language plpgsql security definer set search_path = ''
as $$
declare
    siblings uuid[] := private.accounts_of_portfolio(account.id);
    since timestamptz := private.now() - interval '24 hours';
    reached integer;
    first_free timestamptz;
begin
    -- Who was reached within the last 24 hours costs nothing more.
    if exists (
        select from public.deliveries as d
        where d.client_id = account.client_id and d.initiated and d.begun_at > since and d.channel_account_id = any (siblings)
            and coalesce(d.lead_id, d.profile_id) = coalesce(delivery.lead_id, delivery.profile_id)
    ) then
        return null;
    end if;
    select count(*), min(r.begun_at) into reached, first_free
    from (
        select max(d.begun_at) as begun_at
        from public.deliveries as d
        where d.client_id = account.client_id and d.initiated and d.begun_at > since and d.channel_account_id = any (siblings)
        group by coalesce(d.lead_id, d.profile_id)
    ) as r;
    return case when reached >= account.daily_limit then first_free + interval '24 hours' end;
end
$$;
comment on function private.reach_again_at(public.deliveries, public.channel_accounts) is
'When an account may write to one more person outside an open window, under its daily_limit; null: now. Counts over all accounts of the portfolio, as private.people_reached does. The caller holds the portfolio''s advisory lock.';
