create or replace function private.queue_report(project_id uuid, interview_id uuid, right_now boolean) returns uuid
language plpgsql security definer set search_path = ''
as $$
declare
    report public.reports;
begin
    insert into public.reports as r (client_id, kind, project_id, interview_id)
    select p.client_id, case when queue_report.interview_id is null then 'project' else 'interview' end::public.report_kind, p.id, queue_report.interview_id
    from public.projects as p
    where p.id = queue_report.project_id
    on conflict on constraint one_report_per_interview_and_one_per_project do update
    set stale = true, error = null, attempts = case when r.task_id is null then 0 else r.attempts end,
        status = case when r.status = 'failed' then 'queued' else r.status end,
        due_at = case
            when r.task_id is not null then r.due_at
            when right_now or r.generated_at is null or r.interview_id is not null then now()
            else greatest(now(), r.generated_at + make_interval(secs => private.setting_int('project_report_every_s')))
        end
    returning r.* into report;
    perform private.admit_reports(report.client_id);
    return report.id;
end
$$;
comment on function private.queue_report(uuid, uuid, boolean) is
'Makes the report of a project (interview_id null) or interview stale and queues it; a project''s at most once in project_report_every_s, unless right_now. Returns its id. Idempotent. Locks the report''s row.';
