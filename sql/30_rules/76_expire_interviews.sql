create or replace function private.expire_interviews() returns integer
language plpgsql security definer set search_path = ''
as $$
declare
    item record;
    interview public.interviews;
    thread private.threads;
    patience interval;
    expired integer := 0;
begin
    for item in
        select r.id, r.interview_id, p.config
        from public.reminders as r
        join public.interviews as i on i.id = r.interview_id
        join public.projects as p on p.id = i.project_id
        join public.clients as c on c.id = r.client_id
        -- A paused project, client or budget waits for nobody's answer.
        where r.status = 'waiting' and r.delivery_id is null and r.due_at <= private.now() and r.step = 0 and p.status <> 'paused' and c.status = 'active'
            and private.budget_verdict(r.client_id, i.project_id) <> 'pause'
        order by r.due_at, r.id
        limit 200
    loop
        -- Lock order: interview, thread, deliveries, reminders. Whoever is locked is left for the next time.
        select * into interview from public.interviews as i where i.id = item.interview_id and i.status in ('pending', 'in_progress') for no key update skip locked;
        continue when not found;
        select * into thread from private.threads as t where t.id = interview.thread_id for no key update skip locked;
        -- A turn of it waits or runs.
        continue when not found or thread.task_id is not null or thread.due_at is not null or thread.held;
        perform from public.deliveries as d
        where d.client_id = interview.client_id and d.interview_id = interview.id and d.status in ('queued', 'deferred')
        order by d.id
        for no key update;
        perform from public.reminders as r where r.id = item.id and r.status = 'waiting' and r.due_at <= private.now() for update;
        continue when not found;
        patience := make_interval(days => coalesce((item.config #>> '{expire_after,days}')::integer, 7));
        if thread.interview_id = interview.id and thread.last_inbound_at > interview.invited_at and thread.last_inbound_at + patience > private.now() then
            -- An interview that goes on: its time runs from the lead's last word.
            update public.reminders as r set due_at = thread.last_inbound_at + patience where r.id = item.id;
            continue;
        end if;
        update public.reminders as r set status = 'expired' where r.id = item.id;
        if interview.status = 'in_progress' or exists (
            select from public.deliveries as d
            where d.client_id = interview.client_id and d.interview_id = interview.id and d.status in ('sent', 'delivered', 'read')
        ) then
            perform private.end_interview(interview.id, 'expired');
        else
            update public.interviews as i set metadata = i.metadata || '{"reason": "no message reached the lead"}' where i.id = interview.id;
            perform private.end_interview(interview.id, 'cancelled');
        end if;
        expired := expired + 1;
    end loop;
    return expired;
end
$$;
comment on function private.expire_interviews() is
'Ends the interviews whose ladder has come to its end: expired, or cancelled where no message ever reached the lead. One that began expires when the lead has been silent for as long. Their threads are free for the next survey. At most 200 at a time. Run by the sweep. Returns how many.';
