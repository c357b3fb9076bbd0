-- All of a client's people see the accounts; owners and admins manage them.
alter table public.channel_accounts enable row level security;
alter table public.channel_accounts force row level security;

grant select on public.channel_accounts to authenticated;
grant insert (
    id, client_id, channel, provider, name, external_id, display_phone, app_id, config, status, throughput, portfolio_id, daily_limit
) on public.channel_accounts to authenticated;
grant update (name, display_phone, app_id, config, status, throughput, portfolio_id, daily_limit) on public.channel_accounts to authenticated;
grant select, insert, update, delete on public.channel_accounts to service_role;

create policy channel_accounts_select on public.channel_accounts for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());

create policy channel_accounts_insert on public.channel_accounts for insert to authenticated
with check (client_id = any(array(select private.owned_client_ids())));

create policy channel_accounts_update on public.channel_accounts for update to authenticated
using (client_id = any(array(select private.owned_client_ids())))
with check (client_id = any(array(select private.owned_client_ids())));
