create or replace function private.retry_report(report_id uuid, error jsonb, retryable boolean) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    r public.reports;
    again record;
begin
    select * into strict r from public.reports as x where x.id = retry_report.report_id;
    select * into again from private.retry_wait(retry_report.error, retry_report.retryable, r.attempts);
    if again.wait is not null then
        update public.reports as x
        set status = 'queued', stale = true, claim = null, error = retry_report.error, due_at = clock_timestamp() + again.wait,
            attempts = case when again.counted then x.attempts else x.attempts - 1 end
        where x.id = r.id;
        perform pgmq.set_vt('low_priority', r.task_id, ceil(extract(epoch from again.wait))::integer);
        return jsonb_build_object('outcome', 'retry', 'retry_in_ms', ceil(extract(epoch from again.wait) * 1000)::integer);
    end if;
    perform private.bury('low_priority', 'report', r.id, r.client_id, r.task_id, retry_report.error, r.attempts);
    update public.reports as x
    set status = 'failed', stale = true, claim = null, error = retry_report.error, task_id = null
    where x.id = r.id;
    return jsonb_build_object('outcome', 'dead', 'retry_in_ms', null);
end
$$;
comment on function private.retry_report(uuid, jsonb, boolean) is 'After a failed attempt at a report: again after 1, 5, 25 seconds (throttled: when error.retry_after_ms says, uncounted), or failed and a dead letter.';
