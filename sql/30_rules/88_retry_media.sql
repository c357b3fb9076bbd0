create or replace function private.retry_media(media_id uuid, error jsonb, retryable boolean) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    m public.media;
    wait_s integer;
begin
    select * into strict m from public.media as x where x.id = retry_media.media_id;
    if retryable and error ->> 'retry_after_ms' is not null then
        -- Throttled: come back later, not counted as an attempt. fetch_before is the end of it.
        wait_s := greatest(ceil((error ->> 'retry_after_ms')::numeric / 1000)::integer, 1);
        update public.media as x
        set claim = null, attempts = x.attempts - 1, error = retry_media.error, due_at = clock_timestamp() + make_interval(secs => wait_s)
        where x.id = m.id;
        perform pgmq.set_vt('default', m.task_id, wait_s);
        return jsonb_build_object('outcome', 'retry', 'retry_in_ms', wait_s * 1000);
    end if;
    wait_s := case when retryable then private.retry_delay_s(m.attempts) end;
    if wait_s is not null then
        update public.media as x
        set claim = null, error = retry_media.error, due_at = clock_timestamp() + make_interval(secs => wait_s)
        where x.id = m.id;
        perform pgmq.set_vt('default', m.task_id, wait_s);
        return jsonb_build_object('outcome', 'retry', 'retry_in_ms', wait_s * 1000);
    end if;
    perform private.bury('default', 'media', m.id, m.client_id, null, retry_media.error, m.attempts);
    perform private.end_media(m.id, 'failed', retry_media.error);
    return jsonb_build_object('outcome', 'dead', 'retry_in_ms', null);
end
$$;
comment on function private.retry_media(uuid, jsonb, boolean) is
'After a failed attempt at a file: again after 1, 5, 25 seconds, or, when that was the last one or the error is permanent, failed and a dead letter. An error with retry_after_ms was throttling: it postpones and does not count.';
