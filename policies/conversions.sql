-- Written by turns' commits, taken back by public.reverse_conversion.
alter table public.conversions enable row level security;
alter table public.conversions force row level security;

grant select on public.conversions to authenticated;
grant select, insert, update, delete on public.conversions to service_role;

create policy conversions_select on public.conversions for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());
