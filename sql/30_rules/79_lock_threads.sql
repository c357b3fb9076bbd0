create or replace function private.lock_threads(thread_ids uuid[]) returns void
language plpgsql security definer set search_path = ''
as $$
begin
    -- LOCK ORDER, here and everywhere: webhook_events (by provider id) → new leads (by phone) and their identities and threads → interviews (by id) → threads (by id) → account paces (by id) → leads →
    -- deliveries → reminders and notifications → messages (insert only) → pgmq rows → pg_net. A tenant's PATCH of an interview has the interview first, so must we.
    perform from public.interviews as i
    where i.id in (select t.interview_id from private.threads as t where t.id = any (thread_ids))
    order by i.id
    for no key update;
    perform from private.threads as t where t.id = any (thread_ids) order by t.id for no key update;
end
$$;
comment on function private.lock_threads(uuid[]) is 'Locks threads and their live interviews in the order that cannot deadlock.';
