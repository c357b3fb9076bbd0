create or replace function private.queue_turn(thread_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
begin
    update private.threads as t
    set task_id = (select s.id from pgmq.send('high_priority', private.task_message('agent_turn', t.id, t.client_id, 1), 0) as s (id)),
        attempts = 0, due_at = coalesce(t.not_before, clock_timestamp())
    where t.id = queue_turn.thread_id and t.task_id is null and t.inbound_seq > t.handled_seq;
end
$$;
comment on function private.queue_turn(uuid) is 'Queues a turn of a thread that has unhandled input, unless one is queued. Idempotent.';
