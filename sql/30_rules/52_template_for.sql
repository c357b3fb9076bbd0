create or replace function private.template_for(client_id uuid, channel_account_id uuid, purpose public.template_purpose, name text)
returns public.message_templates
language sql stable set search_path = ''
as $$
    -- SECURITY: under the asker's rights, as private.account_for.
    select t
    from public.message_templates as t
    where t.client_id = template_for.client_id
        and (
            t.channel_account_id = template_for.channel_account_id
            -- Whose list was fetched has what is on it.
            or (t.channel_account_id is null and not exists (
                select from public.message_templates as o
                where o.client_id = template_for.client_id and o.channel_account_id = template_for.channel_account_id and o.synced_at is not null
            ))
        )
        and (t.name = template_for.name or (template_for.name is null and t.purpose = template_for.purpose))
        and private.template_problem(t) is null
    order by t.channel_account_id is null, t.language <> 'pt_BR', t.created_at, t.id
    limit 1;
$$;
comment on function private.template_for(uuid, uuid, public.template_purpose, text) is
'The template to use on an account, approved and with something for each of its variables: the one of that name, or without a name the oldest of that purpose, in Brazilian Portuguese before other languages. A row of nulls if there is none: private.no_template says why.';
