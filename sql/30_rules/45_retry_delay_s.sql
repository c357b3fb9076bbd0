create or replace function private.retry_delay_s(attempts integer) returns integer
language sql stable set search_path = ''
as $$
    -- null after the last attempt.
    select case when retry_delay_s.attempts < private.setting_int('max_attempts')
        then coalesce((private.setting('retry_after_s') ->> (retry_delay_s.attempts - 1))::integer, (private.setting('retry_after_s') ->> -1)::integer)
    end;
$$;
comment on function private.retry_delay_s(integer) is 'Seconds to the next attempt after so many were made; null when there is none left.';
