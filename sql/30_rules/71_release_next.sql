create or replace function private.release_next(thread_id uuid, visibility_s integer) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    d public.deliveries;
    refusal text;
begin
    loop
        select * into d
        from public.deliveries as x
        where x.thread_id = release_next.thread_id and x.status in ('queued', 'deferred', 'sending', 'unknown')
        order by x.seq
        limit 1
        for update;
        if not found or d.task_id is not null or d.status not in ('queued', 'deferred') or d.due_at > clock_timestamp() or d.queue <> 'high_priority' then
            return null;
        end if;
        select private.delivery_refusal(d.kind, d.content, l, t.last_inbound_at) into refusal
        from public.leads as l
        join private.threads as t on t.id = d.thread_id
        where l.id = d.lead_id;
        if refusal is null then
            return private.grant_delivery(d.id, visibility_s);
        end if;
        update public.deliveries as x set status = 'cancelled', reason = refusal where x.id = d.id;
    end loop;
end
$$;
comment on function private.release_next(uuid, integer) is
'Claims the next reply that waits in a thread, if its turn has come; returns its task or null. The caller holds the thread''s lock. Invitations are left to admission.';
