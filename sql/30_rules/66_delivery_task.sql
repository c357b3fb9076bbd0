create or replace function private.delivery_task(delivery public.deliveries) returns jsonb
language sql stable security definer set search_path = ''
as $$
    select jsonb_build_object(
        'task', 'delivery', 'queue', delivery.queue, 'msg_id', delivery.task_id, 'id', delivery.id, 'client_id', delivery.client_id,
        'attempt', delivery.attempts, 'claim', delivery.claim, 'wait_ms', 0,
        'work', jsonb_build_object(
            'id', delivery.id, 'kind', delivery.kind, 'channel', delivery.channel, 'channel_account_id', delivery.channel_account_id,
            'content', delivery.content,
            'to', jsonb_build_object(
                'phone', coalesce(l.phone, p.phone, t.address ->> 'phone'), 'wa_id', t.address ->> 'wa_id', 'bsuid', t.address ->> 'bsuid', 'email', coalesce(l.email, p.email)
            ) || jsonb_strip_nulls(jsonb_build_object('lid', t.address -> 'lid'))
        )
    )
    from (select 1) as one
    left join public.leads as l on l.id = delivery.lead_id
    left join public.profiles as p on p.id = delivery.profile_id
    left join private.threads as t on t.id = delivery.thread_id;
$$;
comment on function private.delivery_task(public.deliveries) is 'A claimed delivery as the functions get it: {"task": "delivery", "claim", "attempt", "work": {"to", "content", "channel_account_id", …}, …}.';
