create or replace function private.no_template(client_id uuid, channel_account_id uuid, purpose public.template_purpose, name text) returns text
language sql stable set search_path = ''
as $$
    -- SECURITY: under the asker's rights, as private.template_for.
    select coalesce(
        (
            select private.template_problem(t)
            from public.message_templates as t
            where t.client_id = no_template.client_id
                and (t.channel_account_id is null or t.channel_account_id = no_template.channel_account_id)
                and (t.name = no_template.name or (no_template.name is null and t.purpose = no_template.purpose))
                and private.template_problem(t) is not null
            order by t.channel_account_id is null, t.language <> 'pt_BR', t.status <> 'approved', t.created_at, t.id
            limit 1
        ),
        'there is no approved template' || coalesce(' named ' || no_template.name, ' with purpose ' || no_template.purpose)
    );
$$;
comment on function private.no_template(uuid, uuid, public.template_purpose, text) is
'Why private.template_for finds nothing for the same arguments, as a sentence: what keeps the likeliest template from being used, or that there is none.';
