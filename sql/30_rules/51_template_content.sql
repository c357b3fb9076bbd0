create or replace function private.template_content(
    template public.message_templates, lead_name text, company_name text, project_name text, notification_text text
) returns jsonb
language plpgsql immutable set search_path = ''
as $$
declare
    vals text[] := '{}';
    source text;
begin
    foreach source in array template.parameters loop
        -- A template parameter may be neither empty nor hold line breaks (WhatsApp Cloud API, error 132000/132018).
        vals := vals || coalesce(nullif(btrim(regexp_replace(case source
            when 'lead.name' then lead_name
            when 'lead.first_name' then private.first_name(lead_name)
            when 'client.company_name' then company_name
            when 'project.name' then project_name
            when 'notification.text' then notification_text
        end, '\s+', ' ', 'g')), ''), 'tudo bem');
    end loop;
    return jsonb_build_object(
        'type', 'template', 'name', template.name, 'language', template.language,
        'parameters', to_jsonb(vals), 'text', private.render_template(template.body, vals)
    );
end
$$;
comment on function private.template_content(public.message_templates, text, text, text, text) is
'A delivery''s content made of a template: {"type", "name", "language", "parameters", "text"}.';
