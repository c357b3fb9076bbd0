create or replace function private.setting(key text) returns jsonb
language sql stable security definer set search_path = ''
as $$
    select s.value from private.settings as s where s.key = setting.key;
$$;
comment on function private.setting(text) is 'A setting''s value; null if there is none of that name.';
