create or replace function public.channel_findings(channel_account_id uuid) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
    account public.channel_accounts;
    provider private.providers;
    base text := rtrim(coalesce(private.setting('public_url') #>> '{}', private.setting('functions_url') #>> '{}'), '/');
    stored boolean;
begin
    select a.* into account
    from public.channel_accounts as a
    where a.id = channel_findings.channel_account_id and a.client_id in (select private.owned_client_ids());
    if not found then
        raise exception 'there is no such channel account of a client you own' using errcode = 'PT404';
    end if;
    select p.* into strict provider from private.providers as p where p.provider = account.provider and p.channel = account.channel;
    stored := exists (select from private.channel_credentials as s where s.channel_account_id = account.id);
    return jsonb_build_object(
        'provider', account.provider, 'title', provider.title, 'credentials', provider.credentials,
        'webhook_url', base || format('/%s_webhook/%s', account.channel, account.id),
        'findings', jsonb_build_array(
            case
                when account.status = 'active' then private.finding('account', true, format('A conta “%s” (%s) está ativa.', account.name, provider.title), null)
                else private.finding(
                    'account', false,
                    format(
                        'A conta “%s” (%s) está %s%s.', account.name, provider.title,
                        case account.status when 'paused' then 'em pausa' else 'desconectada' end, coalesce(': ' || account.stopped_reason, '')
                    ),
                    'Resolva o motivo e volte a ativar a conta (status active em channel_accounts); se eram as credenciais, as novas já a ativam.'
                )
            end,
            case
                when stored then private.finding('credentials', true, 'As credenciais estão guardadas, criptografadas.', null)
                else private.finding(
                    'credentials', false, 'Nenhuma credencial está guardada.',
                    format('Informe %s com `renum channel credentials`.', array_to_string(provider.credentials, ', '))
                )
            end
        ) || case when account.channel = 'whatsapp' then private.template_findings(account, provider.templates) else '[]' end
    );
end
$$;
comment on function public.channel_findings(uuid) is
'Owners and admins: what the database knows about whether a channel account can work, for the function channel_check: {"provider", "title", "credentials": names the provider needs, "webhook_url": null where no address is set, "findings": [{"item", "ok", "text", "todo"}], in Portuguese}. Read-only; tells no secret.';
