create or replace function private.hold_turn(thread_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
begin
    perform pgmq.delete('high_priority', t.task_id) from private.threads as t where t.id = hold_turn.thread_id and t.task_id is not null;
    update private.threads as t
    set held = true, task_id = null, due_at = null, not_before = null, waiting_since = null, attempts = 0
    where t.id = hold_turn.thread_id;
end
$$;
comment on function private.hold_turn(uuid) is
'Takes a thread''s turn out of the queue because a budget is used up. What the lead wrote stays unhandled: private.release_threads queues it. The caller holds the thread''s lock, and nobody its lease.';
