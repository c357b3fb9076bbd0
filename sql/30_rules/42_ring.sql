create or replace function private.ring(function_name text) returns void
language plpgsql security definer set search_path = ''
as $$
declare
    base text := private.setting('functions_url') #>> '{}';
begin
    -- SECURITY: a ring carries no content and no secret, since net's tables are readable by every role. A forged one finds nothing to do.
    if base is not null then
        perform net.http_post(
            url => base || '/' || function_name,
            body => '{}'::jsonb,
            timeout_milliseconds => private.setting_int('ring_timeout_ms')
        );
    end if;
end
$$;
comment on function private.ring(text) is 'Wakes a function to look at its queue, after commit and at best effort. A lost ring costs latency, never work: the sweep rings again.';
