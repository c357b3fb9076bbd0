-- Made by `renum migration` from sql/ and policies/. Frozen once it is listed in migrations.lock.

-- source: sql/30_rules/76_fire_reminders.sql sha256:f91a105df618518321dbc5829514bdb7a2edf6326d7dbfdd306c31cc57c209ee
create or replace function private.fire_reminders() returns integer
language plpgsql security definer set search_path = ''
as $$
declare
    item record;
    reminder public.reminders;
    interview public.interviews;
    thread private.threads;
    fired integer := 0;
begin
    for item in
        select r.id, r.interview_id
        from public.reminders as r
        join public.interviews as i on i.id = r.interview_id
        join public.projects as p on p.id = i.project_id
        join public.clients as c on c.id = r.client_id
        where r.status = 'waiting' and r.delivery_id is null and r.due_at <= private.now() and r.step > 0
            and i.status = 'pending' and p.status = 'active' and c.status = 'active'
        order by r.due_at, r.id
        -- Few at a time: their leads' webhooks wait for the end of this transaction.
        limit 50
    loop
        begin
            -- Lock order: interview, thread. Whoever is locked is left for the next time.
            select * into interview from public.interviews as i where i.id = item.interview_id and i.status = 'pending' for no key update skip locked;
            continue when not found;
            select * into thread from private.threads as t where t.id = interview.thread_id and t.interview_id = interview.id for no key update skip locked;
            continue when not found;
            -- Under these locks it is asked again: another may have fired it, or the lead may have answered meanwhile.
            select * into reminder
            from public.reminders as r
            where r.id = item.id and r.status = 'waiting' and r.delivery_id is null and r.due_at <= private.now()
            for update;
            continue when not found;
            perform private.remind(reminder, interview, thread);
            fired := fired + 1;
        exception
            when deadlock_detected or lock_not_available or query_canceled then
                raise;
            when others then
                -- One that cannot be made must not stop the others, nor come again every second.
                update public.reminders as r set status = 'skipped', reason = sqlerrm where r.id = item.id and r.status = 'waiting' and r.delivery_id is null;
        end;
    end loop;
    return fired;
end
$$;
comment on function private.fire_reminders() is
'Fires the reminders that are due, of active projects, at most 50 at a time, each once however many run this. Run by the sweep. Returns how many.';

-- source: sql/30_rules/87_ingest_messages.sql sha256:b9bf94159d016c0dffddb6ff32ac8b2cc66ade50a97303299d9fd614fd2cd50d
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
        with said as (
            insert into public.messages (conversation_id, role, content, channel, metadata, client_id, seq, provider_timestamp)
            select t.conversation_id, 'user', coalesce(x.event #>> '{message,text}', ''), a.channel, private.message_metadata(x.event), t.client_id,
                t.last_seq + row_number() over (partition by t.id order by x.ord), (x.event ->> 'occurred_at')::timestamptz
            from jsonb_to_recordset(items) as x (ord bigint, thread_id uuid, event jsonb)
            join private.threads as t on t.id = x.thread_id
            join public.channel_accounts as a on a.id = t.channel_account_id
            where t.interview_id is null and t.conversation_id is not null
            order by x.ord
            returning client_id, conversation_id, seq
        )
        update private.threads as t
        set last_seq = s.newest, inbound_seq = s.newest, handled_seq = s.newest, last_inbound_at = private.now()
        from (select client_id, conversation_id, max(seq) as newest from said group by client_id, conversation_id) as s
        where t.client_id = s.client_id and t.conversation_id = s.conversation_id;
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

-- source: sql/40_triggers/62_follow_delivery.sql sha256:7b6241d166d6b42b6103f6702c660247672bea2af116ba58b5962f2010685429
create or replace function private.follow_delivery() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
    overtaken uuid[];
begin
    if new.status in ('failed', 'cancelled') then
        -- An earlier channel that was given up may have got through meanwhile: then nobody is told again.
        update public.notifications as n
        set status = case when t.id is null then 'queued' else 'sent' end::public.notification_status, reason = null, delivery_id = t.id, sender_client_id = t.client_id,
            attempts = jsonb_set(n.attempts, '{-1,reason}', to_jsonb(coalesce(new.reason, new.error ->> 'message', 'the delivery failed')))
        from public.notifications as m
        left join lateral (
            select d.client_id, d.id
            from jsonb_array_elements(m.attempts) as a (v)
            join public.deliveries as d on d.id = (a.v ->> 'delivery_id')::uuid
            where d.id <> new.id and d.status in ('delivered', 'read')
            limit 1
        ) as t on true
        where n.id = m.id and m.sender_client_id = new.client_id and m.delivery_id = new.id;
        return null;
    end if;
    update public.notifications as n
    set status = 'sent', reason = null
    where n.sender_client_id = new.client_id and n.delivery_id = new.id and n.status <> 'sent';
    if not found and old.status in ('queued', 'sending', 'unknown', 'failed', 'cancelled') then
        -- Given up, and it got through after all: whatever the next channel still holds is off.
        with
        earlier as materialized (
            select n.id, n.delivery_id from public.notifications as n
            where n.profile_id = new.profile_id and n.status <> 'sent' and n.attempts @> jsonb_build_array(jsonb_build_object('delivery_id', new.id))
        ),
        told as (
            update public.notifications as n
            set status = 'sent', reason = null, delivery_id = new.id, sender_client_id = new.client_id
            from earlier as e
            where n.id = e.id
        )
        select array_agg(e.delivery_id) into overtaken from earlier as e where e.delivery_id is not null;
        if overtaken is not null then
            update public.deliveries as d
            set status = 'cancelled', reason = 'the person was told by another channel'
            where d.id in (
                select x.id from public.deliveries as x
                where x.id = any (overtaken) and x.status in ('queued', 'deferred')
                order by x.id
                for no key update skip locked
            );
        end if;
    end if;
    return null;
end
$$;
comment on function private.follow_delivery() is
'Trigger: a notification is sent as its delivery is; one whose delivery failed or was cancelled, before or after the provider took it, waits to go on by the next channel, which is the sweep''s to choose, unless an earlier one has got through after all.';

create or replace trigger _900_follow_delivery after update of status on public.deliveries
for each row when (new.kind = 'notification' and new.status in ('sent', 'delivered', 'read', 'failed', 'cancelled') and old.status is distinct from new.status)
execute function private.follow_delivery();
