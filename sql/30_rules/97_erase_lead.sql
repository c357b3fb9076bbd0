create or replace function private.erase_lead(lead_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
    l public.leads;
begin
    -- Lock order: interviews, threads, leads, deliveries, messages.
    perform private.lock_threads(array(select t.id from private.threads as t where t.lead_id = erase_lead.lead_id));
    select * into strict l from public.leads as x where x.id = erase_lead.lead_id for no key update;
    if l.opted_out_at is null then
        -- Whoever is forgotten must not be found again by the next list: the number stays, for that alone.
        insert into public.consents (client_id, lead_id, granted, legal_basis, evidence)
        values (l.client_id, l.id, false, 'legal_obligation', '{"source": "erasure"}');
    end if;
    update public.leads as x set name = null, email = null, metadata = '{}' where x.id = l.id;
    delete from public.lead_identities as i where i.client_id = l.client_id and i.lead_id = l.id and i.kind not in ('phone', 'wa_id', 'bsuid', 'lid');

    update public.deliveries as d
    set status = 'cancelled', reason = 'the lead''s data was erased'
    where d.client_id = l.client_id and d.lead_id = l.id and d.status in ('queued', 'deferred') and d.kind <> 'goodbye';
    perform private.end_delivery(d.id)
    from public.deliveries as d
    where d.client_id = l.client_id and d.lead_id = l.id and d.status = 'cancelled' and d.task_id is not null;
    -- What is under way, too: its sender has it, and whatever comes of it, nothing but a goodbye goes to this lead any more.
    update public.deliveries as d
    set content = jsonb_build_object('type', d.content -> 'type', 'text', ''), error = d.error - 'message',
        reason = case when strpos(d.reason, d.error ->> 'message') > 0 then coalesce(d.error ->> 'code', 'the provider''s words were erased') else d.reason end
    where d.client_id = l.client_id and d.lead_id = l.id and (d.kind <> 'goodbye' or d.status not in ('queued', 'deferred', 'sending', 'unknown'));
    update public.reminders as r
    set reason = 'the lead''s data was erased'
    from public.interviews as i
    where i.client_id = l.client_id and i.lead_id = l.id and r.client_id = l.client_id and r.interview_id = i.id and r.delivery_id is not null and r.reason is not null;
    update public.failed_tasks as f
    set error = f.error - 'message'
    where f.client_id = l.client_id and f.error ? 'message' and f.task_row_id in (
        select d.id from public.deliveries as d where d.client_id = l.client_id and d.lead_id = l.id
        union all
        select t.id from private.threads as t where t.client_id = l.client_id and t.lead_id = l.id
        union all
        select m.id from public.media as m where m.client_id = l.client_id and m.lead_id = l.id
    );

    -- The raw items first: the messages know which are theirs.
    update public.webhook_events as e
    set payload = '{}'
    where e.client_id = l.client_id and e.provider_id in (
        select m.metadata ->> 'provider_id' from public.interview_messages as m join public.interviews as i on i.id = m.interview_id
        where i.client_id = l.client_id and i.lead_id = l.id
        union all
        select m.metadata ->> 'provider_id' from public.messages as m join public.conversations as c on c.id = m.conversation_id
        where c.client_id = l.client_id and c.lead_id = l.id
    );
    -- Then what no message was made of, and what mail providers say: they name the address in every item.
    update public.webhook_events as e
    set payload = '{}'
    where e.client_id = l.client_id and e.payload <> '{}'
        and (
            e.outcome in ('kept', 'preference', 'unrouted')
            or e.channel_account_id in (select a.id from public.channel_accounts as a where a.client_id = l.client_id and a.channel = 'email')
        )
        and exists (
            select from (
                select i.value from public.lead_identities as i where i.client_id = l.client_id and i.lead_id = l.id
                union all
                values (substr(l.phone, 2)), (l.email)
            ) as known (value)
            where char_length(known.value) >= 6 and strpos(lower(e.payload::text), lower(known.value)) > 0
        );
    update public.interview_messages as m
    set content = '', metadata = jsonb_strip_nulls(jsonb_build_object('type', m.metadata -> 'type', 'delivery_id', m.metadata -> 'delivery_id', 'erased', true))
    from public.interviews as i
    where i.client_id = l.client_id and i.lead_id = l.id and m.client_id = l.client_id and m.interview_id = i.id;
    update public.messages as m
    set content = '', metadata = jsonb_strip_nulls(jsonb_build_object('type', m.metadata -> 'type', 'delivery_id', m.metadata -> 'delivery_id', 'erased', true))
    from public.conversations as c
    where c.client_id = l.client_id and c.lead_id = l.id and m.client_id = l.client_id and m.conversation_id = c.id;

    delete from public.interview_answers as a using public.interviews as i where i.client_id = l.client_id and i.lead_id = l.id and a.interview_id = i.id;
    update public.turns as t
    set proposal = null, steps = '[]', error = null
    from private.threads as h
    where h.client_id = l.client_id and h.lead_id = l.id and t.client_id = l.client_id and t.thread_id = h.id;
    update public.interviews as i set metadata = '{}' where i.client_id = l.client_id and i.lead_id = l.id;
    -- What agents kept of it, asked for and were told in conversations. A conversion stays: its client is its own.
    update public.conversations as c set memory = '{}', summary = null, handed_over_reason = case when c.handed_over_reason is not null then 'os dados foram apagados' end
    where c.client_id = l.client_id and c.lead_id = l.id;
    update public.tool_calls as t
    set arguments = '{}', result = case when t.result is not null then '{}'::jsonb end, error = case when t.error is not null then 'erased' end
    where t.client_id = l.client_id and t.lead_id = l.id;
    update public.callbacks as b set note = null, status = case b.status when 'open' then 'cancelled' else b.status end where b.client_id = l.client_id and b.lead_id = l.id;
    update public.qualifications as q
    set proposed = '{}', problems = '{}', answers = '{}', settled_at = coalesce(q.settled_at, q.decided_at),
        reason = case when q.reason is not null then 'os dados foram apagados' end
    where q.client_id = l.client_id and q.lead_id = l.id;
    delete from private.intents as n where n.client_id = l.client_id and n.lead_id = l.id;

    -- What was made of it: the interview's report goes, the project's is written anew, the news of it lose its name.
    delete from public.reports as r using public.interviews as i where i.client_id = l.client_id and i.lead_id = l.id and r.interview_id = i.id;
    insert into private.project_changes (project_id) select distinct i.project_id from public.interviews as i where i.client_id = l.client_id and i.lead_id = l.id;
    -- Every attempt at telling it, the house client's too.
    update public.notifications as n
    set status = 'skipped', reason = 'the lead''s data was erased'
    where n.id in (select t.id from private.notifications_of_lead(l.id) as t where t.status = 'queued' and t.delivery_id is null);
    update public.deliveries as d
    set content = jsonb_build_object('type', d.content -> 'type', 'text', '')
    from private.notifications_of_lead(l.id) as n
    cross join jsonb_array_elements(n.attempts) as a (v)
    where d.id = (a.v ->> 'delivery_id')::uuid and d.status not in ('queued', 'deferred', 'sending', 'unknown');
    update public.messages as m
    set content = 'Dados apagados.'
    from private.notifications_of_lead(l.id) as n
    cross join jsonb_array_elements(n.attempts) as a (v)
    join public.deliveries as d on d.id = (a.v ->> 'delivery_id')::uuid
    where m.client_id = d.client_id and m.id = d.message_id;
    update public.notifications as n set text = 'Dados apagados.' where n.id in (select t.id from private.notifications_of_lead(l.id) as t);

    -- Files not fetched yet are never fetched, nor is one under way taken, nor a dead one replayed. Those in Storage can be removed through its API
    -- only: storage_path stays to find them by, and Storage's policy shows them to nobody.
    update public.media as m
    set file_name = null, provider_url = null
    where m.client_id = l.client_id and m.lead_id = l.id;
    perform private.end_media(m.id, 'expired', '{"code": "erased", "message": "the lead''s data was erased"}')
    from public.media as m
    where m.client_id = l.client_id and m.lead_id = l.id and m.status in ('waiting', 'failed');
end
$$;
comment on function private.erase_lead(uuid) is
'Erases what a client knows of a lead: name, e-mail address, metadata, what was said and answered, and what was made of it. Its number and ids stay so that it is not written to again; figures without it are made anew. Idempotent.';
