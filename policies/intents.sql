-- SECURITY: a tool asks for something in its own turn and for its own lead, and reads nothing of it; the commit decides.
alter table private.intents enable row level security;
alter table private.intents force row level security;

grant insert (client_id, lead_id, turn_id, kind, details) on private.intents to renum_agent;

create policy intents_insert_by_agents on private.intents for insert to renum_agent
with check (client_id = (select private.turn_client_id()) and lead_id = (select private.turn_lead_id()) and turn_id = (select private.turn_lease()));
