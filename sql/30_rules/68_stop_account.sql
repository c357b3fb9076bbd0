create or replace function private.stop_account(account_id uuid, status public.channel_account_status, reason text) returns void
language plpgsql security definer set search_path = ''
as $$
declare
    a public.channel_accounts;
begin
    update public.channel_accounts as x
    set status = stop_account.status, stopped_reason = left(stop_account.reason, 1000)
    where x.id = stop_account.account_id and x.status = 'active'
    returning * into a;
    if found then
        perform private.notify(a.client_id, 'account_stopped', null, format(
            'A conta "%s" parou de enviar. Motivo: %s. As mensagens estão guardadas e seguem quando ela voltar.', a.name, rtrim(stop_account.reason, '. ')
        ), a.id || to_char(private.now() at time zone 'America/Sao_Paulo', ' YYYY-MM-DD HH24'));
    end if;
end
$$;
comment on function private.stop_account(uuid, public.channel_account_status, text) is
'Stops an account that its provider does not let send (token, payment, policy, disconnected) and tells the client''s owners, once an hour. Its deliveries wait; other accounts go on. A person who sets it active, or new credentials, or the provider''s word, starts it again.';
