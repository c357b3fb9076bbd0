create or replace function private.note_usage(
    client_id uuid, project_id uuid, turn_id uuid, run integer, uses jsonb, report_id uuid default null, claim uuid default null
) returns void
language plpgsql security definer set search_path = ''
as $$
begin
    if coalesce(jsonb_typeof(uses), 'null') <> 'array' then
        return;
    end if;
    with
    used as (
        select u.model, sum(u.input_tokens)::bigint as input_tokens, sum(u.output_tokens)::bigint as output_tokens, count(*)::integer as calls
        from (
            -- Counts that are none are worth no lead's answer.
            select e.v ->> 'model' as model,
                case coalesce(jsonb_typeof(e.v -> 'input_tokens'), 'null') when 'number' then trunc((e.v ->> 'input_tokens')::numeric) when 'null' then 0 else -1 end as input_tokens,
                case coalesce(jsonb_typeof(e.v -> 'output_tokens'), 'null') when 'number' then trunc((e.v ->> 'output_tokens')::numeric) when 'null' then 0 else -1 end as output_tokens
            from jsonb_array_elements(uses) as e (v)
            where jsonb_typeof(e.v) = 'object'
        ) as u
        where u.model is not null and u.input_tokens + u.output_tokens > 0 and least(u.input_tokens, u.output_tokens) >= 0
            and greatest(u.input_tokens, u.output_tokens) < 1000000000000
        group by u.model
        order by u.model
    ),
    noted as (
        insert into public.usage as n (client_id, project_id, kind, item, turn_id, run, report_id, claim, input_tokens, output_tokens, quantity, amount, currency)
        select note_usage.client_id, note_usage.project_id, 'model', u.model, note_usage.turn_id, coalesce(note_usage.run, 0), note_usage.report_id, note_usage.claim,
            coalesce(u.input_tokens, 0), coalesce(u.output_tokens, 0), u.calls,
            -- Multiplied, not divided: exact.
            trim_scale((coalesce(u.input_tokens, 0) * p.input_per_million + coalesce(u.output_tokens, 0) * p.output_per_million) * 0.000001), p.currency
        from used as u
        cross join lateral private.model_price(u.model, (private.now() at time zone 'America/Sao_Paulo')::date) as p
        on conflict do nothing
        returning n.client_id, n.project_id, n.currency, n.amount, n.occurred_at
    )
    insert into private.spendings (client_id, project_id, currency, amount, occurred_at)
    select n.client_id, n.project_id, n.currency, n.amount, n.occurred_at from noted as n where n.amount > 0;
end
$$;
comment on function private.note_usage(uuid, uuid, uuid, integer, jsonb, uuid, uuid) is
'Writes into the ledger what the models were asked in one run of a turn (turn_id, run), or in one attempt at a report (report_id, claim): uses is [{"model", "input_tokens", "output_tokens"}], one for each call. Only inserts, so that it waits for nobody. Idempotent: what was noted is not noted again.';
