create or replace function private.begin_deliveries(tasks jsonb, visibility_s integer) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    task record;
    d public.deliveries;
    gate record;
    granted jsonb := '[]';
begin
    perform private.lock_paces(array(
        select x.channel_account_id from public.deliveries as x where x.id in (select (j ->> 'id')::uuid from jsonb_array_elements(tasks) as j)
    ));
    for task in
        select (x ->> 'id')::uuid as id, (x ->> 'msg_id')::bigint as msg_id, x ->> 'queue' as queue
        from jsonb_array_elements(tasks) as x
        order by 1
    loop
        select * into d from public.deliveries as x where x.id = task.id for no key update skip locked;
        if not found then
            -- Locked by whoever is finishing it, or deleted: look again in a second.
            if exists (select from public.deliveries as x where x.id = task.id) then
                perform pgmq.set_vt(task.queue, task.msg_id, 1);
            else
                perform pgmq.delete(task.queue, task.msg_id);
            end if;
            continue;
        end if;
        if d.task_id is distinct from task.msg_id or d.status not in ('queued', 'deferred', 'sending', 'unknown') then
            perform pgmq.delete(task.queue, task.msg_id);
            if d.task_id = task.msg_id then
                update public.deliveries as x set task_id = null where x.id = d.id;
            end if;
            continue;
        end if;
        if d.due_at > private.now() + interval '500 milliseconds' then
            -- Claimed by another instance, or put off.
            perform pgmq.set_vt(task.queue, task.msg_id, ceil(extract(epoch from d.due_at - private.now()))::integer);
            continue;
        end if;
        if d.status = 'sending' then
            -- Its instance died between the claim and the result. The message may have left: wait for the provider's word.
            perform private.await_word(d.id, '{"code": "no_result", "message": "the attempt came back with no result"}');
            continue;
        end if;
        if d.status = 'unknown' and private.word_may_come(d) then
            perform private.await_word(d.id, d.error);
            continue;
        end if;
        if d.status = 'unknown' and not private.may_repeat(d) then
            perform private.retry_delivery(d.id, coalesce(d.error, '{}') || '{"code": "unknown", "message": "nobody could say whether it was delivered"}', false);
            continue;
        end if;
        if d.status = 'unknown' then
            update public.deliveries as x set repeats = x.repeats + 1 where x.id = d.id;
        end if;
        if d.attempts >= private.setting_int('max_attempts') then
            perform private.retry_delivery(d.id, coalesce(d.error, '{"code": "no_result", "message": "no attempt came back with a result"}'), false);
            continue;
        end if;
        d.initiated := private.is_initiated(d);
        select * into gate from private.gate(d);
        if gate.verdict = 'cancel' then
            update public.deliveries as x set status = 'cancelled', reason = gate.reason where x.id = d.id;
            perform private.end_delivery(d.id);
            continue;
        end if;
        if gate.verdict = 'wait' then
            perform private.hold_delivery(d.id, gate.until, gate.reason);
            continue;
        end if;
        perform pgmq.set_vt(task.queue, task.msg_id, visibility_s);
        granted := granted || private.grant_delivery(d.id, visibility_s);
    end loop;
    return granted;
end
$$;
comment on function private.begin_deliveries(jsonb, integer) is
'Claims the deliveries of tasks just read: sorts out what is done, busy, not allowed any more or exhausted, and returns the rest as tasks. Waits for no lock but an account''s pace.';
