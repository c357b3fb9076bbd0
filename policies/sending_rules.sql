-- When a client writes is its owner's to say; its staff see it.
alter table public.sending_rules enable row level security;
alter table public.sending_rules force row level security;

grant select on public.sending_rules to authenticated;
grant insert (id, client_id, hours, on_holidays, closed_dates, daily_cap, weekly_cap) on public.sending_rules to authenticated;
grant update (client_id, hours, on_holidays, closed_dates, daily_cap, weekly_cap) on public.sending_rules to authenticated;
grant select, insert, update, delete on public.sending_rules to service_role;

create policy sending_rules_select on public.sending_rules for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());

create policy sending_rules_insert on public.sending_rules for insert to authenticated
with check (client_id = any(array(select private.owned_client_ids())));

create policy sending_rules_update on public.sending_rules for update to authenticated
using (client_id = any(array(select private.owned_client_ids())))
with check (client_id = any(array(select private.owned_client_ids())));
