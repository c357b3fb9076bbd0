create or replace function private.first_name(name text) returns text
language sql immutable set search_path = ''
as $$
    select nullif(split_part(btrim(first_name.name), ' ', 1), '');
$$;
comment on function private.first_name(text) is 'The first word of a name; null if there is none.';
