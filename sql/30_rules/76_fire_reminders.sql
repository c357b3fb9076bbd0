create or replace function private.fire_reminders() returns integer
language plpgsql security definer set search_path = ''
as $$
declare
    item record;
    reminder public.reminders;
    interview public.interviews;
    thread private.threads;
    fired integer := 0;
begin
    for item in
        select r.id, r.interview_id
        from public.reminders as r
        join public.interviews as i on i.id = r.interview_id
        join public.projects as p on p.id = i.project_id
        join public.clients as c on c.id = r.client_id
        where r.status = 'waiting' and r.delivery_id is null and r.due_at <= private.now() and r.step > 0
            and i.status = 'pending' and p.status = 'active' and c.status = 'active'
        order by r.due_at, r.id
        -- Few at a time: their leads' webhooks wait for the end of this transaction.
        limit 50
    loop
        begin
            -- Lock order: interview, thread. Whoever is locked is left for the next time.
            select * into interview from public.interviews as i where i.id = item.interview_id and i.status = 'pending' for no key update skip locked;
            continue when not found;
            select * into thread from private.threads as t where t.id = interview.thread_id and t.interview_id = interview.id for no key update skip locked;
            continue when not found;
            -- Under these locks it is asked again: another may have fired it, or the lead may have answered meanwhile.
            select * into reminder
            from public.reminders as r
            where r.id = item.id and r.status = 'waiting' and r.delivery_id is null and r.due_at <= private.now()
            for update;
            continue when not found;
            perform private.remind(reminder, interview, thread);
            fired := fired + 1;
        exception
            when deadlock_detected or lock_not_available or query_canceled then
                raise;
            when others then
                -- One that cannot be made must not stop the others, nor come again every second.
                update public.reminders as r set status = 'skipped', reason = sqlerrm where r.id = item.id and r.status = 'waiting' and r.delivery_id is null;
        end;
    end loop;
    return fired;
end
$$;
comment on function private.fire_reminders() is
'Fires the reminders that are due, of active projects, at most 50 at a time, each once however many run this. Run by the sweep. Returns how many.';
