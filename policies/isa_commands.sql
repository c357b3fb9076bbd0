-- Admins only. An admin writes in the own name.
alter table public.isa_commands enable row level security;
alter table public.isa_commands force row level security;

grant select on public.isa_commands to authenticated;
grant insert (id, admin_id, command, target_type, target_id, result, executed_at) on public.isa_commands to authenticated;
grant select, insert, update, delete on public.isa_commands to service_role;

create policy isa_commands_select on public.isa_commands for select to authenticated
using ((select private.is_admin()) and private.asks_for_rows());

create policy isa_commands_insert on public.isa_commands for insert to authenticated
with check ((select private.is_admin()) and admin_id = (select private.current_profile_id()));
