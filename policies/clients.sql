-- A client's people see and describe their company. Plan, status and owner are an admin's (private.guard_client); new clients are made by public.create_client.
alter table public.clients enable row level security;
alter table public.clients force row level security;

grant select on public.clients to authenticated;
grant insert (company_name, cnpj, plan, status) on public.clients to authenticated;
grant update (company_name, cnpj, plan, status) on public.clients to authenticated;
grant select, insert, update, delete on public.clients to service_role;

-- An admin's INSERT returns the row it makes, which the list of clients, read before it, does not hold yet.
create policy clients_select on public.clients for select to authenticated
using (((select private.is_admin()) or id = any(array(select private.visible_client_ids()))) and private.asks_for_rows());

create policy clients_insert on public.clients for insert to authenticated
with check ((select private.is_admin()));

create policy clients_update on public.clients for update to authenticated
using (id = any(array(select private.visible_client_ids())))
with check (id = any(array(select private.visible_client_ids())));
