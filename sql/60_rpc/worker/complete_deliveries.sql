create or replace function worker.complete_deliveries(results jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    item jsonb;
    d public.deliveries;
    answer jsonb := '[]';
    next_task jsonb;
    visibility_s integer := private.setting_int('visibility_s');
begin
    -- Lock order: interviews (which a refusal that is an opt-out ends, whatever account it came by), threads, then deliveries.
    if results @? '$[*].error ? (@.scope == "recipient")' then
        perform private.lock_threads(array(
            select t.id
            from private.threads as t
            join public.deliveries as x on x.client_id = t.client_id and x.lead_id = t.lead_id
            where x.id in (select (r ->> 'id')::uuid from jsonb_array_elements(results) as r where r #>> '{error,scope}' = 'recipient')
            union
            select x.thread_id from public.deliveries as x where x.id in (select (r ->> 'id')::uuid from jsonb_array_elements(results) as r)
        ));
    else
        perform from private.threads as t
        where t.id in (select x.thread_id from public.deliveries as x where x.id in (select (r ->> 'id')::uuid from jsonb_array_elements(results) as r))
        order by t.id
        for no key update;
    end if;
    perform private.lock_paces(array(
        select x.channel_account_id from public.deliveries as x where x.id in (select (r ->> 'id')::uuid from jsonb_array_elements(results) as r)
    ));
    -- Accounts that may be stopped, by id as well: two batches that stop the same two do not wait crosswise.
    if results @? '$[*].error ? (@.scope == "number" || @.scope == "account")' then
        perform from public.channel_accounts as a
        where a.id in (
            select x.channel_account_id from public.deliveries as x
            where x.id in (select (r ->> 'id')::uuid from jsonb_array_elements(results) as r where r #>> '{error,scope}' in ('number', 'account'))
        )
        order by a.id
        for no key update;
    end if;
    for item in select r from jsonb_array_elements(results) as r order by (r ->> 'id')::uuid loop
        begin
            select * into d from public.deliveries as x where x.id = (item ->> 'id')::uuid for no key update;
            next_task := null;
            if found and d.status in ('sent', 'delivered', 'read') then
                -- A status was faster than the answer to the send.
                update public.deliveries as x
                set claim = null, provider_message_id = coalesce(x.provider_message_id, item ->> 'provider_message_id')
                where x.id = d.id and x.claim = (item ->> 'claim')::uuid;
            elsif not found or d.claim is null or d.claim is distinct from (item ->> 'claim')::uuid or d.status not in ('sending', 'unknown') then
                answer := answer || jsonb_build_object('id', item -> 'id', 'status', 'stale', 'task', null);
                continue;
            elsif item ->> 'outcome' = 'sent' then
                update public.deliveries as x
                set status = 'sent', sent_at = now(), claim = null, error = null, throttles = 0,
                    -- An id that another delivery has already is not worth losing the result for.
                    provider_message_id = coalesce(x.provider_message_id, (
                        select i.id from (select item ->> 'provider_message_id' as id) as i
                        where not exists (
                            select from public.deliveries as e where e.channel_account_id = x.channel_account_id and e.provider_message_id = i.id
                        )
                    ))
                where x.id = d.id;
                perform private.end_delivery(d.id);
            elsif item ->> 'outcome' = 'unknown' then
                perform private.await_word(d.id, item -> 'error');
            elsif item ->> 'outcome' = 'throttled' then
                perform private.throttle_delivery(d.id, item -> 'error', (item ->> 'retry_after_ms')::numeric);
            else
                perform private.refuse_delivery(d.id, coalesce(item -> 'error', '{"code": "unnamed", "message": "the send failed"}'));
            end if;
            select * into d from public.deliveries as x where x.id = d.id;
            if d.thread_id is not null and d.status not in ('queued', 'unknown') then
                next_task := coalesce(
                    private.release_next(d.thread_id, visibility_s, (item ->> 'claim')::uuid), private.released_by(d.thread_id, (item ->> 'claim')::uuid)
                );
            end if;
            answer := answer || jsonb_build_object('id', d.id, 'status', d.status, 'task', next_task);
        exception
            when deadlock_detected or lock_not_available or query_canceled then
                raise;
            when others then
                -- One result that cannot be stored must not take its neighbours with it. Its message may have left.
                perform private.await_word(x.id, jsonb_build_object('code', sqlstate, 'message', sqlerrm))
                from public.deliveries as x
                where x.id = d.id and x.status = 'sending' and x.claim::text = item ->> 'claim';
                answer := answer || jsonb_build_object('id', item -> 'id', 'status', 'unknown', 'task', null);
        end;
    end loop;
    perform private.admit_deliveries(c.client_id, c.queue)
    from (
        select distinct x.client_id, x.queue from public.deliveries as x where x.id in (select (r ->> 'id')::uuid from jsonb_array_elements(results) as r)
    ) as c;
    return answer;
end
$$;
comment on function worker.complete_deliveries(jsonb) is
'What became of sends: [{"id", "claim", "outcome": sent | unknown | failed | throttled, "provider_message_id", "error", "retry_after_ms"}] → [{"id", "status", "task"}]. task: the thread''s next reply, claimed for the caller. status stale: the claim was lost. unknown waits for the provider''s word, throttled does not count as an attempt, and where the number or the account is throttled all its sends wait; an error of the account''s (scope number or account, for good) stops the account, and the delivery waits for it. Idempotent by the claim: repeated because its answer got lost, it hands out the same task again.';
