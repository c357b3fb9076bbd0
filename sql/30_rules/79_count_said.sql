create or replace function private.count_said(said jsonb) returns void
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
    where t.id in (select s.thread_id from jsonb_to_recordset(said) as s (thread_id uuid))
    order by t.id
    for no key update;
    for sooner in
        with
        bursts as (
            -- The last message of a burst says whether there is more to come; an opt-out among them waits for nothing.
            select m.thread_id, max(m.seq) as newest, max(m.seq) filter (where m.wanted) as newest_to_answer,
                make_interval(secs => case
                    when bool_or(private.is_opt_out(m.content)) then 0
                    else private.debounce_ms(
                        (array_agg(m.metadata order by m.seq desc) filter (where m.wanted))[1], (array_agg(m.content order by m.seq desc) filter (where m.wanted))[1],
                        private.question_type(t.interview_id)
                    )
                end / 1000.0) as pause
            from (
                select s.thread_id, s.seq, s.metadata, s.content, private.needs_answer(s.metadata, s.content) as wanted
                from jsonb_to_recordset(said) as s (thread_id uuid, seq bigint, metadata jsonb, content text)
            ) as m
            join private.threads as t on t.id = m.thread_id
            group by m.thread_id, t.interview_id
        ),
        counted as (
            update private.threads as t
            set last_seq = greatest(t.last_seq, b.newest), inbound_seq = greatest(t.inbound_seq, b.newest_to_answer), last_inbound_at = private.now(),
                waiting_since = case when b.newest_to_answer is null then t.waiting_since else coalesce(t.waiting_since, right_now) end,
                not_before = case
                    when b.newest_to_answer is null then t.not_before
                    else least(right_now + b.pause, coalesce(t.waiting_since, right_now) + longest)
                end
            from bursts as b
            join private.threads as earlier on earlier.id = b.thread_id
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
    where t.id in (
            select s.thread_id from jsonb_to_recordset(said) as s (thread_id uuid, metadata jsonb, content text) where private.needs_answer(s.metadata, s.content)
        )
        and t.task_id is null and t.inbound_seq > t.handled_seq
        and l.id = t.lead_id and l.status <> 'blocked';
    for client_id in select distinct t.client_id from private.threads as t where t.id in (select s.thread_id from jsonb_to_recordset(said) as s (thread_id uuid)) order by 1 loop
        work := work + private.admit_turns(client_id);
    end loop;
    if work > 0 then
        perform private.ring('agent_turn');
    end if;
end
$$;
comment on function private.count_said(jsonb) is
'Counts what leads said on their threads ([{"thread_id", "seq", "metadata", "content"}]), starts the debounce, and has one turn wait for admission for each thread that has something to answer and none queued.';
