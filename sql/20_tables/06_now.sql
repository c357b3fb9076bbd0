create or replace function private.now() returns timestamptz
language plpgsql stable security definer set search_path = ''
as $$
begin
    return clock_timestamp() + make_interval(secs => (select (s.value #>> '{}')::double precision from private.settings as s where s.key = 'clock_offset_s'));
end
$$;
comment on function private.now() is
'The time that everything which waits for a time of day, for hours or for days goes by: the clock, moved by the setting clock_offset_s. Leases, claims and queues go by the clock itself. Read-only.';
