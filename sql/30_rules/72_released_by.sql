create or replace function private.released_by(thread_id uuid, claim uuid) returns jsonb
language sql stable security definer set search_path = ''
as $$
    select private.delivery_task(d)
    from public.deliveries as d
    where d.thread_id = released_by.thread_id and d.released_by = released_by.claim and d.status = 'sending' and d.attempts = 1 and d.due_at > private.now();
$$;
comment on function private.released_by(uuid, uuid) is
'The delivery that a completion with this claim handed out, for a caller whose answer got lost and who asks again; null if there is none to be sent any more. Read-only.';
