-- Written by the engine. The files themselves are Storage's: policies/storage_objects.sql.
alter table public.media enable row level security;
alter table public.media force row level security;

grant select on public.media to authenticated;
grant select, insert, update, delete on public.media to service_role;

create policy media_select on public.media for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());
