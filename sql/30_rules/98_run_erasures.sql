create or replace function private.run_erasures() returns integer
language plpgsql security definer set search_path = ''
as $$
declare
    e public.erasures;
    done integer := 0;
begin
    for e in
        select * from public.erasures as x
        where x.done_at is null and x.due_at <= private.now()
        order by x.due_at
        limit 50
    loop
        begin
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
