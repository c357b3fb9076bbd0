create or replace function private.turn_task(thread private.threads, wait_ms integer) returns jsonb
language sql stable security definer set search_path = ''
as $$
    select jsonb_build_object(
        'task', 'agent_turn', 'queue', 'high_priority', 'msg_id', thread.task_id, 'id', thread.id, 'client_id', thread.client_id,
        'attempt', thread.attempts, 'claim', thread.lease, 'wait_ms', turn_task.wait_ms,
        'work', case
            when turn_task.wait_ms > 0 then null
            when thread.interview_id is not null then private.turn_work(thread.id)
            else private.conversation_work(thread.id)
        end
    );
$$;
comment on function private.turn_task(private.threads, integer) is 'A thread''s turn as the functions get it; without work while its debounce still runs (wait_ms > 0).';
