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
        select 'default', m.task_id, m.due_at from public.media as m
        where m.client_id in (select v.id from mine as v) and m.status = 'waiting'
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
