-- People see themselves and the members of their clients; they change their own name and phone, and how they are told. Rows are made by the trigger on auth.users.
alter table public.profiles enable row level security;
alter table public.profiles force row level security;

grant select on public.profiles to authenticated;
grant update (full_name, phone, role, notification_channels, muted_events) on public.profiles to authenticated;
grant select, insert, update, delete on public.profiles to service_role;

create policy profiles_select on public.profiles for select to authenticated
using (id = any(array(select private.visible_profile_ids())) and private.asks_for_rows());

create policy profiles_update on public.profiles for update to authenticated
using (id = (select private.current_profile_id()) or (select private.is_admin()))
with check (id = (select private.current_profile_id()) or (select private.is_admin()));
