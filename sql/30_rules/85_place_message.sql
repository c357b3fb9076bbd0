create or replace function private.place_message(d public.deliveries) returns public.deliveries
language plpgsql security definer set search_path = ''
as $$
declare
    account public.channel_accounts;
    lead public.leads;
    company text;
    t private.threads;
    template public.message_templates;
begin
    select * into lead from public.leads as l where l.client_id = d.client_id and l.id = d.lead_id;
    if not found then
        raise exception 'there is no such lead of this client' using errcode = 'PT404';
    end if;
    -- Where the lead wrote last, else the client's own choice.
    select a.* into account
    from public.channel_accounts as a
    left join private.threads as x on x.lead_id = lead.id and x.channel_account_id = a.id
    where a.client_id = d.client_id and a.status = 'active' and (a.id = d.channel_account_id or (d.channel_account_id is null and (x.id is not null or a.channel = 'whatsapp')))
    order by x.last_inbound_at desc nulls last, x.id is null, a.created_at, a.id
    limit 1;
    if not found then
        raise exception 'the client has no such active channel account to write from' using errcode = 'PT404';
    end if;
    if d.content ->> 'type' = 'template' and jsonb_typeof(d.content -> 'name') = 'string' then
        template := private.template_for(d.client_id, account.id, 'other', d.content ->> 'name');
        if template.id is null then
            raise exception 'there is no approved template named %', quote_literal(left(d.content ->> 'name', 100)) using errcode = '22023';
        end if;
        select c.company_name into company from public.clients as c where c.id = d.client_id;
        d.content := private.template_content(template, lead.name, company, null, null);
    else
        d.content := private.message_content(d.content, account.channel);
        if d.content is null then
            raise exception 'content must be {"type": "text", "text"} of 1 to 10000 characters, buttons, a list, media with a link, or {"type": "template", "name"}' using
                errcode = '22023', hint = 'buttons: {"text", "buttons": 1 to 3 of {"id", "title"}}; list: {"text", "button", "rows": 1 to 10 of {"id", "title"}}; media: {"media": image, audio, video or document, "link"}; an e-mail''s subject is one line.';
        end if;
    end if;

    insert into private.threads (client_id, lead_id, channel_account_id)
    values (d.client_id, lead.id, account.id)
    on conflict on constraint a_lead_has_one_thread_per_account do nothing;
    select * into strict t from private.threads as x where x.lead_id = lead.id and x.channel_account_id = account.id;
    perform private.lock_threads(array[t.id]);
    select * into strict t from private.threads as x where x.id = t.id;
    if t.interview_id is null then
        t.conversation_id := (
            select c.id from public.conversations as c
            where c.client_id = t.client_id and c.thread_id = t.id and c.status = 'open'
            order by c.created_at desc
            limit 1
        );
        if t.conversation_id is null then
            insert into public.conversations (lead_id, client_id, thread_id) values (lead.id, t.client_id, t.id) returning id into t.conversation_id;
        end if;
        update private.threads as x set conversation_id = t.conversation_id where x.id = t.id;
    end if;
    d.kind := 'message';
    d.thread_id := t.id;
    d.interview_id := t.interview_id;
    d.channel_account_id := account.id;
    d.channel := account.channel;
    d.message_id := gen_random_uuid();
    d.queue := 'high_priority';
    d.seq := t.last_seq + 1;
    return d;
end
$$;
comment on function private.place_message(public.deliveries) is
'Gives a message that a person or a tool writes to a lead its place: account, thread, live interview or open conversation, number in the order, wording of its template. Locks the thread. Raises PT404 for a lead or an account that is not the client''s, 22023 for a content that cannot be sent.';
