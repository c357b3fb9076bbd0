create or replace function private.leave_failed_queue() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    perform pgmq.delete('failed_tasks', old.msg_id);
    new.msg_id := null;
    return new;
end
$$;
comment on function private.leave_failed_queue() is 'Trigger: a dead letter that is replayed or resolved is taken from the queue failed_tasks, so that the queue holds what somebody must look at.';

create or replace trigger _500_leave_failed_queue before update of status on public.failed_tasks
for each row when (old.status = 'dead' and new.status <> 'dead' and old.msg_id is not null) execute function private.leave_failed_queue();
