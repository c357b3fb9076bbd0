-- Made by agents' tools, settled by a client's people.
alter table public.callbacks enable row level security;
alter table public.callbacks force row level security;

grant select on public.callbacks to authenticated;
grant insert (client_id, lead_id, due_at, note) on public.callbacks to authenticated;
grant update (due_at, note, status) on public.callbacks to authenticated;
grant select, insert, update, delete on public.callbacks to service_role;

create policy callbacks_select on public.callbacks for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());

create policy callbacks_insert on public.callbacks for insert to authenticated
with check (client_id = any(array(select private.visible_client_ids())));

create policy callbacks_update on public.callbacks for update to authenticated
using (client_id = any(array(select private.visible_client_ids())))
with check (client_id = any(array(select private.visible_client_ids())));

-- SECURITY: a tool sees and sets the callback of the lead whose turn it works in.
grant select (client_id, lead_id, due_at, note, status) on public.callbacks to renum_agent;
grant insert (client_id, lead_id, due_at, note) on public.callbacks to renum_agent;
grant update (due_at, note) on public.callbacks to renum_agent;

create policy callbacks_select_by_agents on public.callbacks for select to renum_agent
using (client_id = (select private.turn_client_id()) and lead_id = (select private.turn_lead_id()));

create policy callbacks_insert_by_agents on public.callbacks for insert to renum_agent
with check (client_id = (select private.turn_client_id()) and lead_id = (select private.turn_lead_id()) and status = 'open');

create policy callbacks_update_by_agents on public.callbacks for update to renum_agent
using (client_id = (select private.turn_client_id()) and lead_id = (select private.turn_lead_id()))
with check (client_id = (select private.turn_client_id()) and lead_id = (select private.turn_lead_id()));
