create or replace function private.pet_names() returns setof text
language sql stable security definer set search_path = ''
as $$
    select p.name from public.pets as p;
$$;
comment on function private.pet_names() is 'The names of all pets.';
