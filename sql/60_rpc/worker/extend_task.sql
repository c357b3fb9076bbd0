create or replace function worker.extend_task(task text, id uuid, claim uuid, visibility_s integer) returns boolean
language plpgsql security definer set search_path = ''
as $$
declare
    until timestamptz := clock_timestamp() + make_interval(secs => extend_task.visibility_s);
    msg_id bigint;
    q text;
begin
    case extend_task.task
        when 'agent_turn' then
            update private.threads as t set lease_until = until, due_at = until
            where t.id = extend_task.id and t.lease = extend_task.claim
            returning t.task_id, 'high_priority' into msg_id, q;
        when 'delivery' then
            update public.deliveries as d set due_at = private.now() + make_interval(secs => extend_task.visibility_s)
            where d.id = extend_task.id and d.claim = extend_task.claim and d.status = 'sending'
            returning d.task_id, d.queue into msg_id, q;
        when 'report' then
            update public.reports as r set due_at = until
            where r.id = extend_task.id and r.claim = extend_task.claim
            returning r.task_id, 'low_priority' into msg_id, q;
        when 'media' then
            update public.media as m set due_at = until
            where m.id = extend_task.id and m.claim = extend_task.claim
            returning m.task_id, 'default' into msg_id, q;
        else
            raise exception 'there is no task named %', extend_task.task using errcode = 'PT400';
    end case;
    if msg_id is null then
        return false;
    end if;
    perform pgmq.set_vt(q, msg_id, extend_task.visibility_s);
    return true;
end
$$;
comment on function worker.extend_task(text, uuid, uuid, integer) is 'Keeps a claim for longer. false: it was lost, stop.';
