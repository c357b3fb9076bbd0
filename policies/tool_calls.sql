-- Written by worker.call_tool.
alter table public.tool_calls enable row level security;
alter table public.tool_calls force row level security;

grant select on public.tool_calls to authenticated;
grant select, insert, update, delete on public.tool_calls to service_role;

create policy tool_calls_select on public.tool_calls for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());
