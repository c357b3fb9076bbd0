-- Read here; replayed by public.replay_failed_task.
alter table public.failed_tasks enable row level security;
alter table public.failed_tasks force row level security;

grant select on public.failed_tasks to authenticated;
grant select, insert, update, delete on public.failed_tasks to service_role;

create policy failed_tasks_select on public.failed_tasks for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());
