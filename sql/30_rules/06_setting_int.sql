create or replace function private.setting_int(key text) returns integer
language sql stable security definer set search_path = ''
as $$
    select (s.value #>> '{}')::integer from private.settings as s where s.key = setting_int.key;
$$;
comment on function private.setting_int(text) is 'A setting that is a whole number.';
