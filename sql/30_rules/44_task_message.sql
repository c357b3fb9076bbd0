create or replace function private.task_message(task text, id uuid, client_id uuid, attempt integer) returns jsonb
language sql immutable set search_path = ''
as $$
    select jsonb_build_object('task', task_message.task, 'id', task_message.id, 'client_id', task_message.client_id, 'attempt', task_message.attempt);
$$;
comment on function private.task_message(text, uuid, uuid, integer) is 'A task as pgmq carries it: the name of the work, never its content.';
