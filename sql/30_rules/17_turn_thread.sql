create or replace function private.turn_thread() returns private.threads
language sql stable security definer set search_path = ''
as $$
    select t
    from private.threads as t
    -- A setting of that name may hold anything.
    where t.lease = (case when current_setting('renum.lease', true) ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then current_setting('renum.lease', true) end)::uuid
        and t.lease_until > clock_timestamp();
$$;
comment on function private.turn_thread() is
'The thread whose turn an agent''s tool works in, for triggers that judge what the tool writes; null outside of a live turn. Not for agents: see private.turn_lead_id.';
