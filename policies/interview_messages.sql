-- What was said is read, never changed. Partitions stand in an unexposed schema and have no grants.
alter table public.interview_messages enable row level security;
alter table public.interview_messages force row level security;

grant select on public.interview_messages to authenticated;
grant select, insert, update, delete on public.interview_messages to service_role;

create policy interview_messages_select on public.interview_messages for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());
