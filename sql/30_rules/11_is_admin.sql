create or replace function private.is_admin() returns boolean
language sql stable security definer set search_path = ''
as $$
    select exists (
        select from public.profiles as p
        where p.id = private.current_profile_id() and p.role = 'admin'
    );
$$;
comment on function private.is_admin() is 'Whether the request is by one of RENUM''s admins. Reads the table, not the token: a removed admin loses access at once.';
