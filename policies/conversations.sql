-- People may close a conversation or open it again.
alter table public.conversations enable row level security;
alter table public.conversations force row level security;

grant select on public.conversations to authenticated;
grant update (status) on public.conversations to authenticated;
grant select, insert, update, delete on public.conversations to service_role;

create policy conversations_select on public.conversations for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());

create policy conversations_update on public.conversations for update to authenticated
using (client_id = any(array(select private.visible_client_ids())))
with check (client_id = any(array(select private.visible_client_ids())));
