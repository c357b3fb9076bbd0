create or replace function private.retry_media(media_id uuid, error jsonb, retryable boolean) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    m public.media;
    again record;
begin
    select * into strict m from public.media as x where x.id = retry_media.media_id;
    select * into again from private.retry_wait(retry_media.error, retry_media.retryable, m.attempts);
    if again.wait is not null then
        update public.media as x
        set claim = null, error = retry_media.error, due_at = clock_timestamp() + again.wait,
            attempts = case when again.counted then x.attempts else x.attempts - 1 end
        where x.id = m.id;
        perform pgmq.set_vt('default', m.task_id, ceil(extract(epoch from again.wait))::integer);
        return jsonb_build_object('outcome', 'retry', 'retry_in_ms', ceil(extract(epoch from again.wait) * 1000)::integer);
    end if;
    perform private.bury('default', 'media', m.id, m.client_id, null, retry_media.error, m.attempts);
    perform private.end_media(m.id, 'failed', retry_media.error);
    return jsonb_build_object('outcome', 'dead', 'retry_in_ms', null);
end
$$;
comment on function private.retry_media(uuid, jsonb, boolean) is
'After a failed attempt at a file: again after 1, 5, 25 seconds (throttled: when error.retry_after_ms says, uncounted; fetch_before ends it), or, when that was the last one or the error is permanent, failed and a dead letter.';
