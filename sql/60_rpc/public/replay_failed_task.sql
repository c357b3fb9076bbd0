create or replace function public.replay_failed_task(failed_task_id uuid) returns public.failed_tasks
language plpgsql security definer set search_path = ''
as $$
declare
    f public.failed_tasks;
begin
    select x.* into f
    from public.failed_tasks as x
    where x.id = replay_failed_task.failed_task_id and x.client_id in (select private.visible_client_ids());
    if not found then
        raise exception 'there is no such failed task' using errcode = 'PT404';
    end if;
    -- Lock order: the thread before its deliveries, the dead letter last.
    if f.task = 'agent_turn' then
        perform private.lock_threads(array[f.task_row_id]);
    elsif f.task = 'delivery' then
        perform from private.threads as t where t.id = (select d.thread_id from public.deliveries as d where d.id = f.task_row_id) for no key update;
    elsif f.task = 'report' then
        perform from public.reports as r where r.id = f.task_row_id for update;
    elsif f.task = 'media' then
        perform from public.media as m where m.id = f.task_row_id for update;
    end if;
    select x.* into f from public.failed_tasks as x where x.id = f.id for update;
    if f.status <> 'dead' then
        return f;
    end if;
    case f.task
        when 'agent_turn' then
            perform private.queue_turn(f.task_row_id);
        when 'delivery' then
            update public.deliveries as d
            -- It gets a message id of its own: where the provider tells no more than that, its statuses would find nothing by the old one.
            set status = 'queued', attempts = 0, repeats = 0, throttles = 0, due_at = private.now(), reason = null, provider_message_id = null
            where d.id = f.task_row_id and d.status = 'failed';
            perform private.admit_deliveries(f.client_id, d.queue) from public.deliveries as d where d.id = f.task_row_id;
        when 'media' then
            update public.media as m
            set status = 'waiting', attempts = 0, due_at = now()
            where m.id = f.task_row_id and m.status = 'failed';
            perform private.admit_media(f.client_id);
        when 'report' then
            perform private.queue_report(r.project_id, r.interview_id, true) from public.reports as r where r.id = f.task_row_id;
    end case;
    update public.failed_tasks as x
    set replayed_at = now(), status = case
            -- Its interview is over, or what it failed to answer was answered since: there is nothing to put back.
            when x.task = 'agent_turn' and not exists (select from private.threads as t where t.id = x.task_row_id and t.due_at is not null) then 'resolved'
            else 'replayed'
        end::public.failed_task_status
    where x.id = f.id
    returning x.* into f;
    perform private.ring(private.function_of(f.queue));
    return f;
end
$$;
comment on function public.replay_failed_task(uuid) is
'Puts a dead letter''s work back in its place, with all its attempts. A lead''s later messages are not overtaken: a turn always takes everything unhandled. Idempotent.';
