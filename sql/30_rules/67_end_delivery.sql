create or replace function private.end_delivery(delivery_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
    d public.deliveries;
begin
    select * into strict d from public.deliveries as x where x.id = end_delivery.delivery_id;
    if d.task_id is not null then
        perform pgmq.delete(d.queue, d.task_id);
        update public.deliveries as x set task_id = null where x.id = d.id;
    end if;
    update public.failed_tasks as f
    set status = 'resolved', resolved_at = now()
    where f.task_row_id = d.id and f.status = 'replayed' and d.status in ('sent', 'delivered', 'read');
end
$$;
comment on function private.end_delivery(uuid) is 'Takes the task of a delivery that needs no more sending out of its queue.';
