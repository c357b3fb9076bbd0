create or replace function private.retry_delivery(delivery_id uuid, error jsonb, retryable boolean) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    d public.deliveries;
    again record;
begin
    select * into strict d from public.deliveries as x where x.id = retry_delivery.delivery_id;
    select * into again from private.retry_wait(retry_delivery.error, retry_delivery.retryable, d.attempts);
    if again.wait is not null then
        update public.deliveries as x
        set status = 'queued', claim = null, error = retry_delivery.error, due_at = private.now() + again.wait,
            attempts = case when again.counted then x.attempts else x.attempts - 1 end
        where x.id = d.id;
        perform pgmq.set_vt(d.queue, d.task_id, ceil(extract(epoch from again.wait))::integer);
        return jsonb_build_object('outcome', 'retry', 'retry_in_ms', ceil(extract(epoch from again.wait) * 1000)::integer);
    end if;
    perform private.bury(d.queue, 'delivery', d.id, d.client_id, d.task_id, retry_delivery.error, d.attempts);
    update public.deliveries as x
    set status = 'failed', claim = null, error = retry_delivery.error, task_id = null, reason = retry_delivery.error ->> 'message'
    where x.id = d.id;
    return jsonb_build_object('outcome', 'dead', 'retry_in_ms', null);
end
$$;
comment on function private.retry_delivery(uuid, jsonb, boolean) is
'After a failed attempt at a delivery: again after 1, 5, 25 seconds (throttled: when error.retry_after_ms says, uncounted), or, when that was the last one or the error is permanent, failed and a dead letter.';
