-- Global: admins write, the people of active clients read the active ones.
alter table public.tools enable row level security;
alter table public.tools force row level security;

grant select on public.tools to authenticated;
grant insert (id, name, description, function_name, parameters_schema, active) on public.tools to authenticated;
grant update (name, description, function_name, parameters_schema, active) on public.tools to authenticated;
grant delete on public.tools to authenticated;
grant select, insert, update, delete on public.tools to service_role;

create policy tools_select on public.tools for select to authenticated
using (((active and (select exists(select private.visible_client_ids()))) or (select private.is_admin())) and private.asks_for_rows());

create policy tools_insert on public.tools for insert to authenticated
with check ((select private.is_admin()));

create policy tools_update on public.tools for update to authenticated
using ((select private.is_admin()))
with check ((select private.is_admin()));

create policy tools_delete on public.tools for delete to authenticated
using ((select private.is_admin()));
