-- Read here; changed by public.invite_member and public.remove_member.
alter table public.client_members enable row level security;
alter table public.client_members force row level security;

grant select on public.client_members to authenticated;
grant select, insert, update, delete on public.client_members to service_role;

create policy client_members_select on public.client_members for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());
