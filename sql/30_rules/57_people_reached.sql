create or replace function private.people_reached(account_id uuid) returns integer
language sql stable security definer set search_path = ''
as $$
    select count(distinct coalesce(d.lead_id, d.profile_id))::integer
    from public.channel_accounts as a
    join public.deliveries as d on d.client_id = a.client_id
    where a.id = people_reached.account_id and d.channel_account_id = any (private.accounts_of_portfolio(people_reached.account_id))
        and d.initiated and d.begun_at > private.now() - interval '24 hours';
$$;
comment on function private.people_reached(uuid) is
'How many people were written to outside an open window in the last 24 hours, from this account and those that share its daily limit.';
