create or replace function private.retry_wait(error jsonb, retryable boolean, attempts integer, out wait interval, out counted boolean)
language sql stable set search_path = ''
as $$
    select
        case
            when not retryable then null
            -- Throttled: the other side says when to come back, and that was no attempt at the work.
            when e.after_ms is not null then make_interval(secs => least(greatest(e.after_ms, 1), 3600000) / 1000.0)
            when retry_wait.attempts < private.setting_int('max_attempts') then make_interval(secs => coalesce(
                (private.setting('retry_after_s') ->> (retry_wait.attempts - 1))::integer, (private.setting('retry_after_s') ->> -1)::integer
            ))
        end,
        e.after_ms is null
    from (
        select case jsonb_typeof(retry_wait.error -> 'retry_after_ms') when 'number' then (retry_wait.error ->> 'retry_after_ms')::numeric end as after_ms
    ) as e;
$$;
comment on function private.retry_wait(jsonb, boolean, integer) is
'When work that failed so many times is tried again: wait (null: never) and whether the attempt counted. 1, 5, 25 seconds after a failure; after error.retry_after_ms, at most an hour, when the other side throttled.';
