create or replace function private.hold_delivery(delivery_id uuid, until timestamptz, reason text) returns void
language plpgsql security definer set search_path = ''
as $$
declare
    d public.deliveries;
    wait double precision := greatest(extract(epoch from hold_delivery.until - private.now()), 0);
begin
    select * into strict d from public.deliveries as x where x.id = hold_delivery.delivery_id;
    if wait <= 2 then
        -- Not worth leaving the queue for.
        update public.deliveries as x
        set status = 'queued', due_at = hold_delivery.until, reason = hold_delivery.reason, claim = null,
            task_id = coalesce(x.task_id, (
                select s.id from pgmq.send(x.queue, private.task_message('delivery', x.id, x.client_id, x.attempts + 1), floor(wait)::integer) as s (id)
            ))
        where x.id = d.id;
        if d.task_id is not null then
            perform pgmq.set_vt(d.queue, d.task_id, floor(wait)::integer);
        end if;
        return;
    end if;
    update public.deliveries as x
    set status = 'deferred', due_at = hold_delivery.until, reason = hold_delivery.reason, claim = null, task_id = null
    where x.id = d.id;
    if d.task_id is not null then
        perform pgmq.delete(d.queue, d.task_id);
    end if;
end
$$;
comment on function private.hold_delivery(uuid, timestamptz, text) is
'Lets a delivery wait: for up to two seconds in its queue, for longer as deferred, out of the queue, until admission takes it again. The caller holds its row''s lock.';
