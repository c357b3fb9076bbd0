create or replace function private.refuse_delivery(delivery_id uuid, error jsonb) returns void
language plpgsql security definer set search_path = ''
as $$
declare
    d public.deliveries;
    retryable boolean := coalesce((refuse_delivery.error ->> 'retryable')::boolean, false);
begin
    select * into strict d from public.deliveries as x where x.id = refuse_delivery.delivery_id;
    -- It is not the message's fault: it waits for its account. News for staff take another way.
    if private.heed_refusal(d.id, refuse_delivery.error) and d.kind <> 'notification' then
        update public.deliveries as x set attempts = x.attempts - 1, error = refuse_delivery.error where x.id = d.id;
        perform private.hold_delivery(d.id, private.now() + interval '1 minute', 'the channel account is paused');
        return;
    end if;
    perform private.retry_delivery(d.id, refuse_delivery.error, retryable);
end
$$;
comment on function private.refuse_delivery(uuid, jsonb) is
'A send was refused with {"code", "message", "retryable", "scope"}: tried again, or a dead letter; where it is the number or the account that may not send, the account stops and the delivery waits for it.';
