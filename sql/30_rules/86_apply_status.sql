create or replace function private.apply_status(delivery_id uuid, status jsonb, occurred_at timestamptz) returns void
language plpgsql security definer set search_path = ''
as $$
declare
    d public.deliveries;
    trouble jsonb := case jsonb_typeof(apply_status.status -> 'error') when 'object' then apply_status.status -> 'error' end;
    news public.delivery_status := case status ->> 'status'
        when 'sent' then 'sent' when 'delivered' then 'delivered' when 'read' then 'read' when 'played' then 'read' when 'failed' then 'failed'
    end;
begin
    select * into d from public.deliveries as x where x.id = apply_status.delivery_id for no key update;
    -- What was cancelled after an attempt of which nobody knew may have left all the same.
    if news is null or (d.status = 'cancelled' and (d.begun_at is null or news = 'failed')) then
        return;
    end if;
    update public.deliveries as x
    set status = case when private.delivery_rank(news) > private.delivery_rank(x.status) then news else x.status end,
        error = case when news = 'failed' and private.delivery_rank(news) > private.delivery_rank(x.status) then trouble else x.error end,
        reason = case when news = 'failed' and private.delivery_rank(news) > private.delivery_rank(x.status) then trouble ->> 'message' else x.reason end,
        provider_message_id = coalesce(x.provider_message_id, apply_status.status ->> 'message_id'),
        pricing = coalesce(apply_status.status -> 'pricing', x.pricing),
        sent_at = case when news <> 'failed' then coalesce(x.sent_at, occurred_at, now()) else x.sent_at end,
        delivered_at = case when news in ('delivered', 'read') then coalesce(x.delivered_at, occurred_at, now()) else x.delivered_at end,
        read_at = case when news = 'read' then coalesce(x.read_at, occurred_at, now()) else x.read_at end
    where x.id = d.id;
    -- The provider has it: whatever attempt was still planned is off.
    if d.task_id is not null then
        perform private.end_delivery(d.id);
    end if;
    if news = 'failed' and private.delivery_rank(news) > private.delivery_rank(d.status) then
        -- Accepted, and lost later: people are to hear of it as of a refusal.
        perform private.bury(d.queue, 'delivery', d.id, d.client_id, null, coalesce(trouble, '{"code": "failed", "message": "the provider could not deliver it"}'), d.attempts);
        perform private.heed_refusal(d.id, trouble);
    elsif news in ('delivered', 'read') and d.status = 'failed' then
        update public.failed_tasks as f set status = 'resolved', resolved_at = now() where f.task_row_id = d.id and f.status <> 'resolved';
    end if;
end
$$;
comment on function private.apply_status(uuid, jsonb, timestamptz) is
'Moves a delivery forward by what the provider says of it, never backward; one that was cancelled stays so unless an attempt of it got through. One that was accepted and fails later is a dead letter, and its error is heeded like a refusal; should it arrive after all, the dead letter is resolved. Idempotent.';
