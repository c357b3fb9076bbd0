-- A client's people run their projects.
alter table public.projects enable row level security;
alter table public.projects force row level security;

grant select on public.projects to authenticated;
grant insert (id, client_id, name, description, type, status, config, renus_config_id, channel_account_id) on public.projects to authenticated;
grant update (name, description, type, status, config, renus_config_id, channel_account_id) on public.projects to authenticated;
grant delete on public.projects to authenticated;
grant select, insert, update, delete on public.projects to service_role;

create policy projects_select on public.projects for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());

create policy projects_insert on public.projects for insert to authenticated
with check (client_id = any(array(select private.visible_client_ids())));

create policy projects_update on public.projects for update to authenticated
using (client_id = any(array(select private.visible_client_ids())))
with check (client_id = any(array(select private.visible_client_ids())));

create policy projects_delete on public.projects for delete to authenticated
using (client_id = any(array(select private.visible_client_ids())));

-- SECURITY: names of what runs, of the turn's client; not what is asked, nor whom.
grant select (id, client_id, name, type, status, created_at) on public.projects to renum_agent;

create policy projects_select_by_agents on public.projects for select to renum_agent
using (client_id = (select private.turn_client_id()));
