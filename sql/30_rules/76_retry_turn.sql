create or replace function private.retry_turn(thread_id uuid, error jsonb, retryable boolean, status public.turn_status) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    t private.threads;
    wait_s integer;
begin
    select * into strict t from private.threads as x where x.id = retry_turn.thread_id;
    if t.lease is not null then
        insert into public.turns (id, client_id, thread_id, interview_id, status, from_seq, to_seq, attempt, reruns, error, started_at)
        values (t.lease, t.client_id, t.id, t.interview_id, retry_turn.status, t.handled_seq, t.lease_seq, t.attempts, t.reruns, retry_turn.error, t.lease_began_at)
        on conflict (id) do nothing;
    end if;
    wait_s := case when retryable then private.retry_delay_s(t.attempts) end;
    if wait_s is not null then
        update private.threads as x
        set lease = null, lease_until = null, due_at = clock_timestamp() + make_interval(secs => wait_s)
        where x.id = t.id;
        perform pgmq.set_vt('high_priority', t.task_id, wait_s);
        return jsonb_build_object('outcome', 'retry', 'retry_in_ms', wait_s * 1000);
    end if;
    -- The input stays unhandled: the lead's next message, or a replay, has it answered after all.
    perform private.bury('high_priority', 'agent_turn', t.id, t.client_id, t.task_id, retry_turn.error, t.attempts);
    update private.threads as x
    set lease = null, lease_until = null, task_id = null, due_at = null, attempts = 0
    where x.id = t.id;
    return jsonb_build_object('outcome', 'dead', 'retry_in_ms', null);
end
$$;
comment on function private.retry_turn(uuid, jsonb, boolean, public.turn_status) is
'After a failed turn: again after 1, 5, 25 seconds, or, when that was the last attempt or the error is permanent, a dead letter. The attempt is kept in turns.';
