create or replace function private.may_repeat(delivery public.deliveries) returns boolean
language sql stable security definer set search_path = ''
as $$
    -- Nobody is to read twice that he will not be written to any more.
    select delivery.kind <> 'goodbye' and (p.idempotent or delivery.repeats < private.setting_int('unknown_repeats'))
    from public.channel_accounts as a
    join private.providers as p on p.provider = a.provider and p.channel = a.channel
    where a.id = delivery.channel_account_id;
$$;
comment on function private.may_repeat(public.deliveries) is
'Whether a send of which nobody knows may go out again: as often as attempts allow where the provider takes a repeated send once, else unknown_repeats times; a goodbye never.';
