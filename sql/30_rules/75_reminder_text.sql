create or replace function private.reminder_text(wording text, lead_name text, company_name text, project_name text, link text) returns text
language plpgsql immutable set search_path = ''
as $$
declare
    result text := coalesce(reminder_text.wording, case
        when private.first_name(reminder_text.lead_name) is null then 'Olá! ' else 'Olá, {{lead.first_name}}! ' end
        || 'Aqui é da {{client.company_name}}. Ainda gostaríamos muito de ouvir você.');
begin
    if reminder_text.link is not null and strpos(result, '{{whatsapp.link}}') = 0 then
        result := result || ' Responda pelo WhatsApp: {{whatsapp.link}}';
    end if;
    -- Names come last, and braces in them stay out: nothing in a name is a variable.
    return replace(replace(replace(replace(replace(
        result, '{{whatsapp.link}}', coalesce(reminder_text.link, '')), '{{client.company_name}}', translate(reminder_text.company_name, '{}', '')),
        '{{project.name}}', translate(reminder_text.project_name, '{}', '')),
        '{{lead.first_name}}', coalesce(translate(private.first_name(reminder_text.lead_name), '{}', ''), '')),
        '{{lead.name}}', coalesce(translate(reminder_text.lead_name, '{}', ''), ''));
end
$$;
comment on function private.reminder_text(text, text, text, text, text) is
'A reminder''s text with its variables put in; without a wording, a default one. link, where there is one, stands at the end unless the wording has a place for it.';
