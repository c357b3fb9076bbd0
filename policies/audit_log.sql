-- SECURITY: append-only, and by the engine alone: private.audit writes, not even the platform's own key does.
alter table public.audit_log enable row level security;
alter table public.audit_log force row level security;

grant select on public.audit_log to authenticated, service_role;

-- What is no client's matter is for admins; the list of clients that they see does not hold null.
create policy audit_log_select on public.audit_log for select to authenticated
using (((select private.is_admin()) or client_id = any(array(select private.visible_client_ids()))) and private.asks_for_rows());
