create or replace function private.stop_reminders(client_id uuid, interview_id uuid, why text, ended boolean) returns void
language plpgsql security definer set search_path = ''
as $$
declare
    d public.deliveries;
begin
    update public.reminders as r
    set status = 'cancelled', reason = stop_reminders.why
    where r.interview_id = stop_reminders.interview_id and r.status = 'waiting' and (r.step > 0 or stop_reminders.ended);
    for d in
        select x.*
        from public.deliveries as x
        where x.client_id = stop_reminders.client_id and x.interview_id = stop_reminders.interview_id
            and x.kind in ('invitation', 'reminder') and x.status in ('queued', 'deferred')
        order by x.id
        for update
    loop
        update public.deliveries as x set status = 'cancelled', reason = stop_reminders.why where x.id = d.id;
        perform private.end_delivery(d.id);
    end loop;
end
$$;
comment on function private.stop_reminders(uuid, uuid, text, boolean) is
'Cancels an interview''s reminders, and what of them and of its invitation still waits to be sent: it would hold a reply back, which goes out after it. ended: the ladder''s end, too. The caller holds the thread''s lock.';
