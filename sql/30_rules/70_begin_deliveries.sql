create or replace function private.begin_deliveries(tasks jsonb, visibility_s integer) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    task record;
    d public.deliveries;
    refusal text;
    paused boolean;
    granted jsonb := '[]';
begin
    for task in
        select (x ->> 'id')::uuid as id, (x ->> 'msg_id')::bigint as msg_id, x ->> 'queue' as queue
        from jsonb_array_elements(tasks) as x
        order by 1
    loop
        select * into d from public.deliveries as x where x.id = task.id for update skip locked;
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
        if d.due_at > clock_timestamp() + interval '500 milliseconds' then
            -- Claimed by another instance, or put off.
            perform pgmq.set_vt(task.queue, task.msg_id, ceil(extract(epoch from d.due_at - clock_timestamp()))::integer);
            continue;
        end if;
        if d.status = 'sending' then
            -- Its instance died between the claim and the result. The message may have left: wait for the provider's word.
            update public.deliveries as x
            set status = 'unknown', due_at = clock_timestamp() + make_interval(secs => private.setting_int('unknown_grace_s'))
            where x.id = d.id;
            perform pgmq.set_vt(task.queue, task.msg_id, private.setting_int('unknown_grace_s'));
            continue;
        end if;
        if d.attempts >= private.setting_int('max_attempts') then
            perform private.retry_delivery(d.id, coalesce(d.error, '{"code": "no_result", "message": "no attempt came back with a result"}'), false);
            continue;
        end if;
        select
            coalesce(
                -- Only WhatsApp has a window that free text must keep to.
                private.delivery_refusal(d.kind, case d.channel when 'whatsapp' then d.content else '{}' end, l, t.last_inbound_at),
                case when d.kind in ('invitation', 'reminder') and i.end_reason is not null then 'the interview has ended' end
            ),
            d.kind in ('invitation', 'reminder') and p.status <> 'active'
        into refusal, paused
        from public.leads as l
        left join private.threads as t on t.id = d.thread_id
        left join public.interviews as i on i.id = d.interview_id
        left join public.projects as p on p.id = i.project_id
        where l.id = d.lead_id;
        if refusal is null and paused then
            update public.deliveries as x
            set status = 'deferred', reason = 'the project is paused', task_id = null, due_at = clock_timestamp() + interval '1 minute'
            where x.id = d.id;
            perform pgmq.delete(task.queue, task.msg_id);
            continue;
        end if;
        if refusal is not null then
            update public.deliveries as x set status = 'cancelled', reason = refusal where x.id = d.id;
            perform private.end_delivery(d.id);
            continue;
        end if;
        perform pgmq.set_vt(task.queue, task.msg_id, visibility_s);
        granted := granted || private.grant_delivery(d.id, visibility_s);
    end loop;
    return granted;
end
$$;
comment on function private.begin_deliveries(jsonb, integer) is
'Claims the deliveries of tasks just read: sorts out what is done, busy, not allowed any more or exhausted, and returns the rest as tasks. Never waits for a lock.';
