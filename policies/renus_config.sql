-- A client's people configure their agent.
alter table public.renus_config enable row level security;
alter table public.renus_config force row level security;

grant select on public.renus_config to authenticated;
grant insert (id, client_id, agent_type, config, prompts, active) on public.renus_config to authenticated;
grant update (agent_type, config, prompts, active) on public.renus_config to authenticated;
grant select, insert, update, delete on public.renus_config to service_role;

create policy renus_config_select on public.renus_config for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());

create policy renus_config_insert on public.renus_config for insert to authenticated
with check (client_id = any(array(select private.visible_client_ids())));

create policy renus_config_update on public.renus_config for update to authenticated
using (client_id = any(array(select private.visible_client_ids())))
with check (client_id = any(array(select private.visible_client_ids())));
