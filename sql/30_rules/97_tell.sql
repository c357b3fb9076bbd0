create or replace function private.tell(notification_ids uuid[]) returns void
language plpgsql security definer set search_path = ''
as $$
declare
    held integer;
    notice public.notifications;
    person public.profiles;
    project public.projects;
    account public.channel_accounts;
    template public.message_templates;
    medium public.channel;
    company text;
    words record;
    txt text;
    body jsonb;
    problem text;
    state public.delivery_status;
    dialogue_id uuid;
    new_message_id uuid;
    new_delivery_id uuid;
    attempt jsonb;
    dispatched timestamptz := private.now();
begin
    -- One that got through after all in the meantime is not told again.
    perform from public.notifications as n
    where n.id = any (tell.notification_ids) and n.status = 'queued' and n.delivery_id is null
    order by n.id
    for update skip locked;
    get diagnostics held = row_count;
    if held < cardinality(tell.notification_ids) then
        return;
    end if;
    select * into strict notice from public.notifications as n where n.id = any (tell.notification_ids) order by n.created_at, n.id limit 1;
    select * into strict person from public.profiles as p where p.id = notice.profile_id;
    select c.company_name into company from public.clients as c where c.id = notice.client_id;
    select p.* into project from public.projects as p join public.interviews as i on i.project_id = p.id where i.id = notice.interview_id;
    select w.title into words from private.notification_words(notice.event) as w;
    txt := notice.text;
    if cardinality(tell.notification_ids) > 1 then
        select cardinality(tell.notification_ids) || ' avisos' as title into words;
        txt := private.digest_text(tell.notification_ids);
    end if;
    problem := case
        when not exists (
            select from public.client_members as m
            where m.client_id = notice.client_id and m.profile_id = notice.profile_id and m.role = 'owner' and m.status = 'active'
        ) then 'the person is no owner of the client any more'
        when cardinality(person.notification_channels) = 0 then 'the person wants no notifications'
    end;
    if problem is not null then
        update public.notifications as n set status = 'skipped', reason = problem where n.id = any (tell.notification_ids);
        return;
    end if;

    foreach medium in array person.notification_channels loop
        continue when notice.attempts @> jsonb_build_array(jsonb_build_object('channel', medium));
        account := private.notification_account(notice.client_id, medium, project.channel_account_id);
        template := null;
        if medium = 'whatsapp' then
            template := private.template_for(notice.client_id, account.id, 'notification', null);
        end if;
        problem := case
            when account.id is null then 'there is no active account'
            when medium = 'whatsapp' and template.id is null and exists (
                select from private.providers as v where v.provider = account.provider and v.channel = medium and v.templates
            ) then 'the client has no approved template for notifications'
            when medium in ('whatsapp', 'sms') and person.phone is null then 'the person has no phone number'
            when medium = 'email' and person.email is null then 'the person has no e-mail address'
        end;
        attempt := jsonb_build_object('channel', medium, 'reason', problem);
        if problem is null then
            new_message_id := gen_random_uuid();
            new_delivery_id := gen_random_uuid();
            body := private.notification_content(medium, template, person.full_name, company, project.name, words.title, txt);
            insert into public.conversations as c (client_id, profile_id, last_message_at)
            values (account.client_id, person.id, dispatched)
            on conflict (client_id, profile_id) where profile_id is not null do update set last_message_at = excluded.last_message_at
            returning c.id into dialogue_id;
            insert into public.deliveries as d (id, client_id, profile_id, channel_account_id, channel, kind, content, message_id, queue)
            values (new_delivery_id, account.client_id, person.id, account.id, medium, 'notification', body, new_message_id, 'default')
            returning d.status, d.reason into state, problem;
            insert into public.messages (id, conversation_id, role, content, channel, metadata, client_id, seq)
            values (
                new_message_id, dialogue_id, 'assistant', body ->> 'text', medium,
                jsonb_build_object('type', body -> 'type', 'delivery_id', new_delivery_id, 'notification_id', notice.id), account.client_id,
                coalesce((select max(m.seq) from public.messages as m where m.conversation_id = dialogue_id), 0) + 1
            );
            attempt := jsonb_strip_nulls(jsonb_build_object(
                'channel', medium, 'delivery_id', new_delivery_id, 'reason', case when state = 'cancelled' then problem end
            ));
        end if;
        notice.attempts := notice.attempts || attempt;
        if not attempt ? 'reason' then
            -- The dead letters of the channels before are taken care of by this one: replayed, they would tell it again.
            update public.failed_tasks as f
            set status = 'resolved', resolved_at = now()
            where f.task_row_id in (select (a.v ->> 'delivery_id')::uuid from jsonb_array_elements(notice.attempts) as a (v)) and f.status = 'dead';
            update public.notifications as n
            set delivery_id = new_delivery_id, sender_client_id = account.client_id, attempts = notice.attempts, reason = null,
                told_at = coalesce(n.told_at, dispatched)
            where n.id = any (tell.notification_ids);
            return;
        end if;
    end loop;

    update public.notifications as n
    set attempts = notice.attempts,
        status = case when notice.attempts @? '$[*].delivery_id' then 'failed' else 'skipped' end::public.notification_status,
        reason = (select string_agg((a.v ->> 'channel') || ': ' || (a.v ->> 'reason'), '; ' order by a.ord) from jsonb_array_elements(notice.attempts) with ordinality as a (v, ord))
    where n.id = any (tell.notification_ids);
end
$$;
comment on function private.tell(uuid[]) is
'Makes the message and delivery that tell one person of these notifications by the first channel not tried yet, in the person''s own order; where none is left, they are skipped (nothing was ever sent) or failed, with each channel''s reason. Where somebody else holds one of them, or one needs no telling any more, nothing happens. No two run at a time for one person.';
