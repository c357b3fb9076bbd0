create or replace function worker.fail_task(task text, id uuid, claim uuid, error jsonb, retryable boolean) returns jsonb
language plpgsql security definer set search_path = ''
as $$
begin
    case fail_task.task
        when 'agent_turn' then
            perform private.lock_threads(array[fail_task.id]);
            perform private.note_run(jsonb_build_object(
                'thread_id', fail_task.id, 'lease', fail_task.claim, 'usage', fail_task.error -> 'usage',
                -- Of a claim that was lost, the run it was lost in.
                'reruns', (select x.reruns from public.turns as x where x.id = fail_task.claim)
            ));
            if exists (select from private.threads as t where t.id = fail_task.id and t.lease = fail_task.claim) then
                return private.retry_turn(fail_task.id, fail_task.error, fail_task.retryable, 'failed');
            end if;
        when 'delivery' then
            perform from public.deliveries as d where d.id = fail_task.id and d.claim = fail_task.claim and d.status = 'sending' for no key update;
            if found then
                return private.retry_delivery(fail_task.id, fail_task.error, fail_task.retryable);
            end if;
        when 'report' then
            perform private.note_usage(r.client_id, r.project_id, null, 0, fail_task.error -> 'usage', r.id, fail_task.claim)
            from public.reports as r where r.id = fail_task.id;
            perform from public.reports as r where r.id = fail_task.id and r.claim = fail_task.claim for update;
            if found then
                return private.retry_report(fail_task.id, fail_task.error, fail_task.retryable);
            end if;
        when 'media' then
            perform from public.media as m where m.id = fail_task.id and m.claim = fail_task.claim for update;
            if found then
                return private.retry_media(fail_task.id, fail_task.error, fail_task.retryable);
            end if;
        else
            raise exception 'there is no task named %', fail_task.task using errcode = 'PT400';
    end case;
    return '{"outcome": "stale", "retry_in_ms": null}';
end
$$;
comment on function worker.fail_task(text, uuid, uuid, jsonb, boolean) is
'A claimed task failed: {"outcome": "retry" | "dead" | "stale", "retry_in_ms"}. Retries after 1, 5, 25 seconds; then, or at once when not retryable, a row in failed_tasks. error may carry "usage" ([{"model", "input_tokens", "output_tokens"}]): what was paid for in vain goes into the ledger. Idempotent by the claim.';
