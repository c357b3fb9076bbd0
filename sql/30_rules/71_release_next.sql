create or replace function private.release_next(thread_id uuid, visibility_s integer, released_by uuid default null) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    d public.deliveries;
    gate record;
begin
    loop
        -- Whoever admits it at this moment may wait for the account's pace, which our caller holds: it is theirs, or the sweep's.
        select * into d
        from public.deliveries as x
        where x.id = (
            select y.id from public.deliveries as y
            where y.thread_id = release_next.thread_id and y.status in ('queued', 'deferred', 'sending', 'unknown')
            order by y.seq
            limit 1
        )
        for no key update skip locked;
        exit when not found or d.task_id is not null or d.status not in ('queued', 'deferred') or d.due_at > private.now() or d.queue <> 'high_priority';
        d.initiated := private.is_initiated(d);
        select * into gate from private.gate(d);
        if gate.verdict = 'go' then
            return private.grant_delivery(d.id, visibility_s, release_next.released_by);
        end if;
        if gate.verdict = 'wait' then
            perform private.hold_delivery(d.id, gate.until, gate.reason);
            exit;
        end if;
        update public.deliveries as x set status = 'cancelled', reason = gate.reason where x.id = d.id;
    end loop;
    return null;
end
$$;
comment on function private.release_next(uuid, integer, uuid) is
'Claims the next reply that waits in a thread, if its turn has come and it may leave; returns its task or null. released_by: the claim whose completion asks. The caller holds the thread''s lock and its account''s pace. Invitations are left to admission.';
