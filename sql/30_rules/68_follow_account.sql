create or replace function private.follow_account(account_id uuid, news jsonb) returns void
language plpgsql security definer set search_path = ''
as $$
begin
    case news ->> 'state'
        when 'connected' then
            update public.channel_accounts as a set status = 'active' where a.id = follow_account.account_id and a.stopped_reason is not null;
        when 'disconnected' then
            perform private.stop_account(follow_account.account_id, 'disconnected', coalesce(nullif(news ->> 'reason', ''), 'conta desconectada'));
        when 'paused' then
            perform private.stop_account(follow_account.account_id, 'paused', coalesce(nullif(news ->> 'reason', ''), 'conta suspensa'));
        else
            null;
    end case;
end
$$;
comment on function private.follow_account(uuid, jsonb) is
'What a provider says of an account itself, {"state": connected | disconnected | paused, "reason"}: stops it, or starts it again if it was the engine that had stopped it. Idempotent.';
