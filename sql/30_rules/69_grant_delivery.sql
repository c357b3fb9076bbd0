create or replace function private.grant_delivery(delivery_id uuid, visibility_s integer) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    d public.deliveries;
begin
    update public.deliveries as x
    set status = 'sending', claim = gen_random_uuid(), attempts = x.attempts + 1, due_at = clock_timestamp() + make_interval(secs => visibility_s),
        -- A task that hides for as long as the claim lasts: whoever dies with the claim is noticed when it shows again.
        task_id = coalesce(x.task_id, (
            select s.id from pgmq.send(x.queue, private.task_message('delivery', x.id, x.client_id, x.attempts + 1), visibility_s) as s (id)
        ))
    where x.id = grant_delivery.delivery_id
    returning * into d;
    return private.delivery_task(d);
end
$$;
comment on function private.grant_delivery(uuid, integer) is 'Claims a delivery for the caller for so many seconds; returns its task. The caller holds its row''s lock.';
