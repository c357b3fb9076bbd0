-- What was said is read, never changed.
alter table public.messages enable row level security;
alter table public.messages force row level security;

grant select on public.messages to authenticated;
grant select, insert, update, delete on public.messages to service_role;

create policy messages_select on public.messages for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());
