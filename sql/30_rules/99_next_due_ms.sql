create or replace function private.next_due_ms(queues text[]) returns integer
language sql volatile security definer set search_path = ''
as $$
    -- What somebody holds is not waited for. At least 20 ms: a task locked this very moment must not make the caller spin.
    select least(greatest(20, ceil(extract(epoch from min(w.due_at) - clock_timestamp()) * 1000)), 2147483647)::integer
    from (
        select min(t.due_at) from private.threads as t where t.task_id is not null and t.lease is null and 'high_priority' = any (queues)
        union all
        select min(d.due_at) - (private.now() - clock_timestamp()) from public.deliveries as d where d.task_id is not null and d.status <> 'sending' and d.queue = any (queues)
        union all
        select min(m.due_at) from public.media as m where m.status = 'waiting' and m.task_id is not null and m.claim is null and 'default' = any (queues)
        union all
        select min(r.due_at) from public.reports as r where r.task_id is not null and r.status <> 'writing' and 'low_priority' = any (queues)
    ) as w (due_at)
    where w.due_at is not null
    having min(w.due_at) is not null;
$$;
comment on function private.next_due_ms(text[]) is 'Milliseconds until the next task of these queues that nobody holds is due; null if there is none.';
