create or replace function worker.save_account_facts(channel_account_id uuid, facts jsonb) returns void
language plpgsql security definer set search_path = ''
as $$
declare
    portfolio text;
begin
    update public.channel_accounts as a
    set daily_limit = case when facts ? 'daily_limit' then (facts ->> 'daily_limit')::integer else a.daily_limit end,
        display_phone = coalesce(left(nullif(btrim(facts ->> 'display_phone'), ''), 50), a.display_phone),
        portfolio_id = coalesce(left(nullif(btrim(facts ->> 'portfolio_id'), ''), 200), a.portfolio_id)
    where a.id = save_account_facts.channel_account_id
        and (a.daily_limit, a.display_phone, a.portfolio_id) is distinct from (
            case when facts ? 'daily_limit' then (facts ->> 'daily_limit')::integer else a.daily_limit end,
            coalesce(left(nullif(btrim(facts ->> 'display_phone'), ''), 50), a.display_phone),
            coalesce(left(nullif(btrim(facts ->> 'portfolio_id'), ''), 200), a.portfolio_id)
        );
    -- The limit is the portfolio's: what one of its numbers is told holds for all of the client's.
    select a.portfolio_id into portfolio from public.channel_accounts as a where a.id = save_account_facts.channel_account_id;
    if facts ? 'daily_limit' and portfolio is not null then
        update public.channel_accounts as b
        set daily_limit = a.daily_limit
        from public.channel_accounts as a
        where a.id = save_account_facts.channel_account_id and b.client_id = a.client_id and b.portfolio_id = portfolio
            and b.daily_limit is distinct from a.daily_limit;
    end if;
end
$$;
comment on function worker.save_account_facts(uuid, jsonb) is
'Notes what a provider says of an account: {"daily_limit"?: people in 24 hours or null for no limit, "display_phone"?, "portfolio_id"?}. What is not told stays; the limit counts for every account of the client in the same portfolio. Idempotent; nothing happens for an unknown account.';
