create or replace function private.notification_content(
    channel public.channel, template public.message_templates, full_name text, company_name text, project_name text, title text, txt text
) returns jsonb
language sql immutable set search_path = ''
as $$
    select case
        when notification_content.channel = 'email' then jsonb_build_object(
            'type', 'text',
            -- A header of one line: https://www.rfc-editor.org/rfc/rfc5322#section-2.2
            'subject', left(regexp_replace(format('%s | %s', notification_content.title, notification_content.company_name), '\s+', ' ', 'g'), 150),
            'text', format(
                E'Olá%s!\n\n%s\n\nVocê recebe este aviso porque é responsável pela conta de %s na RENUM. Para escolher por onde receber avisos, altere o seu perfil.\n',
                coalesce(', ' || private.first_name(notification_content.full_name), ''), notification_content.txt, notification_content.company_name
            )
        )
        -- Two or three parts of an SMS at most: with accents a part has 67 characters (3GPP TS 23.038, UCS-2).
        when notification_content.channel = 'sms' then jsonb_build_object(
            'type', 'text', 'text', left(regexp_replace(format('%s: %s', notification_content.company_name, notification_content.txt), '\s+', ' ', 'g'), 200)
        )
        when (notification_content.template).id is null then jsonb_build_object('type', 'text', 'text', notification_content.txt)
        else private.template_content(
            notification_content.template, notification_content.full_name, notification_content.company_name, notification_content.project_name,
            -- A parameter and the words around it have 1024 characters together (WhatsApp Cloud API).
            left(notification_content.txt, 700)
        )
    end;
$$;
comment on function private.notification_content(public.channel, public.message_templates, text, text, text, text, text) is
'A notification as a channel takes it: by WhatsApp the template, or free text where there is none; one short text by SMS; a subject and a text by e-mail.';
