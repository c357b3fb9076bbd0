create or replace function private.count_inbound() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
    debounce interval := make_interval(secs => private.setting_int('debounce_ms') / 1000.0);
    longest interval := make_interval(secs => private.setting_int('debounce_max_ms') / 1000.0);
    right_now timestamptz := clock_timestamp();
    queued integer;
begin
    -- Lock order: threads by id; ingest holds these locks already.
    perform from private.threads as t
    where (t.client_id, t.interview_id) in (select n.client_id, n.interview_id from new_rows as n where n.role = 'user')
    order by t.id
    for update;
    update private.threads as t
    set last_seq = greatest(t.last_seq, n.newest), inbound_seq = greatest(t.inbound_seq, n.newest_to_answer), last_inbound_at = right_now,
        waiting_since = case when n.newest_to_answer is null then t.waiting_since else coalesce(t.waiting_since, right_now) end,
        not_before = case
            when n.newest_to_answer is null then t.not_before
            when n.must_not_wait then right_now
            else least(right_now + debounce, coalesce(t.waiting_since, right_now) + longest)
        end
    from (
        select m.client_id, m.interview_id, max(m.seq) as newest, max(m.seq) filter (where private.needs_answer(m.metadata, m.content)) as newest_to_answer,
            bool_or(private.is_opt_out(m.content)) as must_not_wait
        from new_rows as m
        where m.role = 'user'
        group by m.client_id, m.interview_id
    ) as n
    where t.client_id = n.client_id and t.interview_id = n.interview_id;
    with queued as (
        update private.threads as t
        set task_id = (select s.id from pgmq.send('high_priority', private.task_message('agent_turn', t.id, t.client_id, 1), 0) as s (id)),
            due_at = t.not_before, attempts = 0
        from public.leads as l
        where (t.client_id, t.interview_id) in (select n.client_id, n.interview_id from new_rows as n where n.role = 'user')
            and t.task_id is null and t.inbound_seq > t.handled_seq
            and l.id = t.lead_id and l.status <> 'blocked'
        returning 1
    )
    select count(*) into queued from queued;
    if queued > 0 then
        perform private.ring('agent_turn');
    end if;
    return null;
end
$$;
comment on function private.count_inbound() is
'Trigger: counts what leads said on their threads, starts the debounce, and queues one turn for each thread that has something to answer and none queued.';

create or replace trigger _900_count_inbound after insert on public.interview_messages
referencing new table as new_rows
for each statement execute function private.count_inbound();
