create or replace function private.for_a_person() returns text
language sql immutable set search_path = ''
as $$
    select 'the reply says what only a person may say';
$$;
comment on function private.for_a_person() is 'The reason of a delivery that was stopped for a person to take over.';
