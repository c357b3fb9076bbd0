-- Written by trigger, never changed.
alter table public.renus_config_versions enable row level security;
alter table public.renus_config_versions force row level security;

grant select on public.renus_config_versions to authenticated;
grant select, insert, update, delete on public.renus_config_versions to service_role;

create policy renus_config_versions_select on public.renus_config_versions for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());
