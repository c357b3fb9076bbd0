create or replace function private.turn_lease() returns uuid
language sql stable security definer set search_path = ''
as $$
    select t.lease
    from private.threads as t
    -- A setting of that name may hold anything.
    where t.lease = (case when current_setting('renum.lease', true) ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then current_setting('renum.lease', true) end)::uuid
        and t.lease_until > clock_timestamp();
$$;
comment on function private.turn_lease() is 'The live turn that an agent''s tool works in, by its lease; null outside of one. See private.turn_lead_id.';
