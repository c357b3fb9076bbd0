-- Append-only: a person may record what a lead agreed to or withdrew.
alter table public.consents enable row level security;
alter table public.consents force row level security;

grant select on public.consents to authenticated;
grant insert (client_id, lead_id, granted, legal_basis, text_version, evidence, purpose) on public.consents to authenticated;
grant select, insert, update, delete on public.consents to service_role;

create policy consents_select on public.consents for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());

create policy consents_insert on public.consents for insert to authenticated
with check (client_id = any(array(select private.visible_client_ids())));

-- SECURITY: a tool records that the turn's lead wants no more, never that it wants.
grant insert (client_id, lead_id, granted, legal_basis, evidence) on public.consents to renum_agent;

create policy consents_insert_by_agents on public.consents for insert to renum_agent
with check (client_id = (select private.turn_client_id()) and lead_id = (select private.turn_lead_id()) and not granted);
