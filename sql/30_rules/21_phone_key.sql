create or replace function private.phone_key(phone text) returns text
language sql immutable set search_path = ''
as $$
    -- 55 + DDD + last eight digits: the same with and without the ninth digit. Where the eight begin with 2 to 5 they are a landline's:
    -- a mobile like that never had eight digits.
    select case
        when d.digits ~ '^55[1-9][1-9]9[016-9][0-9]{7}$' then left(d.digits, 4) || right(d.digits, 8)
        else d.digits
    end
    from (select regexp_replace(phone_key.phone, '[^0-9]', '', 'g') as digits) as d
    where d.digits <> '';
$$;
comment on function private.phone_key(text) is
'What two writings of one number have in common. Providers give Brazilian numbers with or without the ninth digit. Expects the country code.';
