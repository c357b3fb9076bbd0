create or replace function private.template_problem(template public.message_templates, in_portuguese boolean default false) returns text
language plpgsql immutable set search_path = ''
as $$
declare
    gap text;
begin
    if template.status <> 'approved' then
        return format(
            case when in_portuguese then 'o modelo %s %s' else 'template %s %s' end,
            template.name,
            case template.status
                when 'pending' then case when in_portuguese then 'ainda não foi aprovado pelo provedor' else 'is not approved by the provider yet' end
                when 'paused' then case when in_portuguese then 'foi pausado pelo provedor' else 'is paused by the provider' end
                when 'rejected' then case when in_portuguese then 'foi recusado pelo provedor' else 'was rejected by the provider' end
                when 'disabled' then case when in_portuguese then 'foi desativado no provedor' else 'is disabled at the provider' end
            end
        ) || coalesce(' (' || template.reason || ')', '');
    end if;
    gap := private.template_gap(template.name, template.body, template.parameters, in_portuguese);
    if gap is not null then
        return gap;
    end if;
    if template.components @? '$[*] ? (@.type == "HEADER" && @.format != "TEXT")'
        or template.components @? '$[*] ? (@.type == "HEADER" && @.text like_regex "[{][{]")'
        or template.components @? '$[*].buttons[*] ? (@.url like_regex "[{][{]" || (@.type != "QUICK_REPLY" && @.type != "URL" && @.type != "PHONE_NUMBER"))'
        or template.components @? '$[*] ? (@.type != "HEADER" && @.type != "BODY" && @.type != "FOOTER" && @.type != "BUTTONS")' then
        return format(
            case
                when in_portuguese then 'o modelo %s tem um cabeçalho, botão ou outra parte que precisa de um valor a cada envio; só o texto pode ter variáveis'
                else 'template %s has a header, button or other part that wants a value with each message: only the body may have variables'
            end,
            template.name
        );
    end if;
    return null;
end
$$;
comment on function private.template_problem(public.message_templates, boolean) is
'Why a template cannot be sent, as a sentence without a full stop (in Portuguese for who runs an account, else English as the API''s errors); null if it can.';
