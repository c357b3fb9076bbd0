create or replace function private.grant_delivery(delivery_id uuid, visibility_s integer, released_by uuid default null) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    d public.deliveries;
    pair record;
    tick timestamptz := clock_timestamp();
    used_until timestamptz;
begin
    select x.client_id, x.thread_id, x.lead_id, x.profile_id, x.channel_account_id, make_interval(secs => p.pair_interval_ms / 1000.0) as pause into pair
    from public.deliveries as x
    join public.channel_accounts as a on a.id = x.channel_account_id
    join private.providers as p on p.provider = a.provider and p.channel = a.channel
    where x.id = grant_delivery.delivery_id and p.pair_interval_ms is not null and a.throughput is not null;
    if found then
        -- Each by its own index: in one condition they would be looked for among all that the account ever sent.
        if pair.thread_id is not null then
            select max(e.pair_at) into used_until from public.deliveries as e
            where e.client_id = pair.client_id and e.thread_id = pair.thread_id and e.channel_account_id = pair.channel_account_id and e.pair_at > tick;
        elsif pair.lead_id is not null then
            select max(e.pair_at) into used_until from public.deliveries as e
            where e.client_id = pair.client_id and e.lead_id = pair.lead_id and e.channel_account_id = pair.channel_account_id and e.pair_at > tick;
        else
            select max(e.pair_at) into used_until from public.deliveries as e
            where e.profile_id = pair.profile_id and e.channel_account_id = pair.channel_account_id and e.pair_at > tick;
        end if;
        used_until := coalesce(used_until, tick) + pair.pause;
    end if;
    update public.deliveries as x
    set status = 'sending', claim = gen_random_uuid(), attempts = x.attempts + 1, due_at = private.now() + make_interval(secs => visibility_s),
        begun_at = private.now(), initiated = private.is_initiated(x), reason = null, released_by = grant_delivery.released_by,
        pair_at = used_until,
        -- A task that hides for as long as the claim lasts: whoever dies with the claim is noticed when it shows again.
        task_id = coalesce(x.task_id, (
            select s.id from pgmq.send(x.queue, private.task_message('delivery', x.id, x.client_id, x.attempts + 1), visibility_s) as s (id)
        ))
    where x.id = grant_delivery.delivery_id
    returning * into d;
    update private.account_paces as p
    set next_at = greatest(p.next_at, clock_timestamp()) + make_interval(secs => 1 / (0.8 * a.throughput))
    from public.channel_accounts as a
    where p.channel_account_id = d.channel_account_id and a.id = p.channel_account_id and a.throughput is not null;
    return private.delivery_task(d);
end
$$;
comment on function private.grant_delivery(uuid, integer, uuid) is
'Claims a delivery for the caller for so many seconds, counts it against its account''s limits, and returns its task. released_by: the claim whose completion hands it out. The caller holds its row''s lock and has asked private.gate.';
