create or replace function worker.save_report(report_id uuid, claim uuid, summary text, markdown text, model text, usage jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    r public.reports;
begin
    select * into r from public.reports as x where x.id = save_report.report_id for update;
    if not found then
        return '{"verdict": "stale"}';
    end if;
    -- Paid for, whether it is saved or not.
    perform private.note_usage(
        r.client_id, r.project_id, null, 0,
        coalesce(save_report.usage -> 'uses', jsonb_build_array(save_report.usage || jsonb_build_object('model', save_report.model))),
        r.id, save_report.claim
    );
    if r.claim is null or r.claim is distinct from save_report.claim then
        return '{"verdict": "stale"}';
    end if;
    update public.reports as x
    set status = 'ready', summary = save_report.summary, markdown = save_report.markdown, model = save_report.model, usage = save_report.usage,
        generated_at = clock_timestamp(), claim = null, task_id = null, attempts = 0, error = null,
        due_at = case
            when x.kind = 'project' then clock_timestamp() + make_interval(secs => private.setting_int('project_report_every_s'))
            else clock_timestamp()
        end
    where x.id = r.id;
    perform pgmq.delete('low_priority', r.task_id);
    update public.failed_tasks as f set status = 'resolved', resolved_at = now() where f.task_row_id = r.id and f.status <> 'resolved';
    return '{"verdict": "saved"}';
end
$$;
comment on function worker.save_report(uuid, uuid, text, text, text, jsonb) is
'Stores a written report under its claim: {"verdict": "saved" | "stale"}, and what it used (usage: {"input_tokens", "output_tokens", "uses": [{"model", "input_tokens", "output_tokens"}]}) in the ledger. What changed since it was claimed keeps it stale, and it is written again.';
