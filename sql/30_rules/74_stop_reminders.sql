create or replace function private.stop_reminders(client_id uuid, interview_id uuid, why text, ended boolean) returns void
language plpgsql security definer set search_path = ''
as $$
declare
    waiting uuid[];
begin
    -- Lock order: deliveries, then reminders. Whoever claims a delivery may find that it must not be sent, and tells its reminder.
    if stop_reminders.ended then
        -- Whoever holds one may wait for an account's pace, which a commit that ends an interview holds: its claim will find that there is
        -- nothing to send any more.
        waiting := array(
            select d.id
            from public.deliveries as d
            where d.client_id = stop_reminders.client_id and d.interview_id = stop_reminders.interview_id
                and d.kind in ('invitation', 'reminder') and d.status in ('queued', 'deferred')
            order by d.id
            for no key update skip locked
        );
    else
        waiting := array(
            select d.id
            from public.deliveries as d
            where d.client_id = stop_reminders.client_id and d.interview_id = stop_reminders.interview_id
                and d.kind in ('invitation', 'reminder') and d.status in ('queued', 'deferred')
            order by d.id
            for no key update
        );
    end if;
    update public.reminders as r
    set status = 'cancelled', reason = stop_reminders.why
    where r.interview_id = stop_reminders.interview_id and r.status = 'waiting' and (r.step > 0 or stop_reminders.ended);
    update public.deliveries as d set status = 'cancelled', reason = stop_reminders.why where d.id = any (waiting);
    perform private.end_delivery(w.id) from unnest(waiting) as w (id);
end
$$;
comment on function private.stop_reminders(uuid, uuid, text, boolean) is
'Cancels an interview''s reminders, and what of them and of its invitation still waits to be sent: it would hold a reply back, which goes out after it. ended: the ladder''s end, too, and no delivery that somebody holds is waited for. The caller holds the thread''s lock.';
