-- Written by the agents' commits.
alter table public.turns enable row level security;
alter table public.turns force row level security;

grant select on public.turns to authenticated;
grant select, insert, update, delete on public.turns to service_role;

create policy turns_select on public.turns for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());
