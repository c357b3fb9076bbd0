create or replace function private.begin_reports(tasks jsonb, visibility_s integer) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    task record;
    r public.reports;
    figures jsonb;
    granted jsonb := '[]';
begin
    for task in
        select (x ->> 'id')::uuid as id, (x ->> 'msg_id')::bigint as msg_id, x ->> 'queue' as queue
        from jsonb_array_elements(tasks) as x
        order by 1
    loop
        select * into r from public.reports as x where x.id = task.id for update skip locked;
        if not found then
            if exists (select from public.reports as x where x.id = task.id) then
                perform pgmq.set_vt(task.queue, task.msg_id, 1);
            else
                perform pgmq.delete(task.queue, task.msg_id);
            end if;
            continue;
        end if;
        if r.task_id is distinct from task.msg_id then
            perform pgmq.delete(task.queue, task.msg_id);
            continue;
        end if;
        if r.due_at > clock_timestamp() + interval '500 milliseconds' then
            perform pgmq.set_vt(task.queue, task.msg_id, ceil(extract(epoch from r.due_at - clock_timestamp()))::integer);
            continue;
        end if;
        if r.status = 'writing' then
            -- Its instance died. That was an attempt.
            perform private.retry_report(r.id, '{"code": "no_result", "message": "the attempt came back with no result"}', true);
            continue;
        end if;
        perform pgmq.set_vt(task.queue, task.msg_id, visibility_s);
        begin
            figures := case r.kind when 'project' then private.project_statistics(r.project_id) else private.interview_statistics(r.interview_id) end;
        exception
            when deadlock_detected or lock_not_available or query_canceled then
                raise;
            when others then
                -- Every claim comes by here: one project's figures must not stop the others' reports.
                update public.reports as x set attempts = x.attempts + 1 where x.id = r.id;
                perform private.retry_report(r.id, jsonb_build_object('code', sqlstate, 'message', sqlerrm), true);
                continue;
        end;
        -- What changes from here on makes it stale again.
        update public.reports as x
        set status = 'writing', stale = false, statistics = figures, claim = gen_random_uuid(), attempts = x.attempts + 1,
            due_at = clock_timestamp() + make_interval(secs => visibility_s)
        where x.id = r.id
        returning * into r;
        granted := granted || (
            select jsonb_build_object(
                'task', 'report', 'queue', task.queue, 'msg_id', r.task_id, 'id', r.id, 'client_id', r.client_id, 'attempt', r.attempts, 'claim', r.claim, 'wait_ms', 0,
                'work', jsonb_build_object(
                    'report_id', r.id, 'kind', r.kind, 'company_name', c.company_name,
                    'project', jsonb_build_object('name', p.name, 'type', p.type, 'goal', p.config ->> 'goal'),
                    'statistics', figures
                -- The figures are worth having at once: where a budget pauses the dialogues, its reports are written offline.
                ) || private.models_of(g.config, case when private.budget_verdict(r.client_id, r.project_id) <> 'go' then 'degrade' end)
            )
            from public.projects as p
            join public.clients as c on c.id = p.client_id
            left join public.renus_config as g on g.id = p.renus_config_id
            where p.id = r.project_id
        );
    end loop;
    return granted;
end
$$;
comment on function private.begin_reports(jsonb, integer) is 'Claims the reports of tasks just read and computes their figures. Never waits for a lock.';
