-- Written by the engine. People and agents' tools write messages to leads; where they go and whether they may, private.police_delivery says.
alter table public.deliveries enable row level security;
alter table public.deliveries force row level security;

grant select on public.deliveries to authenticated;
grant insert (id, client_id, lead_id, channel_account_id, content) on public.deliveries to authenticated;
grant select, insert, update, delete on public.deliveries to service_role;

create policy deliveries_select on public.deliveries for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());

create policy deliveries_insert on public.deliveries for insert to authenticated
with check (client_id = any(array(select private.visible_client_ids())) and kind = 'message' and lead_id is not null);

-- SECURITY: a tool writes to the lead whose turn it works in, and to nobody else, whatever the lead talks the model into.
grant insert (id, client_id, lead_id, channel_account_id, content) on public.deliveries to renum_agent;

create policy deliveries_insert_by_agents on public.deliveries for insert to renum_agent
with check (client_id = (select private.turn_client_id()) and lead_id = (select private.turn_lead_id()) and kind = 'message');
