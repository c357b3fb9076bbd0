create or replace function private.retry_report(report_id uuid, error jsonb, retryable boolean) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    r public.reports;
    wait_s integer;
begin
    select * into strict r from public.reports as x where x.id = retry_report.report_id;
    wait_s := case when retryable then private.retry_delay_s(r.attempts) end;
    if wait_s is not null then
        update public.reports as x
        set status = 'queued', stale = true, claim = null, error = retry_report.error, due_at = clock_timestamp() + make_interval(secs => wait_s)
        where x.id = r.id;
        perform pgmq.set_vt('low_priority', r.task_id, wait_s);
        return jsonb_build_object('outcome', 'retry', 'retry_in_ms', wait_s * 1000);
    end if;
    perform private.bury('low_priority', 'report', r.id, r.client_id, r.task_id, retry_report.error, r.attempts);
    update public.reports as x
    set status = 'failed', stale = true, claim = null, error = retry_report.error, task_id = null
    where x.id = r.id;
    return jsonb_build_object('outcome', 'dead', 'retry_in_ms', null);
end
$$;
comment on function private.retry_report(uuid, jsonb, boolean) is 'After a failed attempt at a report: again after 1, 5, 25 seconds, or failed and a dead letter.';
