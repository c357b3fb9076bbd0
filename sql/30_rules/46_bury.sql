create or replace function private.bury(queue text, task text, task_row_id uuid, client_id uuid, msg_id bigint, error jsonb, attempts integer) returns uuid
language plpgsql security definer set search_path = ''
as $$
declare
    failed_id uuid := gen_random_uuid();
begin
    insert into public.failed_tasks (id, client_id, queue, task, task_row_id, payload, error, attempts, msg_id)
    values (
        failed_id, bury.client_id, bury.queue, bury.task, bury.task_row_id,
        private.task_message(bury.task, bury.task_row_id, bury.client_id, bury.attempts), bury.error, bury.attempts,
        (select s.id from pgmq.send('failed_tasks', jsonb_build_object('id', failed_id, 'client_id', bury.client_id), 0) as s (id))
    );
    if bury.msg_id is not null then
        perform pgmq.delete(bury.queue, bury.msg_id);
    end if;
    return failed_id;
end
$$;
comment on function private.bury(text, text, uuid, uuid, bigint, jsonb, integer) is
'Ends a task for good: a row in failed_tasks, its id on the queue of that name, the task gone from its own queue.';
