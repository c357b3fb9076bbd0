create or replace function public.request_report(project_id uuid) returns public.reports
language plpgsql security definer set search_path = ''
as $$
declare
    queued_id uuid;
    report public.reports;
begin
    if not exists (select from public.projects as p where p.id = request_report.project_id and p.client_id in (select private.visible_client_ids())) then
        raise exception 'there is no such project' using errcode = 'PT404';
    end if;
    queued_id := private.queue_report(request_report.project_id, null, true);
    select r.* into report from public.reports as r where r.id = queued_id;
    perform private.ring('report');
    return report;
end
$$;
comment on function public.request_report(uuid) is 'Has a project''s report written now. Returns its row; read it again until status is ready and stale is false.';
