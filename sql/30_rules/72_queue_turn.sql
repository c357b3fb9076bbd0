create or replace function private.queue_turn(thread_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
begin
    update private.threads as t
    set due_at = greatest(t.not_before, clock_timestamp()), attempts = 0
    where t.id = queue_turn.thread_id and t.task_id is null and t.inbound_seq > t.handled_seq;
    perform private.admit_turns(t.client_id) from private.threads as t where t.id = queue_turn.thread_id;
end
$$;
comment on function private.queue_turn(uuid) is 'Has a turn of a thread that has unhandled input wait for admission, unless one is queued. Idempotent.';
