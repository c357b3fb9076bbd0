-- Made by `renum migration` from sql/ and policies/. Frozen once it is listed in migrations.lock.

-- source: sql/20_tables/05_settings.sql sha256:f2d1e2bef2de00f3b1de6e60960cd0e0bf68d1df50cd6ee5253e908074c17192 by hand
--   --- before
--   +++ now
--   @@ -10,4 +10,6 @@
--    ('ring_timeout_ms', '1500', 'How long a ring waits for its answer, which nobody reads.'),
--   -('debounce_ms', '800', 'How long a lead''s burst of messages is waited for after its last message.'),
--   +('debounce_ms', '800', 'How long a lead''s burst of messages is waited for after its last message. 0: not at all.'),
--   +('debounce_unfinished_ms', '2500', 'The same where the last message looks unfinished: it breaks off, or only announces the next.'),
--    ('debounce_max_ms', '8000', 'After this long since the first unanswered message a turn starts, whatever still comes.'),
--   +('visibility_s', '60', 'How long a turn''s or a delivery''s claim lasts that a commit hands on to its caller.'),
--    ('max_attempts', '4', 'Attempts at a task: the first and three retries.'),
--   @@ -16,3 +18,3 @@
--    ('max_tries', '3', 'How often a question is put again after an answer that is not valid; then it counts as refused.'),
--   -('admitted_tasks', '100', 'Tasks of one client that may be in one queue at once; the others wait in their rows.'),
--   +('admitted_tasks', '100', 'Tasks of one client that may be in one queue at once (turns: before they are begun); the others wait in their rows.'),
--    ('unknown_grace_s', '20', 'How long a delivery that may have left waits for the provider''s word before it is tried again.'),
insert into private.settings (key, value, comment) values
('debounce_unfinished_ms', '2500', 'The same where the last message looks unfinished: it breaks off, or only announces the next.'),
('visibility_s', '60', 'How long a turn''s or a delivery''s claim lasts that a commit hands on to its caller.')
on conflict (key) do nothing;
update private.settings set comment = 'How long a lead''s burst of messages is waited for after its last message. 0: not at all.' where key = 'debounce_ms';
update private.settings
set comment = 'Tasks of one client that may be in one queue at once (turns: before they are begun); the others wait in their rows.'
where key = 'admitted_tasks';

-- source: sql/20_tables/38_threads.sql sha256:de57d8968527fe0c6886bc66ee3f1c6e948dcb4d4ea3f3df128337accf28c1f9 by hand
--   --- before
--   +++ now
--   @@ -32,2 +32,4 @@
--    create index idx_threads_due on private.threads (due_at) where task_id is not null;
--   +create index idx_threads_waiting on private.threads (client_id, due_at) where task_id is null and due_at is not null;
--   +create index idx_threads_queued on private.threads (client_id) where task_id is not null;
--    comment on table private.threads is
--   @@ -36,3 +38,3 @@
--    comment on column private.threads.lease is 'The fencing token of the turn under way. A commit with another token writes nothing.';
--   -comment on column private.threads.due_at is 'When the task is to be looked at next: an estimate that the sweep rings by.';
--   +comment on column private.threads.due_at is 'When the turn is to be looked at next: an estimate that the sweep rings by. With a due_at and no task_id the turn waits for admission; null: nothing waits.';
--    comment on column private.threads.address is 'How the lead wrote last, verbatim: {"wa_id", "bsuid"}. Replies go there.';
create index idx_threads_waiting on private.threads (client_id, due_at) where task_id is null and due_at is not null;
create index idx_threads_queued on private.threads (client_id) where task_id is not null;
comment on column private.threads.due_at is 'When the turn is to be looked at next: an estimate that the sweep rings by. With a due_at and no task_id the turn waits for admission; null: nothing waits.';

-- source: sql/20_tables/60_failed_tasks.sql sha256:31155335d05606ca6a7dc167e767a8ab7729bd91b2836c46f5d5308cf4e9e7ea by hand
--   --- before
--   +++ now
--   @@ -12,3 +12,4 @@
--        replayed_at timestamptz,
--   -    resolved_at timestamptz
--   +    resolved_at timestamptz,
--   +    msg_id bigint
--    );
--   @@ -17 +18,2 @@
--    comment on table public.failed_tasks is 'The dead letters: work that failed for good, with its error. The queue of the same name carries their ids.';
--   +comment on column public.failed_tasks.msg_id is 'The message in the queue failed_tasks that carries this row''s id, while it is dead.';
alter table public.failed_tasks add column msg_id bigint;
comment on column public.failed_tasks.msg_id is 'The message in the queue failed_tasks that carries this row''s id, while it is dead.';

-- source: sql/30_rules/25_looks_unfinished.sql sha256:5a06bbba81516204bd2e11e0fa3bb2264bd0c72ee18a2d5f824ae652eb472479
create or replace function private.looks_unfinished(txt text) returns boolean
language sql immutable set search_path = ''
as $$
    select coalesce(
        btrim(looks_unfinished.txt) ~ '([,;:…(]|\.\.|[^-]-)$'
        -- The last word asks for another: a conjunction, a preposition, an article. "é" is "yes" as often as it is a beginning, so accents count.
        or lower(normalize(btrim(looks_unfinished.txt), nfc)) ~ concat(
            '(^|\s)(e|mas|porque|pq|por causa|que|se|quando|ou|com|sem|para|pra|pro|de|do|da|dos|das|em|no|na|nos|nas',
            '|o|a|os|as|um|uma|tipo|então|entao|além disso|alem disso)$'
        )
        -- Not said yet, only announced.
        or private.plain(looks_unfinished.txt) in ('pera', 'perai', 'espera', 'espera ai', 'calma', 'so um momento', 'um momento', 'um minuto', 'so um minuto', 'deixa eu ver', 'deixa eu pensar', 'ja respondo'),
        false
    );
$$;
comment on function private.looks_unfinished(text) is
'Whether what a lead wrote breaks off in the middle or only announces that more will come: then its burst is waited for longer.';

-- source: sql/30_rules/26_debounce_ms.sql sha256:17031cc32274a2b5adeffccb4a0cfb1be1b09ffe3378f13f2ff21935885472b6
create or replace function private.debounce_ms(metadata jsonb, content text, question_type text) returns integer
language sql stable set search_path = ''
as $$
    select case
        when s.pause = 0 then 0
        -- A tap is a whole answer, and who wants to be left alone is not kept waiting.
        when coalesce(debounce_ms.metadata ->> 'type', 'text') in ('button', 'list', 'flow') or private.is_opt_out(debounce_ms.content) then 0
        -- One word answers a closed question, unless it is a "mas" or a "porque". One or two letters are an option's.
        when debounce_ms.question_type in ('number', 'scale', 'yes_no', 'choice') and btrim(debounce_ms.content) ~ '^\S+$'
            and (length(btrim(debounce_ms.content)) <= 2 or not private.looks_unfinished(debounce_ms.content)) then 0
        when private.looks_unfinished(debounce_ms.content) then greatest(s.pause, private.setting_int('debounce_unfinished_ms'))
        else s.pause
    end
    from (select private.setting_int('debounce_ms') as pause) as s;
$$;
comment on function private.debounce_ms(jsonb, text, text) is
'Milliseconds to wait for more after this message (metadata, content) of a lead who was last asked a question of that type (null: none). None after a tap, an opt-out or one word to a closed question; longer after what looks unfinished.';

-- source: sql/30_rules/27_question_type.sql sha256:c63de06721316ee728d5c95cc6ef1a845ed5a39207b0be43c4af2b62936be7ab
create or replace function private.question_type(interview_id uuid) returns text
language sql stable security definer set search_path = ''
as $$
    select q.v ->> 'type'
    from public.interviews as i
    join public.projects as p on p.id = i.project_id
    cross join jsonb_array_elements(p.config #> '{questionnaire,questions}') as q (v)
    where i.id = question_type.interview_id and q.v ->> 'key' = i.current_question
    limit 1;
$$;
comment on function private.question_type(uuid) is 'The type of the question that an interview''s lead was last asked; null before the first one.';

-- source: sql/30_rules/45_retry_wait.sql sha256:6561581cfa8a5cc5023061fb0299cd770b4312656a8c677e49d81363bcd765d8
create or replace function private.retry_wait(error jsonb, retryable boolean, attempts integer, out wait interval, out counted boolean)
language sql stable set search_path = ''
as $$
    select
        case
            when not retryable then null
            -- Throttled: the other side says when to come back, and that was no attempt at the work.
            when e.after_ms is not null then make_interval(secs => least(greatest(e.after_ms, 1), 3600000) / 1000.0)
            when retry_wait.attempts < private.setting_int('max_attempts') then make_interval(secs => coalesce(
                (private.setting('retry_after_s') ->> (retry_wait.attempts - 1))::integer, (private.setting('retry_after_s') ->> -1)::integer
            ))
        end,
        e.after_ms is null
    from (
        select case jsonb_typeof(retry_wait.error -> 'retry_after_ms') when 'number' then (retry_wait.error ->> 'retry_after_ms')::numeric end as after_ms
    ) as e;
$$;
comment on function private.retry_wait(jsonb, boolean, integer) is
'When work that failed so many times is tried again: wait (null: never) and whether the attempt counted. 1, 5, 25 seconds after a failure; after error.retry_after_ms, at most an hour, when the other side throttled.';

-- source: sql/30_rules/46_bury.sql sha256:41898db38fb0bec9edf10471f66f3d164ffc37e4dbf51ecff0e88919c6773572
create or replace function private.bury(queue text, task text, task_row_id uuid, client_id uuid, msg_id bigint, error jsonb, attempts integer) returns uuid
language plpgsql security definer set search_path = ''
as $$
declare
    failed_id uuid := gen_random_uuid();
begin
    insert into public.failed_tasks (id, client_id, queue, task, task_row_id, payload, error, attempts, msg_id)
    values (
        failed_id, bury.client_id, bury.queue, bury.task, bury.task_row_id,
        private.task_message(bury.task, bury.task_row_id, bury.client_id, bury.attempts), bury.error, bury.attempts,
        (select s.id from pgmq.send('failed_tasks', jsonb_build_object('id', failed_id, 'client_id', bury.client_id), 0) as s (id))
    );
    if bury.msg_id is not null then
        perform pgmq.delete(bury.queue, bury.msg_id);
    end if;
    return failed_id;
end
$$;
comment on function private.bury(text, text, uuid, uuid, bigint, jsonb, integer) is
'Ends a task for good: a row in failed_tasks, its id on the queue of that name, the task gone from its own queue.';

-- source: sql/30_rules/52_template_for.sql sha256:b8713e3686a0268a080d63ea502f06abebca575580f103894f57981d812b7d5b
create or replace function private.template_for(client_id uuid, channel_account_id uuid, purpose public.template_purpose, name text)
returns public.message_templates
language sql stable set search_path = ''
as $$
    -- SECURITY: under the asker's rights, as private.account_for.
    select t
    from public.message_templates as t
    where t.client_id = template_for.client_id
        and (t.channel_account_id is null or t.channel_account_id = template_for.channel_account_id)
        and t.status = 'approved'
        and (t.name = template_for.name or (template_for.name is null and t.purpose = template_for.purpose))
    order by t.channel_account_id is null, t.created_at, t.id
    limit 1;
$$;
comment on function private.template_for(uuid, uuid, public.template_purpose, text) is
'The approved template to use on an account: the one of that name, or without a name the oldest of that purpose. A row of nulls if there is none.';

-- source: sql/30_rules/53_account_for.sql sha256:d8aadf5deb12182593b26f580c440a0398e6bd16a1b5a4701bfe6e7fdc3e6aca
create or replace function private.account_for(client_id uuid, channel_account_id uuid) returns uuid
language sql stable set search_path = ''
as $$
    -- SECURITY: under the asker's rights. A trigger asks before the policies refuse a row in another client's name; its answer must not tell what that client has.
    select a.id
    from public.channel_accounts as a
    where a.client_id = account_for.client_id and a.channel = 'whatsapp'
        and (a.id = account_for.channel_account_id or account_for.channel_account_id is null) and a.status = 'active'
    order by a.created_at, a.id
    limit 1;
$$;
comment on function private.account_for(uuid, uuid) is 'The WhatsApp account to write from: the one given, or the client''s oldest; active ones only. null if there is none.';

-- source: sql/30_rules/68_retry_delivery.sql sha256:41c095ff5f1ab3c2ef3169cb973b710c39a8a163d02fc9dc940ecdcd5e8ec4c0
create or replace function private.retry_delivery(delivery_id uuid, error jsonb, retryable boolean) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    d public.deliveries;
    again record;
begin
    select * into strict d from public.deliveries as x where x.id = retry_delivery.delivery_id;
    select * into again from private.retry_wait(retry_delivery.error, retry_delivery.retryable, d.attempts);
    if again.wait is not null then
        update public.deliveries as x
        set status = 'queued', claim = null, error = retry_delivery.error, due_at = clock_timestamp() + again.wait,
            attempts = case when again.counted then x.attempts else x.attempts - 1 end
        where x.id = d.id;
        perform pgmq.set_vt(d.queue, d.task_id, ceil(extract(epoch from again.wait))::integer);
        return jsonb_build_object('outcome', 'retry', 'retry_in_ms', ceil(extract(epoch from again.wait) * 1000)::integer);
    end if;
    perform private.bury(d.queue, 'delivery', d.id, d.client_id, d.task_id, retry_delivery.error, d.attempts);
    update public.deliveries as x
    set status = 'failed', claim = null, error = retry_delivery.error, task_id = null, reason = retry_delivery.error ->> 'message'
    where x.id = d.id;
    return jsonb_build_object('outcome', 'dead', 'retry_in_ms', null);
end
$$;
comment on function private.retry_delivery(uuid, jsonb, boolean) is
'After a failed attempt at a delivery: again after 1, 5, 25 seconds (throttled: when error.retry_after_ms says, uncounted), or, when that was the last one or the error is permanent, failed and a dead letter.';

-- source: sql/30_rules/71_admit_turns.sql sha256:0df301c7b86465928dc75954b0081e8b070d7519ef11ceb24f1d6ba5fb634b46
create or replace function private.admit_turns(client_id uuid) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
    free integer;
    ids uuid[];
    msg_ids bigint[];
begin
    if not exists (select from private.threads as t where t.client_id = admit_turns.client_id and t.task_id is null and t.due_at is not null) then
        return 0;
    end if;
    select private.setting_int('admitted_tasks') - count(*) into free
    from private.threads as t
    where t.client_id = admit_turns.client_id and t.task_id is not null and t.lease is null;
    -- A thread somebody holds is left for the next time: this never waits, so it may be called under other locks.
    ids := array(
        select t.id
        from private.threads as t
        where t.client_id = admit_turns.client_id and t.task_id is null and t.due_at is not null
        order by t.due_at, t.id
        limit greatest(free, 0)
        for update skip locked
    );
    if cardinality(ids) = 0 then
        return 0;
    end if;
    msg_ids := array(
        select s.id
        from pgmq.send_batch('high_priority', array(
            select private.task_message('agent_turn', u.id, admit_turns.client_id, 1) from unnest(ids) with ordinality as u (id, ord) order by u.ord
        ), 0) as s (id)
    );
    update private.threads as t
    set task_id = u.msg_id
    from unnest(ids, msg_ids) as u (id, msg_id)
    where t.id = u.id;
    return cardinality(ids);
end
$$;
comment on function private.admit_turns(uuid) is
'Puts a client''s waiting turns into high_priority, the longest waiting first, as far as its share (admitted_tasks, turns under way not counted) goes. Returns how many. So a client whose leads all answer at once cannot stand before another''s reply.';

-- source: sql/30_rules/72_queue_turn.sql sha256:1fde39440145ab1aaa1bbda568a451a07ca6bdaec23becf9c5e6779210ede543
create or replace function private.queue_turn(thread_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
begin
    update private.threads as t
    set due_at = greatest(t.not_before, clock_timestamp()), attempts = 0
    where t.id = queue_turn.thread_id and t.task_id is null and t.inbound_seq > t.handled_seq;
    perform private.admit_turns(t.client_id) from private.threads as t where t.id = queue_turn.thread_id;
end
$$;
comment on function private.queue_turn(uuid) is 'Has a turn of a thread that has unhandled input wait for admission, unless one is queued. Idempotent.';

-- source: sql/30_rules/76_retry_turn.sql sha256:821ea383cb1227ab3c8f81aaf74787e75ec89b3c0584ad8d35fa1ecb18608762
create or replace function private.retry_turn(thread_id uuid, error jsonb, retryable boolean, status public.turn_status) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    t private.threads;
    again record;
begin
    select * into strict t from private.threads as x where x.id = retry_turn.thread_id;
    if t.lease is not null then
        -- A crash is noticed late: what it held ended when its lease lapsed.
        insert into public.turns (id, client_id, thread_id, interview_id, status, from_seq, to_seq, attempt, reruns, error, started_at, finished_at)
        values (
            t.lease, t.client_id, t.id, t.interview_id, retry_turn.status, t.handled_seq, t.lease_seq, t.attempts, t.reruns, retry_turn.error,
            t.lease_began_at, case retry_turn.status when 'crashed' then t.lease_until else clock_timestamp() end
        )
        on conflict (id) do nothing;
    end if;
    select * into again from private.retry_wait(retry_turn.error, retry_turn.retryable, t.attempts);
    if again.wait is not null then
        update private.threads as x
        set lease = null, lease_until = null, due_at = clock_timestamp() + again.wait, attempts = case when again.counted then x.attempts else x.attempts - 1 end
        where x.id = t.id;
        perform pgmq.set_vt('high_priority', t.task_id, ceil(extract(epoch from again.wait))::integer);
        return jsonb_build_object('outcome', 'retry', 'retry_in_ms', ceil(extract(epoch from again.wait) * 1000)::integer);
    end if;
    -- The input stays unhandled: the lead's next message, or a replay, has it answered after all.
    perform private.bury('high_priority', 'agent_turn', t.id, t.client_id, t.task_id, retry_turn.error, t.attempts);
    update private.threads as x
    set lease = null, lease_until = null, task_id = null, due_at = null, attempts = 0
    where x.id = t.id;
    return jsonb_build_object('outcome', 'dead', 'retry_in_ms', null);
end
$$;
comment on function private.retry_turn(uuid, jsonb, boolean, public.turn_status) is
'After a failed turn: again after 1, 5, 25 seconds (throttled: when error.retry_after_ms says, uncounted), or, when that was the last attempt or the error is permanent, a dead letter. The attempt is kept in turns.';

-- source: sql/30_rules/77_begin_turns.sql sha256:c236de5135c89816244fe490bc3a38f3d18dc5fbaa9bbc0a92c72357a9b3f5ab
create or replace function private.begin_turns(tasks jsonb, visibility_s integer) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    task record;
    t private.threads;
    right_now timestamptz := clock_timestamp();
    granted jsonb := '[]';
begin
    for task in
        select (x ->> 'id')::uuid as id, (x ->> 'msg_id')::bigint as msg_id
        from jsonb_array_elements(tasks) as x
        order by 1
    loop
        -- Never waits: claim-then-wait here against lock-then-delete in a commit would deadlock.
        select * into t from private.threads as x where x.id = task.id for update skip locked;
        if not found then
            -- Locked this very moment, mostly by the record of the reply before: the caller keeps the task and asks again at once.
            select * into t from private.threads as x where x.id = task.id;
            if not found then
                perform pgmq.delete('high_priority', task.msg_id);
            elsif t.task_id = task.msg_id then
                granted := granted || private.turn_task(t, 15);
            end if;
            continue;
        end if;
        if t.task_id is distinct from task.msg_id then
            perform pgmq.delete('high_priority', task.msg_id);
            continue;
        end if;
        if t.inbound_seq <= t.handled_seq or t.interview_id is null then
            perform private.drop_turn(t.id);
            continue;
        end if;
        if t.lease_until > right_now then
            perform pgmq.set_vt('high_priority', task.msg_id, ceil(extract(epoch from t.lease_until - right_now))::integer);
            continue;
        end if;
        if t.lease is not null then
            -- Its instance died. That was an attempt.
            perform private.retry_turn(t.id, '{"code": "no_result", "message": "the attempt came back with no result"}', true, 'crashed');
            continue;
        end if;
        perform pgmq.set_vt('high_priority', task.msg_id, visibility_s);
        if t.not_before > right_now then
            -- The caller holds it: nobody else is to look before the task shows again.
            update private.threads as x set due_at = right_now + make_interval(secs => visibility_s) where x.id = t.id;
            granted := granted || private.turn_task(t, ceil(extract(epoch from t.not_before - right_now) * 1000)::integer);
            continue;
        end if;
        update private.threads as x
        set lease = gen_random_uuid(), lease_until = right_now + make_interval(secs => visibility_s), lease_seq = x.inbound_seq, lease_began_at = right_now,
            due_at = right_now + make_interval(secs => visibility_s), attempts = x.attempts + 1, reruns = 0
        where x.id = t.id
        returning * into t;
        granted := granted || private.turn_task(t, 0);
    end loop;
    -- What is begun makes room for what waits.
    perform private.admit_turns(c.client_id) from (select distinct (x ->> 'client_id')::uuid as client_id from jsonb_array_elements(granted) as x) as c;
    return granted;
end
$$;
comment on function private.begin_turns(jsonb, integer) is
'Leases the threads of tasks just read: one live lease per thread, fencing token = claim. Sorts out what is done or busy, counts a lease that lapsed as a failed attempt, says how long a debounce still runs, and admits further turns of the same clients. Never waits for a lock.';

-- source: sql/30_rules/93_begin_reports.sql sha256:d0840de08451a2797a7bf08c81c93c983e6c72e77f69ef054c63dd3f7e992e1f
create or replace function private.begin_reports(tasks jsonb, visibility_s integer) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    task record;
    r public.reports;
    figures jsonb;
    granted jsonb := '[]';
begin
    for task in
        select (x ->> 'id')::uuid as id, (x ->> 'msg_id')::bigint as msg_id, x ->> 'queue' as queue
        from jsonb_array_elements(tasks) as x
        order by 1
    loop
        select * into r from public.reports as x where x.id = task.id for update skip locked;
        if not found then
            if exists (select from public.reports as x where x.id = task.id) then
                perform pgmq.set_vt(task.queue, task.msg_id, 1);
            else
                perform pgmq.delete(task.queue, task.msg_id);
            end if;
            continue;
        end if;
        if r.task_id is distinct from task.msg_id then
            perform pgmq.delete(task.queue, task.msg_id);
            continue;
        end if;
        if r.due_at > clock_timestamp() + interval '500 milliseconds' then
            perform pgmq.set_vt(task.queue, task.msg_id, ceil(extract(epoch from r.due_at - clock_timestamp()))::integer);
            continue;
        end if;
        if r.status = 'writing' then
            -- Its instance died. That was an attempt.
            perform private.retry_report(r.id, '{"code": "no_result", "message": "the attempt came back with no result"}', true);
            continue;
        end if;
        perform pgmq.set_vt(task.queue, task.msg_id, visibility_s);
        begin
            figures := case r.kind when 'project' then private.project_statistics(r.project_id) else private.interview_statistics(r.interview_id) end;
        exception
            when deadlock_detected or lock_not_available or query_canceled then
                raise;
            when others then
                -- Every claim comes by here: one project's figures must not stop the others' reports.
                update public.reports as x set attempts = x.attempts + 1 where x.id = r.id;
                perform private.retry_report(r.id, jsonb_build_object('code', sqlstate, 'message', sqlerrm), true);
                continue;
        end;
        -- What changes from here on makes it stale again.
        update public.reports as x
        set status = 'writing', stale = false, statistics = figures, claim = gen_random_uuid(), attempts = x.attempts + 1,
            due_at = clock_timestamp() + make_interval(secs => visibility_s)
        where x.id = r.id
        returning * into r;
        granted := granted || (
            select jsonb_build_object(
                'task', 'report', 'queue', task.queue, 'msg_id', r.task_id, 'id', r.id, 'client_id', r.client_id, 'attempt', r.attempts, 'claim', r.claim, 'wait_ms', 0,
                'work', jsonb_build_object(
                    'report_id', r.id, 'kind', r.kind, 'company_name', c.company_name,
                    'project', jsonb_build_object('name', p.name, 'type', p.type, 'goal', p.config ->> 'goal'),
                    'statistics', figures, 'model', g.config ->> 'model'
                )
            )
            from public.projects as p
            join public.clients as c on c.id = p.client_id
            left join public.renus_config as g on g.id = p.renus_config_id
            where p.id = r.project_id
        );
    end loop;
    return granted;
end
$$;
comment on function private.begin_reports(jsonb, integer) is 'Claims the reports of tasks just read and computes their figures. Never waits for a lock.';

-- source: sql/30_rules/94_retry_report.sql sha256:1b2a0db3942d4906de88e6b53a5d1419a9e9d7f8c03f6281ba34bf7426302b81
create or replace function private.retry_report(report_id uuid, error jsonb, retryable boolean) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    r public.reports;
    again record;
begin
    select * into strict r from public.reports as x where x.id = retry_report.report_id;
    select * into again from private.retry_wait(retry_report.error, retry_report.retryable, r.attempts);
    if again.wait is not null then
        update public.reports as x
        set status = 'queued', stale = true, claim = null, error = retry_report.error, due_at = clock_timestamp() + again.wait,
            attempts = case when again.counted then x.attempts else x.attempts - 1 end
        where x.id = r.id;
        perform pgmq.set_vt('low_priority', r.task_id, ceil(extract(epoch from again.wait))::integer);
        return jsonb_build_object('outcome', 'retry', 'retry_in_ms', ceil(extract(epoch from again.wait) * 1000)::integer);
    end if;
    perform private.bury('low_priority', 'report', r.id, r.client_id, r.task_id, retry_report.error, r.attempts);
    update public.reports as x
    set status = 'failed', stale = true, claim = null, error = retry_report.error, task_id = null
    where x.id = r.id;
    return jsonb_build_object('outcome', 'dead', 'retry_in_ms', null);
end
$$;
comment on function private.retry_report(uuid, jsonb, boolean) is 'After a failed attempt at a report: again after 1, 5, 25 seconds (throttled: when error.retry_after_ms says, uncounted), or failed and a dead letter.';

-- source: sql/30_rules/98_sweep.sql sha256:1c4824d9eb461649d31d0940f1f0a68a6ff1dbc0007aca82889006b7960ef248
create or replace function private.sweep() returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    item record;
    note public.notifications;
    rung text[] := '{}';
begin
    if not pg_try_advisory_xact_lock(hashtextextended('renum sweep', 0)) then
        return '{"busy": true}';
    end if;
    -- Reports of projects whose figures changed.
    for item in
        with gone as (delete from private.project_changes as c returning c.project_id)
        select distinct g.project_id from gone as g order by 1
    loop
        perform private.queue_report(item.project_id, null, false);
    end loop;
    -- Notifications to send.
    for note in
        select * from public.notifications as n
        where n.status = 'queued' and n.delivery_id is null
        order by n.created_at
        limit 200
        for update skip locked
    loop
        perform private.send_notification(note);
    end loop;
    -- Invitations that have room, and whatever else waits for admission.
    for item in select c.client_id from private.clients_to_invite() as c (client_id) loop
        perform private.invite_next(item.client_id);
    end loop;
    for item in select distinct t.client_id from private.threads as t where t.task_id is null and t.due_at is not null loop
        perform private.admit_turns(item.client_id);
    end loop;
    for item in
        select distinct d.client_id, d.queue from public.deliveries as d
        where d.status in ('queued', 'deferred') and d.task_id is null and d.due_at <= now()
    loop
        perform private.admit_deliveries(item.client_id, item.queue);
    end loop;
    for item in
        select distinct r.client_id from public.reports as r where r.stale and r.task_id is null and r.due_at <= now() and r.status <> 'failed'
    loop
        perform private.admit_reports(item.client_id);
    end loop;
    -- Ring for every queue that has something due: new, put off, or held by somebody who died.
    if exists (select from private.threads as t where t.task_id is not null and t.due_at <= clock_timestamp())
        or exists (select from public.deliveries as d where d.queue = 'high_priority' and d.task_id is not null and d.due_at <= clock_timestamp()) then
        rung := rung || 'agent_turn'::text;
    end if;
    if exists (select from public.deliveries as d where d.queue = 'default' and d.task_id is not null and d.due_at <= clock_timestamp()) then
        rung := rung || 'deliver'::text;
    end if;
    if exists (select from public.reports as r where r.task_id is not null and r.due_at <= clock_timestamp()) then
        rung := rung || 'report'::text;
    end if;
    perform private.ring(f) from unnest(rung) as f;
    return jsonb_build_object('rung', to_jsonb(rung));
end
$$;
comment on function private.sweep() is
'The safety net under the doorbell, run by pg_cron: admits what waits, makes what only commits'' notes ask for (project reports, notifications), and rings for every queue with something due. Everything it does is idempotent.';

-- source: sql/40_triggers/60_count_inbound.sql sha256:a267c9d1ded222d0997fe90a0578869c5d9fb2188abc44cd7d7bffe7b2ee550c
create or replace function private.count_inbound() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
    longest interval := make_interval(secs => private.setting_int('debounce_max_ms') / 1000.0);
    right_now timestamptz := clock_timestamp();
    client_id uuid;
    sooner record;
    work integer := 0;
begin
    -- Lock order: threads by id; ingest holds these locks already.
    perform from private.threads as t
    where (t.client_id, t.interview_id) in (select n.client_id, n.interview_id from new_rows as n where n.role = 'user')
    order by t.id
    for update;
    for sooner in
        with
        said as (
            -- The last message of a burst says whether there is more to come; an opt-out among them waits for nothing.
            select m.client_id, m.interview_id, max(m.seq) as newest, max(m.seq) filter (where m.wanted) as newest_to_answer,
                make_interval(secs => case
                    when bool_or(private.is_opt_out(m.content)) then 0
                    else private.debounce_ms(
                        (array_agg(m.metadata order by m.seq desc) filter (where m.wanted))[1], (array_agg(m.content order by m.seq desc) filter (where m.wanted))[1],
                        private.question_type(m.interview_id)
                    )
                end / 1000.0) as pause
            from (select n.*, private.needs_answer(n.metadata, n.content) as wanted from new_rows as n where n.role = 'user') as m
            group by m.client_id, m.interview_id
        ),
        counted as (
            update private.threads as t
            set last_seq = greatest(t.last_seq, s.newest), inbound_seq = greatest(t.inbound_seq, s.newest_to_answer), last_inbound_at = right_now,
                waiting_since = case when s.newest_to_answer is null then t.waiting_since else coalesce(t.waiting_since, right_now) end,
                not_before = case
                    when s.newest_to_answer is null then t.not_before
                    else least(right_now + s.pause, coalesce(t.waiting_since, right_now) + longest)
                end
            from said as s
            join private.threads as earlier on earlier.client_id = s.client_id and earlier.interview_id = s.interview_id
            where t.id = earlier.id
            returning t.id, t.task_id, t.lease, t.not_before, earlier.not_before as not_before_earlier
        )
        select c.id, c.task_id from counted as c
        where c.task_id is not null and c.lease is null and c.not_before < c.not_before_earlier - interval '20 milliseconds'
    loop
        -- Somebody holds the turn for a longer wait than there is now: it shows again at once, and whoever comes first begins it.
        perform pgmq.set_vt('high_priority', sooner.task_id, 0);
        update private.threads as t set due_at = t.not_before where t.id = sooner.id;
        work := work + 1;
    end loop;
    update private.threads as t
    set due_at = t.not_before, attempts = 0
    from public.leads as l
    where (t.client_id, t.interview_id) in (
            select n.client_id, n.interview_id from new_rows as n where n.role = 'user' and private.needs_answer(n.metadata, n.content)
        )
        and t.task_id is null and t.inbound_seq > t.handled_seq
        and l.id = t.lead_id and l.status <> 'blocked';
    for client_id in select distinct n.client_id from new_rows as n order by 1 loop
        work := work + private.admit_turns(client_id);
    end loop;
    if work > 0 then
        perform private.ring('agent_turn');
    end if;
    return null;
end
$$;
comment on function private.count_inbound() is
'Trigger: counts what leads said on their threads, starts the debounce, and has one turn wait for admission for each thread that has something to answer and none queued.';

create or replace trigger _900_count_inbound after insert on public.interview_messages
referencing new table as new_rows
for each statement execute function private.count_inbound();

-- source: sql/40_triggers/66_leave_failed_queue.sql sha256:ffcd84c0d3b9451d5b2d5f367990c90d97fa90d7b99ec231b0a83908ade6a468
create or replace function private.leave_failed_queue() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    perform pgmq.delete('failed_tasks', old.msg_id);
    new.msg_id := null;
    return new;
end
$$;
comment on function private.leave_failed_queue() is 'Trigger: a dead letter that is replayed or resolved is taken from the queue failed_tasks, so that the queue holds what somebody must look at.';

create or replace trigger _500_leave_failed_queue before update of status on public.failed_tasks
for each row when (old.status = 'dead' and new.status <> 'dead' and old.msg_id is not null) execute function private.leave_failed_queue();

-- source: sql/60_rpc/public/invite_member.sql sha256:31e23faa16ca473b8ce8628be5aeadfb114207e8fb44a65b0bc202deb194b67c
create or replace function public.invite_member(client_id uuid, email text, role public.member_role default 'staff')
returns public.client_members
language plpgsql security definer set search_path = ''
as $$
begin
    -- SECURITY: null is in no set, and not "not in" it either.
    if not coalesce(invite_member.client_id in (select private.owned_client_ids()), false) then
        raise exception 'only an owner of the client, or an admin, invites people' using errcode = '42501';
    end if;
    return private.add_member(invite_member.client_id, invite_member.email, invite_member.role);
end
$$;
comment on function public.invite_member(uuid, text, public.member_role) is
'Owners and admins: invites a person by e-mail address; the membership becomes active when the person confirms that address. Idempotent.';

-- source: sql/60_rpc/public/queue_metrics.sql sha256:9cdc8f1efa74b3c8f35e9c8ceb34b942c42db7c3670858915853b05887760200
create or replace function public.queue_metrics() returns table (queue text, waiting bigint, queued bigint, oldest_seconds integer)
language sql stable security definer set search_path = ''
as $$
    -- Counted from the rows, not from pgmq: so a tenant sees its own work only.
    with
    mine as materialized (select private.visible_client_ids() as id),
    work as (
        select 'high_priority' as queue, t.task_id, t.due_at from private.threads as t
        where t.client_id in (select m.id from mine as m) and t.task_id is not null
        union all
        select 'high_priority', null, t.due_at from private.threads as t
        where t.client_id in (select m.id from mine as m) and t.task_id is null and t.due_at is not null
        union all
        select d.queue, d.task_id, d.due_at from public.deliveries as d
        where d.client_id in (select m.id from mine as m) and d.status in ('queued', 'deferred', 'sending', 'unknown')
        union all
        select 'low_priority', r.task_id, r.due_at from public.reports as r
        where r.client_id in (select m.id from mine as m) and (r.task_id is not null or (r.stale and r.status <> 'failed'))
        union all
        select 'failed_tasks', 0, f.created_at from public.failed_tasks as f
        where f.client_id in (select m.id from mine as m) and f.status = 'dead'
    )
    select q.name, count(w.queue) filter (where w.task_id is null), count(w.task_id),
        greatest(0, extract(epoch from now() - min(w.due_at)))::integer
    from unnest(array['high_priority', 'default', 'low_priority', 'failed_tasks']) with ordinality as q (name, ord)
    left join work as w on w.queue = q.name
    group by q.name, q.ord
    order by q.ord;
$$;
comment on function public.queue_metrics() is
'The caller''s work by queue: waiting in rows, queued in pgmq, and for how many seconds the oldest has been due. Admins see everybody''s. Read-only.';

-- source: sql/60_rpc/public/remove_member.sql sha256:870735983166e08b996f44835ad854e6cba4235cc4f33f7da3e0b18402bebda0
create or replace function public.remove_member(member_id uuid) returns public.client_members
language plpgsql security definer set search_path = ''
as $$
declare
    member public.client_members;
begin
    -- One change of a client's people at a time, as in private.add_member.
    perform from public.clients as c
    where c.id = (select m.client_id from public.client_members as m where m.id = remove_member.member_id)
    for no key update;
    select m.* into member
    from public.client_members as m
    where m.id = remove_member.member_id
        and (
            m.client_id in (select private.owned_client_ids())
            -- Nobody is held where somebody else's invitation put them.
            or (m.profile_id = private.current_profile_id() and m.client_id in (select private.visible_client_ids()))
        )
    for update;
    if not found then
        raise exception 'there is no such member of a client you own' using errcode = 'PT404';
    end if;
    if member.role = 'owner' and member.status = 'active' and not exists (
        select from public.client_members as m
        where m.client_id = member.client_id and m.id <> member.id and m.role = 'owner' and m.status = 'active'
    ) then
        raise exception 'a client keeps at least one owner' using errcode = '22023';
    end if;
    update public.client_members as m set status = 'removed' where m.id = member.id returning * into member;
    return member;
end
$$;
comment on function public.remove_member(uuid) is 'Owners and admins: takes a person''s access to a client away, at once; a member may leave so, too. The last owner cannot be removed. Idempotent.';

-- source: sql/60_rpc/worker/commit_turns.sql sha256:d1ff08b5e8f5b47e799e4c9892755edfb6b7a661e5374f837965390d8dfd7c90
create or replace function worker.commit_turns(results jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    item jsonb;
    verdicts jsonb := '[]';
    problem text;
    place text;
    visibility_s integer := private.setting_int('visibility_s');
begin
    perform private.lock_threads(array(select (x ->> 'thread_id')::uuid from jsonb_array_elements(results) as x));
    for item in select x from jsonb_array_elements(results) as x order by (x ->> 'thread_id')::uuid loop
        begin
            verdicts := verdicts || private.commit_turn(item, visibility_s);
        exception
            when deadlock_detected or lock_not_available or query_canceled then
                raise;
            when others then
                -- One turn that cannot be committed must not take its neighbours with it.
                get stacked diagnostics problem = message_text, place = pg_exception_context;
                verdicts := verdicts || jsonb_build_object(
                    'thread_id', item -> 'thread_id', 'lease', item -> 'lease', 'verdict', 'failed', 'task', null, 'delivery', null,
                    'error', jsonb_build_object('code', sqlstate, 'message', problem)
                );
                if exists (select from private.threads as t where t.id = (item ->> 'thread_id')::uuid and t.lease = (item ->> 'lease')::uuid) then
                    perform private.retry_turn(
                        (item ->> 'thread_id')::uuid, jsonb_build_object('code', sqlstate, 'message', problem, 'trace', place), true, 'failed'
                    );
                end if;
        end;
    end loop;
    return verdicts;
end
$$;
comment on function worker.commit_turns(jsonb) is
'Commits turns, each whole or not at all: [{"thread_id", "lease", "proposal", "model", "graph", "steps", …}] → [{"thread_id", "lease", "verdict", "task", "delivery"}]. verdict: committed, partial (a further turn follows), superseded (task: the same lease with merged input, run it again), stale (the lease was lost, nothing written), failed (an error, retried later). delivery: the reply, claimed for the caller to send at once. Idempotent by the lease.';

-- source: sql/60_rpc/worker/complete_deliveries.sql sha256:af80763d794bacea682d79fb0913453b7114aebc8a3903e04e017ef1f4218089
create or replace function worker.complete_deliveries(results jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    item jsonb;
    d public.deliveries;
    answer jsonb := '[]';
    next_task jsonb;
    wait_ms integer;
    visibility_s integer := private.setting_int('visibility_s');
begin
    -- Lock order: threads, then deliveries.
    perform from private.threads as t
    where t.id in (select x.thread_id from public.deliveries as x where x.id in (select (r ->> 'id')::uuid from jsonb_array_elements(results) as r))
    order by t.id
    for update;
    for item in select r from jsonb_array_elements(results) as r order by (r ->> 'id')::uuid loop
        begin
            select * into d from public.deliveries as x where x.id = (item ->> 'id')::uuid for update;
            next_task := null;
            if found and d.status in ('sent', 'delivered', 'read') then
                -- A status was faster than the answer to the send.
                update public.deliveries as x
                set claim = null, provider_message_id = coalesce(x.provider_message_id, item ->> 'provider_message_id')
                where x.id = d.id and x.claim = (item ->> 'claim')::uuid;
            elsif not found or d.claim is null or d.claim is distinct from (item ->> 'claim')::uuid or d.status not in ('sending', 'unknown') then
                answer := answer || jsonb_build_object('id', item -> 'id', 'status', 'stale', 'task', null);
                continue;
            elsif item ->> 'outcome' = 'sent' then
                update public.deliveries as x
                set status = 'sent', sent_at = now(), claim = null, error = null,
                    -- An id that another delivery has already is not worth losing the result for.
                    provider_message_id = coalesce(x.provider_message_id, (
                        select i.id from (select item ->> 'provider_message_id' as id) as i
                        where not exists (
                            select from public.deliveries as e where e.channel_account_id = x.channel_account_id and e.provider_message_id = i.id
                        )
                    ))
                where x.id = d.id;
                perform private.end_delivery(d.id);
            elsif item ->> 'outcome' = 'unknown' then
                update public.deliveries as x
                set status = 'unknown', error = item -> 'error', due_at = clock_timestamp() + make_interval(secs => private.setting_int('unknown_grace_s'))
                where x.id = d.id;
                perform pgmq.set_vt(d.queue, d.task_id, private.setting_int('unknown_grace_s'));
            elsif item ->> 'outcome' = 'throttled' then
                wait_ms := greatest(coalesce((item ->> 'retry_after_ms')::integer, 1000), 1);
                update public.deliveries as x
                set status = 'queued', claim = null, attempts = x.attempts - 1, error = item -> 'error',
                    due_at = clock_timestamp() + make_interval(secs => wait_ms / 1000.0)
                where x.id = d.id;
                perform pgmq.set_vt(d.queue, d.task_id, ceil(wait_ms / 1000.0)::integer);
            else
                perform private.retry_delivery(
                    d.id, coalesce(item -> 'error', '{"code": "unnamed", "message": "the send failed"}'), coalesce((item #>> '{error,retryable}')::boolean, false)
                );
            end if;
            select * into d from public.deliveries as x where x.id = d.id;
            if d.thread_id is not null and d.status not in ('queued', 'unknown') then
                next_task := private.release_next(d.thread_id, visibility_s);
            end if;
            answer := answer || jsonb_build_object('id', d.id, 'status', d.status, 'task', next_task);
        exception
            when deadlock_detected or lock_not_available or query_canceled then
                raise;
            when others then
                -- One result that cannot be stored must not take its neighbours with it. Its message may have left.
                update public.deliveries as x
                set status = 'unknown', error = jsonb_build_object('code', sqlstate, 'message', sqlerrm),
                    due_at = clock_timestamp() + make_interval(secs => private.setting_int('unknown_grace_s'))
                where x.id = d.id and x.status = 'sending' and x.claim::text = item ->> 'claim';
                if found then
                    perform pgmq.set_vt(d.queue, d.task_id, private.setting_int('unknown_grace_s'));
                end if;
                answer := answer || jsonb_build_object('id', item -> 'id', 'status', 'unknown', 'task', null);
        end;
    end loop;
    perform private.admit_deliveries(c.client_id, c.queue)
    from (
        select distinct x.client_id, x.queue from public.deliveries as x where x.id in (select (r ->> 'id')::uuid from jsonb_array_elements(results) as r)
    ) as c;
    return answer;
end
$$;
comment on function worker.complete_deliveries(jsonb) is
'What became of sends: [{"id", "claim", "outcome": sent | unknown | failed | throttled, "provider_message_id", "error", "retry_after_ms"}] → [{"id", "status", "task"}]. task: the thread''s next reply, claimed for the caller. status stale: the claim was lost. unknown waits for the provider''s word, throttled does not count as an attempt. Idempotent by the claim.';

-- source: policies/05_roles.sql sha256:a8c2f1f2944fa1de29c6fe567eff8e3565dc4035a753dcca849ffba65d594f86
-- PostgREST's own role may become the functions' role; postgres must be able to give functions to the agents' role.
grant renum_worker to authenticator;
grant renum_agent to postgres;

-- SECURITY: renum_worker runs our RPCs and reads no table. Whoever steals its key can do no more.
grant usage on schema worker to renum_worker;
grant execute on all functions in schema worker to renum_worker;

grant usage on schema private to authenticated, service_role;
grant execute on function private.current_profile_id() to authenticated;
grant execute on function private.is_admin() to authenticated, service_role;
grant execute on function private.visible_client_ids() to authenticated;
grant execute on function private.visible_profile_ids() to authenticated;
grant execute on function private.owned_client_ids() to authenticated;
grant execute on function private.default_client_id() to authenticated, service_role;
-- What the triggers that run as whoever writes need; columns' defaults ask private.default_client_id.
grant execute on function private.normalize_phone(text) to authenticated, service_role;
grant execute on function private.question_problem(jsonb) to authenticated, service_role;
grant execute on function private.skip_rule_problem(jsonb, text[]) to authenticated, service_role;
grant execute on function private.project_config_problem(jsonb) to authenticated, service_role;
grant execute on function private.plain(text) to authenticated, service_role;
grant execute on function private.account_for(uuid, uuid) to authenticated, service_role;
grant execute on function private.template_for(uuid, uuid, public.template_purpose, text) to authenticated, service_role;

-- first: policies/sub_agents.sql
drop policy if exists "sub_agents_select" on public.sub_agents;
drop policy if exists "sub_agents_insert" on public.sub_agents;
drop policy if exists "sub_agents_update" on public.sub_agents;
drop policy if exists "sub_agents_delete" on public.sub_agents;
-- source: policies/sub_agents.sql sha256:244aa854a0ac187c9910b014eda3beb44710e726cfeb43067ce505bab8086eb7
-- Global: admins write, the people of active clients read the active ones.
alter table public.sub_agents enable row level security;
alter table public.sub_agents force row level security;

grant select on public.sub_agents to authenticated;
grant insert (id, name, type, description, config, tools, active) on public.sub_agents to authenticated;
grant update (name, type, description, config, tools, active) on public.sub_agents to authenticated;
grant delete on public.sub_agents to authenticated;
grant select, insert, update, delete on public.sub_agents to service_role;

create policy sub_agents_select on public.sub_agents for select to authenticated
using ((active and (select exists(select private.visible_client_ids()))) or (select private.is_admin()));

create policy sub_agents_insert on public.sub_agents for insert to authenticated
with check ((select private.is_admin()));

create policy sub_agents_update on public.sub_agents for update to authenticated
using ((select private.is_admin()))
with check ((select private.is_admin()));

create policy sub_agents_delete on public.sub_agents for delete to authenticated
using ((select private.is_admin()));

-- first: policies/tools.sql
drop policy if exists "tools_select" on public.tools;
drop policy if exists "tools_insert" on public.tools;
drop policy if exists "tools_update" on public.tools;
drop policy if exists "tools_delete" on public.tools;
-- source: policies/tools.sql sha256:21e7201ee3302d669a2fc170b83df5c9aee3c1a9347e30ed7e2170f0fab0c82a
-- Global: admins write, the people of active clients read the active ones.
alter table public.tools enable row level security;
alter table public.tools force row level security;

grant select on public.tools to authenticated;
grant insert (id, name, description, function_name, parameters_schema, active) on public.tools to authenticated;
grant update (name, description, function_name, parameters_schema, active) on public.tools to authenticated;
grant delete on public.tools to authenticated;
grant select, insert, update, delete on public.tools to service_role;

create policy tools_select on public.tools for select to authenticated
using ((active and (select exists(select private.visible_client_ids()))) or (select private.is_admin()));

create policy tools_insert on public.tools for insert to authenticated
with check ((select private.is_admin()));

create policy tools_update on public.tools for update to authenticated
using ((select private.is_admin()))
with check ((select private.is_admin()));

create policy tools_delete on public.tools for delete to authenticated
using ((select private.is_admin()));

-- removed: sql/30_rules/45_retry_delay_s.sql
drop function private.retry_delay_s(integer);
