-- A client's people do with their leads what they want, except hand them to another client (private.same_client) or speak for them in consents.
-- client_id may be named in an update only so that an upsert on (client_id, phone) works.
alter table public.leads enable row level security;
alter table public.leads force row level security;

grant select on public.leads to authenticated;
grant insert (id, client_id, phone, name, email, metadata, status, consent_basis, time_zone) on public.leads to authenticated;
grant update (client_id, phone, name, email, metadata, status, consent_basis, time_zone) on public.leads to authenticated;
grant delete on public.leads to authenticated;
grant select, insert, update, delete on public.leads to service_role;

create policy leads_select on public.leads for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());

create policy leads_insert on public.leads for insert to authenticated
with check (client_id = any(array(select private.visible_client_ids())));

create policy leads_update on public.leads for update to authenticated
using (client_id = any(array(select private.visible_client_ids())))
with check (client_id = any(array(select private.visible_client_ids())));

create policy leads_delete on public.leads for delete to authenticated
using (client_id = any(array(select private.visible_client_ids())));

-- SECURITY: a tool sees and describes the lead whose turn it works in.
grant select (id, client_id, phone, name, email, metadata, created_at, opted_out_at) on public.leads to renum_agent;
grant update (name, email, metadata) on public.leads to renum_agent;

create policy leads_select_by_agents on public.leads for select to renum_agent
using (client_id = (select private.turn_client_id()) and id = (select private.turn_lead_id()));

create policy leads_update_by_agents on public.leads for update to renum_agent
using (client_id = (select private.turn_client_id()) and id = (select private.turn_lead_id()))
with check (client_id = (select private.turn_client_id()) and id = (select private.turn_lead_id()));
