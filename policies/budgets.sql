-- What it may cost is the owner's to say; the staff see it. What is spent is the engine's to say.
alter table public.budgets enable row level security;
alter table public.budgets force row level security;

grant select, delete on public.budgets to authenticated;
grant insert (id, client_id, project_id, period, amount, currency, warn_at_percent, on_reached) on public.budgets to authenticated;
grant update (period, amount, currency, warn_at_percent, on_reached) on public.budgets to authenticated;
grant select, insert, update, delete on public.budgets to service_role;

create policy budgets_select on public.budgets for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());

create policy budgets_insert on public.budgets for insert to authenticated
with check (client_id = any(array(select private.owned_client_ids())));

create policy budgets_update on public.budgets for update to authenticated
using (client_id = any(array(select private.owned_client_ids())))
with check (client_id = any(array(select private.owned_client_ids())));

create policy budgets_delete on public.budgets for delete to authenticated
using (client_id = any(array(select private.owned_client_ids())));
