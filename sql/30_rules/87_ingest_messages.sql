create or replace function private.ingest_messages(items jsonb) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
    stored integer;
    more integer := 0;
    outside boolean;
    leaving uuid[];
begin
    -- items: [{"ord", "thread_id", "lead_id", "client_id", "event"}], their threads locked by the caller.
    -- What changes a lead's mind goes into the ledger: a word to be left alone, and one to hear from us again from whoever had said the former.
    with wishes as (
        select x.client_id, x.lead_id, x.thread_id, x.ord, x.event, private.wish_of(x.event) as granted, l.opted_out_at is null as before
        from jsonb_to_recordset(items) as x (ord bigint, thread_id uuid, lead_id uuid, client_id uuid, event jsonb)
        join public.leads as l on l.id = x.lead_id
    ),
    changes as (
        select w.*, coalesce(lag(w.granted) over (partition by w.lead_id order by w.ord), w.before) as earlier
        from wishes as w
        where w.granted is not null
    ),
    recorded as (
        insert into public.consents (client_id, lead_id, granted, legal_basis, evidence)
        select c.client_id, c.lead_id, c.granted, 'consent'::public.legal_basis,
            jsonb_build_object('source', 'message', 'text', c.event #>> '{message,text}', 'provider_id', c.event ->> 'provider_id')
        from changes as c
        where c.granted <> c.earlier
        order by c.lead_id, c.ord
        returning lead_id, granted
    )
    select array_agg(distinct c.thread_id) into leaving
    from changes as c
    where c.granted <> c.earlier and not c.granted and (select count(*) from recorded) > 0;

    outside := exists (
        select from jsonb_to_recordset(items) as x (thread_id uuid) join private.threads as t on t.id = x.thread_id where t.interview_id is null
    );
    if outside then
        -- What no interview waits for belongs to the lead's open conversation.
        insert into public.conversations (lead_id, client_id, thread_id)
        select distinct t.lead_id, t.client_id, t.id
        from jsonb_to_recordset(items) as x (thread_id uuid)
        join private.threads as t on t.id = x.thread_id
        where t.interview_id is null and t.conversation_id is null
            and not exists (select from public.conversations as c where c.client_id = t.client_id and c.thread_id = t.id and c.status = 'open');
        update private.threads as t
        set conversation_id = (
            select c.id from public.conversations as c
            where c.client_id = t.client_id and c.thread_id = t.id and c.status = 'open'
            order by c.created_at desc
            limit 1
        )
        where t.id in (select x.thread_id from jsonb_to_recordset(items) as x (thread_id uuid))
            and t.interview_id is null
            and (t.conversation_id is null or not exists (select from public.conversations as c where c.id = t.conversation_id and c.status = 'open'));
    end if;

    update private.threads as t
    set address = a.address
    from (
        select distinct on (x.thread_id) x.thread_id,
            jsonb_build_object('wa_id', x.event #> '{sender,wa_id}', 'bsuid', x.event #> '{sender,bsuid}')
            || jsonb_strip_nulls(jsonb_build_object('lid', x.event #> '{sender,lid}', 'phone', x.event #> '{sender,phone}')) as address
        from jsonb_to_recordset(items) as x (ord bigint, thread_id uuid, event jsonb)
        order by x.thread_id, x.ord desc
    ) as a
    where t.id = a.thread_id and t.address is distinct from a.address;

    insert into public.interview_messages (interview_id, role, content, metadata, client_id, seq, provider_timestamp)
    select t.interview_id, 'user', coalesce(x.event #>> '{message,text}', ''), private.message_metadata(x.event), t.client_id,
        t.last_seq + row_number() over (partition by t.id order by x.ord), (x.event ->> 'occurred_at')::timestamptz
    from jsonb_to_recordset(items) as x (ord bigint, thread_id uuid, event jsonb)
    join private.threads as t on t.id = x.thread_id
    where t.interview_id is not null
    order by x.ord;
    get diagnostics stored = row_count;

    if outside then
        -- Whom a person left alone for long enough, the agent answers again.
        perform private.hand_back(c.id)
        from jsonb_to_recordset(items) as x (thread_id uuid)
        join private.threads as t on t.id = x.thread_id
        join public.conversations as c on c.id = t.conversation_id
        where c.handed_over_at is not null
            and greatest(c.handed_over_at, c.person_wrote_at) < private.now() - make_interval(hours => private.setting_int('handover_hours'));
        insert into public.messages (conversation_id, role, content, channel, metadata, client_id, seq, provider_timestamp)
        select t.conversation_id, 'user', coalesce(x.event #>> '{message,text}', ''), a.channel, private.message_metadata(x.event), t.client_id,
            t.last_seq + row_number() over (partition by t.id order by x.ord), (x.event ->> 'occurred_at')::timestamptz
        from jsonb_to_recordset(items) as x (ord bigint, thread_id uuid, event jsonb)
        join private.threads as t on t.id = x.thread_id
        join public.channel_accounts as a on a.id = t.channel_account_id
        where t.interview_id is null and t.conversation_id is not null
        order by x.ord;
        select count(*) into more
        from jsonb_to_recordset(items) as x (thread_id uuid)
        join private.threads as t on t.id = x.thread_id
        where t.interview_id is null;
        update public.conversations as c
        set last_message_at = clock_timestamp()
        where c.id in (
            select t.conversation_id from jsonb_to_recordset(items) as x (thread_id uuid) join private.threads as t on t.id = x.thread_id where t.interview_id is null
        );
        -- Whoever answers a reminder by the channel that brought it is reminded no more.
        perform private.stop_reminders(o.client_id, o.interview_id, 'the lead answered', false)
        from private.threads as o
        where o.interview_id is not null and exists (
            select from jsonb_to_recordset(items) as x (thread_id uuid)
            join private.threads as t on t.id = x.thread_id
            join public.deliveries as d on d.client_id = o.client_id and d.interview_id = o.interview_id and d.channel_account_id = t.channel_account_id
            where t.client_id = o.client_id and t.lead_id = o.lead_id and t.interview_id is null
                and d.kind = 'reminder' and d.status in ('sent', 'delivered', 'read')
        ) and (o.client_id, o.lead_id) in (
            select t.client_id, t.lead_id from jsonb_to_recordset(items) as x (thread_id uuid) join private.threads as t on t.id = x.thread_id
        );
    end if;
    if items @? '$[*].event.message.amends ? (@ != null)' then
        perform private.amend_messages(items);
    end if;
    if items @? '$[*].event.becomes ? (@ != null)' then
        perform private.follow_changes(items);
    end if;
    -- Who has just written may be answered at any hour: what waits for one to write to them is looked at again, lest the reply wait behind it.
    update public.deliveries as d
    set due_at = private.now()
    where d.id in (
        select x.id from public.deliveries as x
        where x.thread_id in (select y.thread_id from jsonb_to_recordset(items) as y (thread_id uuid))
            and x.status = 'deferred' and x.task_id is null and x.due_at > private.now() and x.throttles = 0
        order by x.id
        for no key update skip locked
    );
    if leaving is not null then
        perform private.say_goodbye(t.id) from private.threads as t where t.id = any (leaving) and t.interview_id is null order by t.id;
        -- That was the answer.
        perform private.drop_turn(t.id) from private.threads as t where t.id = any (leaving) and t.interview_id is null;
        -- Their other accounts' interviews are answered by no turn.
        perform private.end_interview(o.interview_id, 'opted_out')
        from private.threads as o
        where o.interview_id is not null and o.id <> all (leaving)
            and (o.client_id, o.lead_id) in (select t.client_id, t.lead_id from private.threads as t where t.id = any (leaving));
    end if;
    return stored + more;
end
$$;
comment on function private.ingest_messages(jsonb) is
'Stores inbound messages in order on their threads: in the live interview, or else in the lead''s open conversation. Opt-out words reach the consent ledger before anything is answered. The caller holds the locks of all threads of these leads.';
