create or replace function private.open_conversation(thread_id uuid) returns uuid
language plpgsql security definer set search_path = ''
as $$
declare
    t private.threads;
    found_id uuid;
begin
    select * into strict t from private.threads as x where x.id = open_conversation.thread_id;
    if t.conversation_id is not null and exists (select from public.conversations as c where c.id = t.conversation_id and c.status = 'open') then
        return t.conversation_id;
    end if;
    found_id := (
        select c.id from public.conversations as c
        where c.client_id = t.client_id and c.thread_id = t.id and c.status = 'open'
        order by c.created_at desc
        limit 1
    );
    if found_id is null then
        insert into public.conversations (lead_id, client_id, thread_id) values (t.lead_id, t.client_id, t.id) returning id into found_id;
    end if;
    update private.threads as x set conversation_id = found_id where x.id = t.id and x.interview_id is null;
    return found_id;
end
$$;
comment on function private.open_conversation(uuid) is
'The open conversation of a thread, made if there is none, and the thread''s live dialogue from now on unless it has an interview. The caller holds the thread''s lock.';
