-- An admin's word, in the own name, for good.
alter table public.risk_acceptances enable row level security;
alter table public.risk_acceptances force row level security;

grant select on public.risk_acceptances to authenticated;
grant insert (id, client_id, agent_type, text) on public.risk_acceptances to authenticated;
grant select, insert, update, delete on public.risk_acceptances to service_role;

create policy risk_acceptances_select on public.risk_acceptances for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());

create policy risk_acceptances_insert on public.risk_acceptances for insert to authenticated
with check ((select private.is_admin()) and accepted_by = (select private.current_profile_id()));
