create or replace function private.checked_phone(written text) returns text
language plpgsql immutable set search_path = ''
as $$
declare
    phone text := private.normalize_phone(written);
begin
    if phone is null and btrim(written) <> '' then
        raise exception 'phone % cannot be a telephone number', quote_literal(left(written, 100))
            using errcode = '22023', hint = 'Give the area code and number, e.g. (11) 98765-4321, or the international form, e.g. +5511987654321.';
    end if;
    return phone;
end
$$;
comment on function private.checked_phone(text) is 'A phone in E.164, null for a blank one; raises 22023 for what cannot be a phone. What the triggers on leads and profiles ask.';
