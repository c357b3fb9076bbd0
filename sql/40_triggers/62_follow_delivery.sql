create or replace function private.follow_delivery() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
    overtaken uuid[];
begin
    if new.status in ('failed', 'cancelled') then
        -- An earlier channel that was given up may have got through meanwhile: then nobody is told again.
        update public.notifications as n
        set status = case when t.id is null then 'queued' else 'sent' end::public.notification_status, reason = null, delivery_id = t.id, sender_client_id = t.client_id,
            attempts = jsonb_set(n.attempts, '{-1,reason}', to_jsonb(coalesce(new.reason, new.error ->> 'message', 'the delivery failed')))
        from public.notifications as m
        left join lateral (
            select d.client_id, d.id
            from jsonb_array_elements(m.attempts) as a (v)
            join public.deliveries as d on d.id = (a.v ->> 'delivery_id')::uuid
            where d.id <> new.id and d.status in ('delivered', 'read')
            limit 1
        ) as t on true
        where n.id = m.id and m.sender_client_id = new.client_id and m.delivery_id = new.id;
        return null;
    end if;
    update public.notifications as n
    set status = 'sent', reason = null
    where n.sender_client_id = new.client_id and n.delivery_id = new.id and n.status <> 'sent';
    if not found and old.status in ('queued', 'sending', 'unknown', 'failed', 'cancelled') then
        -- Given up, and it got through after all: whatever the next channel still holds is off.
        with
        earlier as materialized (
            select n.id, n.delivery_id from public.notifications as n
            where n.profile_id = new.profile_id and n.status <> 'sent' and n.attempts @> jsonb_build_array(jsonb_build_object('delivery_id', new.id))
        ),
        told as (
            update public.notifications as n
            set status = 'sent', reason = null, delivery_id = new.id, sender_client_id = new.client_id
            from earlier as e
            where n.id = e.id
        )
        select array_agg(e.delivery_id) into overtaken from earlier as e where e.delivery_id is not null;
        if overtaken is not null then
            update public.deliveries as d
            set status = 'cancelled', reason = 'the person was told by another channel'
            where d.id in (
                select x.id from public.deliveries as x
                where x.id = any (overtaken) and x.status in ('queued', 'deferred')
                order by x.id
                for no key update skip locked
            );
        end if;
    end if;
    return null;
end
$$;
comment on function private.follow_delivery() is
'Trigger: a notification is sent as its delivery is; one whose delivery failed or was cancelled, before or after the provider took it, waits to go on by the next channel, which is the sweep''s to choose, unless an earlier one has got through after all.';

create or replace trigger _900_follow_delivery after update of status on public.deliveries
for each row when (new.kind = 'notification' and new.status in ('sent', 'delivered', 'read', 'failed', 'cancelled') and old.status is distinct from new.status)
execute function private.follow_delivery();
