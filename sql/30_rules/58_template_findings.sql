create or replace function private.template_findings(account public.channel_accounts, approved_by_provider boolean) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
    use record;
    template public.message_templates;
    problems text;
    found jsonb := '[]';
begin
    for use in
        select *
        from (values ('invitation', 'convites', true), ('notification', 'avisos à equipe', approved_by_provider), ('reminder', 'lembretes', false)) as u (purpose, words, needed)
    loop
        template := private.template_for(account.client_id, account.id, use.purpose::public.template_purpose, null);
        select string_agg(private.template_problem(t, true), '; ' order by t.channel_account_id is null, t.created_at, t.id) into problems
        from public.message_templates as t
        where t.client_id = account.client_id and t.purpose = use.purpose::public.template_purpose
            and (t.channel_account_id is null or t.channel_account_id = account.id);
        found := found || case
            when template.id is not null
                then private.finding('template_' || use.purpose, true, format('Para %s há o modelo “%s” (%s, categoria %s).', use.words, template.name, template.language, template.category), null)
            when problems is not null
                then private.finding(
                    'template_' || use.purpose, false, format('Nenhum modelo para %s pode ser usado: %s.', use.words, problems),
                    case
                        when approved_by_provider then 'Corrija o modelo no provedor ou preencha parameters em message_templates; depois rode `renum channel sync`.'
                        else 'Corrija o modelo em message_templates.'
                    end
                )
            when use.needed
                then private.finding(
                    'template_' || use.purpose, false, format('Não há modelo para %s.', use.words),
                    case
                        when approved_by_provider
                            then format('Crie um modelo no provedor, rode `renum channel sync` depois da aprovação e marque-o com purpose %s em message_templates.', use.purpose)
                        else format('Escreva um em message_templates, com purpose %s e status approved.', use.purpose)
                    end
                )
            when use.purpose = 'notification'
                then private.finding('template_notification', true, 'Não há modelo para avisos à equipe; por este provedor eles vão com o texto pronto.', null)
            else private.finding('template_' || use.purpose, true, format('Não há modelo para %s; só é preciso onde um projeto os usa.', use.words), null)
        end;
    end loop;
    return found;
end
$$;
comment on function private.template_findings(public.channel_accounts, boolean) is 'Whether a WhatsApp account has a usable template for each purpose, as findings in Portuguese (private.finding).';
