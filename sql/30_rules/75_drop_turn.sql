create or replace function private.drop_turn(thread_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
begin
    perform pgmq.delete('high_priority', t.task_id) from private.threads as t where t.id = drop_turn.thread_id and t.task_id is not null;
    update private.threads as t
    set handled_seq = t.inbound_seq, task_id = null, lease = null, lease_until = null, lease_seq = null, due_at = null,
        not_before = null, waiting_since = null, attempts = 0, reruns = 0, held = false
    where t.id = drop_turn.thread_id;
end
$$;
comment on function private.drop_turn(uuid) is 'Ends what a thread had waiting without an answer: nobody is to answer any more, a person has taken over, or the lead is blocked.';
