create or replace function private.begin_turns(tasks jsonb, visibility_s integer) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    task record;
    t private.threads;
    agent public.renus_config;
    right_now timestamptz;
    granted jsonb := '[]';
begin
    for task in
        select (x ->> 'id')::uuid as id, (x ->> 'msg_id')::bigint as msg_id
        from jsonb_array_elements(tasks) as x
        order by 1
    loop
        -- Never waits: claim-then-wait here against lock-then-delete in a commit would deadlock.
        select * into t from private.threads as x where x.id = task.id for no key update skip locked;
        if not found then
            -- Locked this very moment, mostly by the record of the reply before: the caller keeps the task and asks again at once.
            select * into t from private.threads as x where x.id = task.id;
            if not found then
                perform pgmq.delete('high_priority', task.msg_id);
            elsif t.task_id = task.msg_id then
                granted := granted || private.turn_task(t, 15);
            end if;
            continue;
        end if;
        -- Read under the lock: a lease must not seem to begin before the one before it ended.
        right_now := clock_timestamp();
        if t.task_id is distinct from task.msg_id then
            perform pgmq.delete('high_priority', task.msg_id);
            continue;
        end if;
        if t.inbound_seq <= t.handled_seq or not private.is_answered(t)
            or exists (select from public.leads as l where l.id = t.lead_id and l.status = 'blocked') then
            perform private.drop_turn(t.id);
            continue;
        end if;
        if t.lease_until > right_now then
            perform pgmq.set_vt('high_priority', task.msg_id, ceil(extract(epoch from t.lease_until - right_now))::integer);
            continue;
        end if;
        if t.lease is not null then
            -- Its instance died. That was an attempt.
            perform private.retry_turn(t.id, '{"code": "no_result", "message": "the attempt came back with no result"}', true, 'crashed');
            continue;
        end if;
        if private.budget_verdict(t.client_id, private.project_of(t)) = 'pause' then
            perform private.hold_turn(t.id);
            continue;
        end if;
        perform pgmq.set_vt('high_priority', task.msg_id, visibility_s);
        if t.not_before > right_now then
            -- The caller holds it: nobody else is to look before the task shows again.
            update private.threads as x set due_at = right_now + make_interval(secs => visibility_s) where x.id = t.id;
            granted := granted || private.turn_task(t, ceil(extract(epoch from t.not_before - right_now) * 1000)::integer);
            continue;
        end if;
        agent := private.agent_of(t);
        update private.threads as x
        set lease = gen_random_uuid(), lease_until = right_now + make_interval(secs => visibility_s), lease_seq = x.inbound_seq, lease_began_at = right_now,
            due_at = right_now + make_interval(secs => visibility_s), attempts = x.attempts + 1, reruns = 0, held = false,
            agent_id = agent.id, agent_version = agent.version
        where x.id = t.id
        returning * into t;
        granted := granted || private.turn_task(t, 0);
    end loop;
    -- What is begun makes room for what waits.
    perform private.admit_turns(c.client_id) from (select distinct (x ->> 'client_id')::uuid as client_id from jsonb_array_elements(granted) as x) as c;
    return granted;
end
$$;
comment on function private.begin_turns(jsonb, integer) is
'Leases the threads of tasks just read: one live lease per thread, fencing token = claim. Sorts out what is done or busy, counts a lease that lapsed as a failed attempt, holds what a used-up budget pauses, says how long a debounce still runs, and admits further turns of the same clients. Never waits for a lock.';
