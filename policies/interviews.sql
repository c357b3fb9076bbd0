-- Interviews are made by starting a project. People may cancel one (private.guard_interview) and keep notes in metadata.
alter table public.interviews enable row level security;
alter table public.interviews force row level security;

grant select on public.interviews to authenticated;
grant update (status, metadata) on public.interviews to authenticated;
grant select, insert, update, delete on public.interviews to service_role;

create policy interviews_select on public.interviews for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());

create policy interviews_update on public.interviews for update to authenticated
using (client_id = any(array(select private.visible_client_ids())))
with check (client_id = any(array(select private.visible_client_ids())));

grant select (id, client_id, lead_id, project_id, status, completed_at, created_at) on public.interviews to renum_agent;

create policy interviews_select_by_agents on public.interviews for select to renum_agent
using (client_id = (select private.turn_client_id()) and lead_id = (select private.turn_lead_id()));
