-- Written by the engine.
alter table public.reminders enable row level security;
alter table public.reminders force row level security;

grant select on public.reminders to authenticated;
grant select, insert, update, delete on public.reminders to service_role;

create policy reminders_select on public.reminders for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());
