-- Raw items of the client's own accounts.
alter table public.webhook_events enable row level security;
alter table public.webhook_events force row level security;

grant select on public.webhook_events to authenticated;
grant select, insert, update, delete on public.webhook_events to service_role;

create policy webhook_events_select on public.webhook_events for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());
