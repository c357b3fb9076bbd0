alter table public.pets enable row level security;
alter table public.pets force row level security;
grant select on public.pets to authenticated;
create policy pets_select on public.pets for select to authenticated using (name = any (array(select private.pet_names())));
