create or replace function public.hand_back(conversation_id uuid) returns public.conversations
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
    c public.conversations;
begin
    select * into c from public.conversations as x where x.id = hand_back.conversation_id and x.client_id in (select private.visible_client_ids());
    if not found then
        raise exception 'there is no such conversation' using errcode = 'PT404';
    end if;
    perform private.lock_threads(array[c.thread_id]);
    perform private.hand_back(c.id);
    select * into c from public.conversations as x where x.id = c.id;
    return c;
end
$$;
comment on function public.hand_back(uuid) is
'A client''s people: the agent has the conversation again. It answers the lead''s next message, knows what was said meanwhile, and says that it is back. Idempotent.';
