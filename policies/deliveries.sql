-- Written by the engine.
alter table public.deliveries enable row level security;
alter table public.deliveries force row level security;

grant select on public.deliveries to authenticated;
grant select, insert, update, delete on public.deliveries to service_role;

create policy deliveries_select on public.deliveries for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());
