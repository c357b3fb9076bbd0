create or replace function private.retry_turn(thread_id uuid, error jsonb, retryable boolean, status public.turn_status) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    t private.threads;
    again record;
begin
    select * into strict t from private.threads as x where x.id = retry_turn.thread_id;
    select * into again from private.retry_wait(retry_turn.error, retry_turn.retryable, t.attempts);
    -- Who is throttled for a day is not answered any more: the time in which a reply may be sent is over.
    if not again.counted and t.waiting_since < now() - interval '24 hours' then
        again.wait := null;
    end if;
    if t.lease is not null and (again.counted or again.wait is null) then
        -- A crash is noticed late: what it held ended when its lease lapsed.
        insert into public.turns (id, client_id, thread_id, interview_id, conversation_id, status, from_seq, to_seq, attempt, reruns, error, started_at, finished_at)
        values (
            t.lease, t.client_id, t.id, t.interview_id, t.conversation_id, retry_turn.status, t.handled_seq, t.lease_seq, t.attempts, t.reruns, retry_turn.error,
            t.lease_began_at, case retry_turn.status when 'crashed' then t.lease_until else clock_timestamp() end
        )
        on conflict (id) do nothing;
    end if;
    if again.wait is not null then
        update private.threads as x
        set lease = null, lease_until = null, due_at = clock_timestamp() + again.wait, attempts = case when again.counted then x.attempts else x.attempts - 1 end
        where x.id = t.id;
        perform pgmq.set_vt('high_priority', t.task_id, ceil(extract(epoch from again.wait))::integer);
        return jsonb_build_object('outcome', 'retry', 'retry_in_ms', ceil(extract(epoch from again.wait) * 1000)::integer);
    end if;
    -- The input stays unhandled: the lead's next message, or a replay, has it answered after all.
    perform private.bury('high_priority', 'agent_turn', t.id, t.client_id, t.task_id, retry_turn.error, t.attempts);
    update private.threads as x
    set lease = null, lease_until = null, task_id = null, due_at = null, attempts = 0, waiting_since = null, not_before = null
    where x.id = t.id;
    return jsonb_build_object('outcome', 'dead', 'retry_in_ms', null);
end
$$;
comment on function private.retry_turn(uuid, jsonb, boolean, public.turn_status) is
'After a failed turn: again after 1, 5, 25 seconds (throttled: when error.retry_after_ms says, uncounted, for a day at most), or, when that was the last attempt or the error is permanent, a dead letter. The attempt is kept in turns.';
