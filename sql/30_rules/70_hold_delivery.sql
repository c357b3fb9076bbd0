create or replace function private.hold_delivery(delivery_id uuid, until timestamptz, reason text) returns void
language plpgsql security definer set search_path = ''
as $$
declare
    d public.deliveries;
    wait double precision := greatest(extract(epoch from hold_delivery.until - private.now()), 0);
    -- pgmq counts in whole seconds.
    hidden integer := case when wait < 1 then 0 else ceil(wait) end;
begin
    select * into strict d from public.deliveries as x where x.id = hold_delivery.delivery_id;
    if wait < 50 then
        -- Not worth leaving the queue for: whoever drains it knows when to come back.
        update public.deliveries as x
        set status = 'queued', due_at = hold_delivery.until, reason = hold_delivery.reason, claim = null,
            task_id = coalesce(x.task_id, (
                select s.id from pgmq.send(x.queue, private.task_message('delivery', x.id, x.client_id, x.attempts + 1), hidden) as s (id)
            ))
        where x.id = d.id;
        if d.task_id is not null then
            perform pgmq.set_vt(d.queue, d.task_id, hidden);
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
'Lets a delivery wait: for less than a minute in its queue, for longer as deferred, out of the queue, until admission takes it again. The caller holds its row''s lock.';
