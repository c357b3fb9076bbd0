create or replace function private.remind(reminder public.reminders, interview public.interviews, thread private.threads) returns void
language plpgsql security definer set search_path = ''
as $$
declare
    project public.projects;
    lead public.leads;
    account public.channel_accounts;
    template public.message_templates;
    needs_template boolean;
    company text;
    step jsonb;
    link text;
    body jsonb;
    problem text;
    state public.delivery_status;
    leaves timestamptz;
    new_message_id uuid := gen_random_uuid();
    new_delivery_id uuid := gen_random_uuid();
begin
    select * into strict project from public.projects as p where p.id = interview.project_id;
    select * into strict lead from public.leads as l where l.id = interview.lead_id;
    select c.company_name into company from public.clients as c where c.id = interview.client_id;
    step := case when jsonb_typeof(project.config -> 'reminders') = 'array' then project.config -> 'reminders' else '[{}]' end -> reminder.step - 1;
    select * into strict account from public.channel_accounts as a where a.id = thread.channel_account_id;
    if reminder.channel = 'whatsapp' then
        select v.templates into needs_template from private.providers as v where v.provider = account.provider and v.channel = 'whatsapp';
        if needs_template or not step ? 'text' then
            template := private.template_for(interview.client_id, account.id, 'reminder', step ->> 'template');
        end if;
        body := case
            when template.id is not null then private.template_content(template, lead.name, company, project.name, null)
            else jsonb_build_object('type', 'text', 'text', private.reminder_text(step ->> 'text', lead.name, company, project.name, null))
        end;
    else
        -- wa.me takes the number in international form, digits only: https://faq.whatsapp.com/5913398998672934
        link := 'https://wa.me/' || nullif(regexp_replace(coalesce(account.display_phone, case when account.external_id like '+%' then account.external_id end), '[^0-9]', '', 'g'), '');
        -- SECURITY: by the client's own accounts only. The house's write to a client's people, never to its leads.
        select a.* into account
        from public.channel_accounts as a
        where a.client_id = interview.client_id and a.channel = reminder.channel and a.status = 'active'
        order by a.created_at, a.id
        limit 1;
        body := jsonb_build_object('type', 'text', 'text', private.reminder_text(step ->> 'text', lead.name, company, project.name, link))
            || case when reminder.channel = 'email'
                then jsonb_build_object('subject', coalesce(step ->> 'subject', regexp_replace(format('%s gostaria de ouvir você', company), '\s+', ' ', 'g')))
                else '{}' end;
    end if;
    problem := case
        when step is null then 'the project has no such reminder any more'
        when account.id is null then 'there is no active account'
        when reminder.channel = 'whatsapp' and needs_template and template.id is null then 'there is no approved template for reminders'
        when reminder.channel <> 'whatsapp' and link is null then 'the project''s number has no display_phone to link to'
        when reminder.channel = 'sms' and lead.phone is null then 'the lead has no phone number'
        when reminder.channel = 'email' and lead.email is null then 'the lead has no e-mail address'
    end;
    if problem is null then
        insert into public.deliveries as d (id, client_id, lead_id, thread_id, interview_id, channel_account_id, channel, kind, content, message_id, queue, seq)
        values (
            new_delivery_id, interview.client_id, lead.id, case when reminder.channel = 'whatsapp' then thread.id end, interview.id, account.id,
            reminder.channel, 'reminder', body, new_message_id, 'default', case when reminder.channel = 'whatsapp' then thread.last_seq + 1 else 0 end
        )
        returning d.status, d.reason, d.due_at into state, problem, leaves;
        insert into public.interview_messages (id, interview_id, role, content, metadata, client_id, seq)
        values (
            new_message_id, interview.id, 'assistant', body ->> 'text',
            jsonb_build_object('type', body -> 'type', 'channel', reminder.channel, 'delivery_id', new_delivery_id), interview.client_id, thread.last_seq + 1
        );
        update private.threads as t set last_seq = t.last_seq + 1 where t.id = thread.id;
        update public.reminders as r
        set delivery_id = new_delivery_id, status = case when state = 'cancelled' then 'skipped' else r.status end, reason = case when state = 'cancelled' then problem end
        where r.id = reminder.id;
    else
        state := 'cancelled';
        update public.reminders as r set status = 'skipped', reason = problem where r.id = reminder.id;
    end if;
    if state = 'cancelled' and not exists (
        select from public.deliveries as d
        where d.client_id = interview.client_id and d.interview_id = interview.id and d.status in ('sent', 'delivered', 'read')
    ) then
        perform private.plan_reminders(interview.id, 'failed');
    elsif reminder.due_at < greatest(leaves, private.now()) - interval '1 hour' then
        -- It comes late, since the project was paused or the lead may not be written to on a Sunday: those after it keep their distance.
        update public.reminders as r
        set due_at = l.due_at
        from private.ladder(project.config, true, private.zone_of(lead), greatest(leaves, private.now()), reminder.step, false) as l
        where r.interview_id = interview.id and r.step = l.step and r.status = 'waiting' and r.delivery_id is null and r.due_at < l.due_at;
    end if;
end
$$;
comment on function private.remind(public.reminders, public.interviews, private.threads) is
'Makes one reminder''s message and delivery: by WhatsApp on the thread, in its order; by SMS or e-mail beside it, with a link to the number. What cannot be sent is skipped with the reason, and where nothing has reached the lead yet the next channel is tried at once. Called under the locks of the three.';
