-- Proposed by agents' tools, judged by private.judge_qualification, settled by commits; people read.
alter table public.qualifications enable row level security;
alter table public.qualifications force row level security;

grant select on public.qualifications to authenticated;
grant select, insert, update, delete on public.qualifications to service_role;

create policy qualifications_select on public.qualifications for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());

-- SECURITY: a tool proposes answers of the lead whose turn it works in, and writes nothing else: not the score, not the status.
grant select (client_id, lead_id, status, proposed) on public.qualifications to renum_agent;
grant insert (client_id, lead_id, proposed) on public.qualifications to renum_agent;
grant update (proposed) on public.qualifications to renum_agent;

create policy qualifications_select_by_agents on public.qualifications for select to renum_agent
using (client_id = (select private.turn_client_id()) and lead_id = (select private.turn_lead_id()));

create policy qualifications_insert_by_agents on public.qualifications for insert to renum_agent
with check (client_id = (select private.turn_client_id()) and lead_id = (select private.turn_lead_id()));

create policy qualifications_update_by_agents on public.qualifications for update to renum_agent
using (client_id = (select private.turn_client_id()) and lead_id = (select private.turn_lead_id()))
with check (client_id = (select private.turn_client_id()) and lead_id = (select private.turn_lead_id()));
