-- People ask for it; the engine does it. Who asked and when it is due is not theirs to say.
alter table public.erasures enable row level security;
alter table public.erasures force row level security;

grant select on public.erasures to authenticated;
grant insert (id, client_id, lead_id, reason) on public.erasures to authenticated;
grant select, insert, update, delete on public.erasures to service_role;

create policy erasures_select on public.erasures for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());

create policy erasures_insert on public.erasures for insert to authenticated
with check (client_id = any(array(select private.visible_client_ids())));
