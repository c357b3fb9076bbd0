create or replace function private.begin_delivery(delivery_id uuid, queue text, msg_id bigint, visibility_s integer) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    d public.deliveries;
    gate record;
begin
    select * into d from public.deliveries as x where x.id = begin_delivery.delivery_id for no key update skip locked;
    if not found then
        -- Locked by whoever is finishing it, or deleted: look again in a second.
        if exists (select from public.deliveries as x where x.id = begin_delivery.delivery_id) then
            perform pgmq.set_vt(begin_delivery.queue, begin_delivery.msg_id, 1);
        else
            perform pgmq.delete(begin_delivery.queue, begin_delivery.msg_id);
        end if;
        return null;
    end if;
    if d.task_id is distinct from begin_delivery.msg_id or d.status not in ('queued', 'deferred', 'sending', 'unknown') then
        perform pgmq.delete(begin_delivery.queue, begin_delivery.msg_id);
        if d.task_id = begin_delivery.msg_id then
            update public.deliveries as x set task_id = null where x.id = d.id;
        end if;
        return null;
    end if;
    if d.due_at > private.now() + interval '500 milliseconds' then
        -- Claimed by another instance, or put off.
        perform pgmq.set_vt(begin_delivery.queue, begin_delivery.msg_id, ceil(extract(epoch from d.due_at - private.now()))::integer);
        return null;
    end if;
    if d.status = 'sending' then
        -- Its instance died between the claim and the result. The message may have left: wait for the provider's word.
        perform private.await_word(d.id, '{"code": "no_result", "message": "the attempt came back with no result"}');
        return null;
    end if;
    if d.status = 'unknown' and private.word_may_come(d) then
        perform private.await_word(d.id, d.error);
        return null;
    end if;
    if d.status = 'unknown' and not private.may_repeat(d) then
        perform private.retry_delivery(d.id, coalesce(d.error, '{}') || '{"code": "unknown", "message": "nobody could say whether it was delivered"}', false);
        return null;
    end if;
    if d.status = 'unknown' then
        update public.deliveries as x set repeats = x.repeats + 1 where x.id = d.id;
    end if;
    if d.attempts >= private.setting_int('max_attempts') then
        perform private.retry_delivery(d.id, coalesce(d.error, '{"code": "no_result", "message": "no attempt came back with a result"}'), false);
        return null;
    end if;
    d.initiated := private.is_initiated(d);
    select * into gate from private.gate(d);
    if gate.verdict = 'cancel' then
        update public.deliveries as x set status = 'cancelled', reason = gate.reason where x.id = d.id;
        perform private.end_delivery(d.id);
        return null;
    end if;
    if gate.verdict = 'wait' then
        perform private.hold_delivery(d.id, gate.until, gate.reason);
        return null;
    end if;
    perform pgmq.set_vt(begin_delivery.queue, begin_delivery.msg_id, begin_delivery.visibility_s);
    return private.grant_delivery(d.id, begin_delivery.visibility_s);
end
$$;
comment on function private.begin_delivery(uuid, text, bigint, integer) is
'Claims the delivery of a task just read, and returns its task; null where it is done, busy, put off, exhausted or not allowed any more. Waits for no row. The caller holds its account''s pace.';
