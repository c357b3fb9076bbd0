create or replace function private.heed_refusal(delivery_id uuid, error jsonb) returns boolean
language plpgsql security definer set search_path = ''
as $$
declare
    d public.deliveries;
begin
    if coalesce((heed_refusal.error ->> 'retryable')::boolean, false) or heed_refusal.error is null then
        return false;
    end if;
    select * into strict d from public.deliveries as x where x.id = heed_refusal.delivery_id;
    if heed_refusal.error ->> 'scope' in ('number', 'account') then
        perform private.stop_account(d.channel_account_id, 'paused', private.stop_reason(heed_refusal.error));
        return true;
    end if;
    perform private.note_refusal(d.id, heed_refusal.error ->> 'code');
    return false;
end
$$;
comment on function private.heed_refusal(uuid, jsonb) is
'What a provider''s refusal for good means beyond its message: number or account may not send: the account stops (returns true); the person does not want it: an opt-out.';
