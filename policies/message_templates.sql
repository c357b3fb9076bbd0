-- Templates are the provider's verdict; owners and admins keep the list.
alter table public.message_templates enable row level security;
alter table public.message_templates force row level security;

grant select on public.message_templates to authenticated;
grant insert (id, client_id, channel_account_id, name, language, category, body, parameters, status, purpose) on public.message_templates to authenticated;
grant update (category, body, parameters, status, purpose) on public.message_templates to authenticated;
grant select, insert, update, delete on public.message_templates to service_role;

create policy message_templates_select on public.message_templates for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());

create policy message_templates_insert on public.message_templates for insert to authenticated
with check (client_id = any(array(select private.owned_client_ids())));

create policy message_templates_update on public.message_templates for update to authenticated
using (client_id = any(array(select private.owned_client_ids())))
with check (client_id = any(array(select private.owned_client_ids())));
