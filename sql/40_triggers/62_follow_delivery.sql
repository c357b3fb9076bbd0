create or replace function private.follow_delivery() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    update public.notifications as n
    set status = case when new.status in ('sent', 'delivered', 'read') then 'sent' else 'failed' end::public.notification_status,
        reason = case when new.status in ('failed', 'cancelled') then coalesce(new.reason, new.error ->> 'message', 'the delivery failed') end
    where n.delivery_id = new.id;
    return null;
end
$$;
comment on function private.follow_delivery() is 'Trigger: a notification is sent or failed as its delivery is.';

create or replace trigger _900_follow_delivery after update of status on public.deliveries
for each row when (new.kind = 'notification' and new.status in ('sent', 'delivered', 'read', 'failed', 'cancelled') and old.status is distinct from new.status)
execute function private.follow_delivery();
