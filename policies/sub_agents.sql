-- Global: admins write, the people of active clients read the active ones.
alter table public.sub_agents enable row level security;
alter table public.sub_agents force row level security;

grant select on public.sub_agents to authenticated;
grant insert (id, name, type, description, config, tools, active) on public.sub_agents to authenticated;
grant update (name, type, description, config, tools, active) on public.sub_agents to authenticated;
grant delete on public.sub_agents to authenticated;
grant select, insert, update, delete on public.sub_agents to service_role;

create policy sub_agents_select on public.sub_agents for select to authenticated
using (((active and (select exists(select private.visible_client_ids()))) or (select private.is_admin())) and private.asks_for_rows());

create policy sub_agents_insert on public.sub_agents for insert to authenticated
with check ((select private.is_admin()));

create policy sub_agents_update on public.sub_agents for update to authenticated
using ((select private.is_admin()))
with check ((select private.is_admin()));

create policy sub_agents_delete on public.sub_agents for delete to authenticated
using ((select private.is_admin()));
