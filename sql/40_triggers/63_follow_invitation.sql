create or replace function private.follow_invitation() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
    accepted boolean := new.status in ('sent', 'delivered', 'read');
begin
    if tg_op = 'UPDATE' then
        -- From one accepted status to the next nothing changes.
        if accepted and old.status in ('sent', 'delivered', 'read') then
            return null;
        end if;
        if new.kind = 'reminder' then
            update public.reminders as r
            set status = case when accepted then 'sent' else 'skipped' end::public.reminder_status,
                reason = case when not accepted then coalesce(new.reason, new.error ->> 'message', 'the delivery failed') end
            where r.client_id = new.client_id and r.delivery_id = new.id and r.status <> 'cancelled';
            if not accepted and not exists (
                select from public.deliveries as d
                where d.client_id = new.client_id and d.interview_id = new.interview_id and d.status in ('sent', 'delivered', 'read')
            ) then
                perform private.plan_reminders(new.interview_id, 'failed');
            end if;
            return null;
        end if;
    end if;
    if new.kind = 'invitation' then
        perform private.plan_reminders(new.interview_id, new.status);
    end if;
    return null;
end
$$;
comment on function private.follow_invitation() is
'Trigger: an invitation that the provider took, or that failed or was cancelled, has its ladder of reminders written down; a reminder is sent or skipped as its delivery is.';

create or replace trigger _900_follow_invitation after update of status on public.deliveries
for each row when (
    new.kind in ('invitation', 'reminder') and new.status in ('sent', 'delivered', 'read', 'failed', 'cancelled') and old.status is distinct from new.status
) execute function private.follow_invitation();

create or replace trigger _900_follow_invitation_refused after insert on public.deliveries
for each row when (new.kind = 'invitation' and new.status = 'cancelled') execute function private.follow_invitation();
