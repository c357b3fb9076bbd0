-- Written by triggers and by what providers say.
alter table public.lead_identities enable row level security;
alter table public.lead_identities force row level security;

grant select on public.lead_identities to authenticated;
grant select, insert, update, delete on public.lead_identities to service_role;

create policy lead_identities_select on public.lead_identities for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());
