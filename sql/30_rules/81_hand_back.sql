create or replace function private.hand_back(conversation_id uuid) returns boolean
language plpgsql security definer set search_path = ''
as $$
begin
    update public.conversations as c
    set handed_over_at = null, handed_over_reason = null, handed_over_by = null, person_wrote_at = null, resuming = true
    where c.id = hand_back.conversation_id and c.handed_over_at is not null;
    return found;
end
$$;
comment on function private.hand_back(uuid) is 'The agent has a conversation again; its next reply says so. false: it had it. The caller holds the thread''s lock.';
