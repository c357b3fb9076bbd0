-- Written by the engine.
alter table public.notifications enable row level security;
alter table public.notifications force row level security;

grant select on public.notifications to authenticated;
grant select, insert, update, delete on public.notifications to service_role;

create policy notifications_select on public.notifications for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());
