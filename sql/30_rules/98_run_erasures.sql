create or replace function private.run_erasures() returns integer
language plpgsql security definer set search_path = ''
as $$
declare
    e public.erasures;
    wanted uuid[];
    held integer;
    done integer := 0;
begin
    for e in
        select * from public.erasures as x
        where x.done_at is null and x.due_at <= private.now()
        order by x.due_at
        limit 50
    loop
        begin
            -- The sweep holds other leads' threads by now: one that somebody works in is left for the next time, not waited for.
            wanted := array(select t.id from private.threads as t where t.client_id = e.client_id and t.lead_id = e.lead_id);
            perform from public.interviews as i
            where i.id in (select t.interview_id from private.threads as t where t.id = any (wanted))
            for no key update skip locked;
            get diagnostics held = row_count;
            continue when held < (select count(t.interview_id) from private.threads as t where t.id = any (wanted));
            perform from private.threads as t where t.id = any (wanted) for no key update skip locked;
            get diagnostics held = row_count;
            continue when held < cardinality(wanted);
            -- News of the lead that are on their way to somebody arrive whole, or fail, before they are blanked; for half a day at most.
            continue when e.due_at > private.now() - interval '12 hours' and exists (
                select from public.notifications as n
                join public.interviews as i on i.id = n.interview_id
                where i.client_id = e.client_id and i.lead_id = e.lead_id and n.status = 'queued' and n.delivery_id is not null
            );
            perform private.erase_lead(e.lead_id);
            update public.erasures as x set done_at = private.now() where x.id = e.id;
            done := done + 1;
        exception
            when deadlock_detected or lock_not_available or query_canceled then
                raise;
            when others then
                -- The sweep comes by here: one that fails must not stop what comes after it.
                raise warning 'erasure % failed: %', e.id, sqlerrm;
        end;
    end loop;
    return done;
end
$$;
comment on function private.run_erasures() is 'Carries out the erasures that are due, at most 50; run by the sweep. Returns how many. Idempotent.';
