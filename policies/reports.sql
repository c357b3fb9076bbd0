-- Written by the function report; asked for by public.request_report.
alter table public.reports enable row level security;
alter table public.reports force row level security;

grant select on public.reports to authenticated;
grant select, insert, update, delete on public.reports to service_role;

create policy reports_select on public.reports for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());
