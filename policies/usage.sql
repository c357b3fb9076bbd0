-- The ledger: the engine adds to it, and nobody changes it, the platform's own key included.
alter table public.usage enable row level security;
alter table public.usage force row level security;

grant select on public.usage to authenticated, service_role;

create policy usage_select on public.usage for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());
