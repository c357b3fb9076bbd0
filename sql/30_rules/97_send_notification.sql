create or replace function private.send_notification(notification public.notifications) returns void
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
    person public.profiles;
    account_id uuid;
    template public.message_templates;
    company text;
    project public.projects;
    problem text;
    dialogue_id uuid;
    content jsonb;
    new_message_id uuid := gen_random_uuid();
    new_delivery_id uuid := gen_random_uuid();
begin
    select * into strict person from public.profiles as p where p.id = notification.profile_id;
    select p.* into project from public.projects as p join public.interviews as i on i.project_id = p.id where i.id = notification.interview_id;
    select c.company_name into company from public.clients as c where c.id = notification.client_id;
    account_id := private.account_for(notification.client_id, project.channel_account_id);
    template := private.template_for(notification.client_id, account_id, 'notification', null);
    problem := case
        when account_id is null then 'the client has no active WhatsApp account'
        when template.id is null then 'the client has no approved template for notifications'
        when person.phone is null then 'the person has no phone number'
    end;
    if problem is not null then
        update public.notifications as n set status = 'skipped', reason = problem where n.id = notification.id;
        return;
    end if;
    insert into public.conversations as c (client_id, profile_id, last_message_at)
    values (notification.client_id, person.id, now())
    on conflict (client_id, profile_id) where profile_id is not null do update set last_message_at = now()
    returning c.id into dialogue_id;
    content := private.template_content(template, person.full_name, company, project.name, notification.text);
    insert into public.messages (id, conversation_id, role, content, channel, metadata, client_id, seq)
    values (
        new_message_id, dialogue_id, 'assistant', content ->> 'text', 'whatsapp',
        jsonb_build_object('type', 'template', 'delivery_id', new_delivery_id, 'notification_id', notification.id), notification.client_id,
        coalesce((select max(m.seq) from public.messages as m where m.conversation_id = dialogue_id), 0) + 1
    );
    insert into public.deliveries (id, client_id, profile_id, channel_account_id, kind, content, message_id, queue)
    values (new_delivery_id, notification.client_id, person.id, account_id, 'notification', content, new_message_id, 'default');
    update public.notifications as n set delivery_id = new_delivery_id where n.id = notification.id;
end
$$;
comment on function private.send_notification(public.notifications) is
'Makes one notification''s message (in the person''s conversation) and delivery, or marks it skipped with the reason why the person cannot be reached.';
