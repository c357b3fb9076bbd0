create or replace function private.current_profile_id() returns uuid
language sql stable set search_path = ''
as $$
    -- After the first request on a pooled connection the setting is '', not null.
    select (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid;
$$;
comment on function private.current_profile_id() is 'The person whose token the request carries; null without one. Our own reading of the claims: roles of ours have no right to schema auth.';

alter table public.risk_acceptances alter column accepted_by set default private.current_profile_id();
alter table public.erasures alter column requested_by set default private.current_profile_id();
