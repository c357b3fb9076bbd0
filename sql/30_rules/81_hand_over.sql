create or replace function private.hand_over(thread_id uuid, reason text, profile_id uuid default null) returns uuid
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
    t private.threads;
    conversation_id uuid;
begin
    select * into strict t from private.threads as x where x.id = hand_over.thread_id;
    -- The turn under way loses its lease: its commit is stale, whatever it was about to say.
    perform private.drop_turn(t.id);
    update public.deliveries as d
    set status = 'cancelled', reason = 'a person took over'
    where d.thread_id = t.id and d.client_id = t.client_id and d.kind = 'reply' and d.status in ('queued', 'deferred');
    perform private.end_delivery(d.id)
    from public.deliveries as d
    where d.thread_id = t.id and d.client_id = t.client_id and d.kind = 'reply' and d.status = 'cancelled' and d.task_id is not null;
    if t.interview_id is not null then
        perform private.end_interview(t.interview_id, 'handed_over');
    end if;
    conversation_id := private.open_conversation(t.id);
    update public.conversations as c
    set handed_over_at = coalesce(c.handed_over_at, private.now()), handed_over_reason = coalesce(c.handed_over_reason, left(hand_over.reason, 500)),
        handed_over_by = coalesce(hand_over.profile_id, c.handed_over_by), resuming = false
    where c.id = conversation_id;
    return conversation_id;
end
$$;
comment on function private.hand_over(uuid, text, uuid) is
'A person has the dialogue of a thread from now on: the turn under way is fenced off, replies that wait to be sent are cancelled, a live interview ends as handed_over, its conversation says since when and why. Idempotent. Returns the conversation. The caller holds the locks of interview and thread.';
