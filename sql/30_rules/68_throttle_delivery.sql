create or replace function private.throttle_delivery(delivery_id uuid, error jsonb, retry_after_ms numeric) returns void
language plpgsql security definer set search_path = ''
as $$
declare
    d public.deliveries;
    wait interval;
begin
    select * into strict d from public.deliveries as x where x.id = throttle_delivery.delivery_id;
    -- A day at most, whatever it says.
    wait := make_interval(secs => least(greatest(coalesce(throttle_delivery.retry_after_ms, 1000), 1), 86400000) / 1000.0);
    if coalesce(throttle_delivery.error ->> 'scope', 'message') in ('recipient', 'message') then
        if d.throttles >= 30 then
            perform private.retry_delivery(d.id, throttle_delivery.error, false);
            return;
        end if;
    end if;
    if throttle_delivery.error ->> 'scope' = 'recipient' then
        -- Four times as long each time in a row, up to an hour (WhatsApp Cloud API, pair rate limits: 4^X seconds).
        wait := greatest(wait, least(wait * power(4, least(d.throttles, 10)), interval '1 hour'));
    end if;
    if throttle_delivery.error ->> 'scope' in ('number', 'account') then
        perform private.pause_account(d.channel_account_id, wait, throttle_delivery.error ->> 'message');
    end if;
    update public.deliveries as x
    set attempts = x.attempts - 1, throttles = x.throttles + 1, error = throttle_delivery.error
    where x.id = d.id;
    perform private.hold_delivery(d.id, private.now() + wait, coalesce(throttle_delivery.error ->> 'message', 'the provider throttled it'));
end
$$;
comment on function private.throttle_delivery(uuid, jsonb, numeric) is
'A send came too fast: it waits for as long as the provider says, and no attempt is counted. Scope recipient holds up that person only, four times longer each time in a row; scope number and account hold up all their sends. What is about this message or person alone is given up after 30 times (a day, for a person): a dead letter.';
