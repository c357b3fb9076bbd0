create or replace function private.admit_deliveries(client_id uuid, queue text) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
    free integer;
    ids uuid[];
    msg_ids bigint[];
begin
    select private.setting_int('admitted_tasks') - count(*) into free
    from public.deliveries as d
    where d.queue = admit_deliveries.queue and d.client_id = admit_deliveries.client_id and d.task_id is not null;
    ids := array(
        select d.id
        from public.deliveries as d
        where d.client_id = admit_deliveries.client_id and d.queue = admit_deliveries.queue
            and d.status in ('queued', 'deferred') and d.task_id is null and d.due_at <= private.now()
            -- A lead gets messages in order: the next is let go when the one before was accepted, or will never be.
            and not exists (
                select from public.deliveries as e
                where e.thread_id = d.thread_id and e.seq < d.seq and e.status in ('queued', 'deferred', 'sending', 'unknown')
            )
        order by d.due_at, d.seq, d.id
        limit greatest(free, 0)
        for no key update of d skip locked
    );
    if cardinality(ids) = 0 then
        return 0;
    end if;
    msg_ids := array(
        select s.id
        from pgmq.send_batch(admit_deliveries.queue, array(
            select private.task_message('delivery', u.id, admit_deliveries.client_id, 1) from unnest(ids) with ordinality as u (id, ord) order by u.ord
        ), 0) as s (id)
    );
    update public.deliveries as d
    set task_id = u.msg_id, status = 'queued', reason = null, due_at = private.now()
    from unnest(ids, msg_ids) as u (id, msg_id)
    where d.id = u.id;
    return cardinality(ids);
end
$$;
comment on function private.admit_deliveries(uuid, text) is
'Puts a client''s waiting deliveries into a queue, as far as its share (admitted_tasks) goes. Returns how many. Work waits in rows so that one client cannot stand before another''s reply.';
