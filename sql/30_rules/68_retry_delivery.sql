create or replace function private.retry_delivery(delivery_id uuid, error jsonb, retryable boolean) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    d public.deliveries;
    wait_s integer;
begin
    select * into strict d from public.deliveries as x where x.id = retry_delivery.delivery_id;
    wait_s := case when retryable then private.retry_delay_s(d.attempts) end;
    if wait_s is not null then
        update public.deliveries as x
        set status = 'queued', claim = null, error = retry_delivery.error, due_at = clock_timestamp() + make_interval(secs => wait_s)
        where x.id = d.id;
        perform pgmq.set_vt(d.queue, d.task_id, wait_s);
        return jsonb_build_object('outcome', 'retry', 'retry_in_ms', wait_s * 1000);
    end if;
    perform private.bury(d.queue, 'delivery', d.id, d.client_id, d.task_id, retry_delivery.error, d.attempts);
    update public.deliveries as x
    set status = 'failed', claim = null, error = retry_delivery.error, task_id = null, reason = retry_delivery.error ->> 'message'
    where x.id = d.id;
    return jsonb_build_object('outcome', 'dead', 'retry_in_ms', null);
end
$$;
comment on function private.retry_delivery(uuid, jsonb, boolean) is
'After a failed attempt at a delivery: again after 1, 5, 25 seconds, or, when that was the last one or the error is permanent, failed and a dead letter.';
