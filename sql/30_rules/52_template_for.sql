create or replace function private.template_for(client_id uuid, channel_account_id uuid, purpose public.template_purpose, name text)
returns public.message_templates
language sql stable set search_path = ''
as $$
    -- SECURITY: under the asker's rights, as private.account_for.
    select t
    from public.message_templates as t
    where t.client_id = template_for.client_id
        and (t.channel_account_id is null or t.channel_account_id = template_for.channel_account_id)
        and t.status = 'approved'
        and (t.name = template_for.name or (template_for.name is null and t.purpose = template_for.purpose))
    order by t.channel_account_id is null, t.created_at, t.id
    limit 1;
$$;
comment on function private.template_for(uuid, uuid, public.template_purpose, text) is
'The approved template to use on an account: the one of that name, or without a name the oldest of that purpose. A row of nulls if there is none.';
