create or replace function private.say_message() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
    facts jsonb := jsonb_strip_nulls(jsonb_build_object(
        'type', new.content -> 'type', 'delivery_id', new.id, 'written_by', private.current_profile_id(),
        'turn_id', case when private.turn_lead_id() = new.lead_id then current_setting('renum.lease', true) end
    ));
begin
    -- After the insert, so that one that came twice is said once. The thread is locked since it was placed.
    if new.interview_id is not null then
        insert into public.interview_messages (id, interview_id, role, content, metadata, client_id, seq)
        values (new.message_id, new.interview_id, 'assistant', new.content ->> 'text', facts, new.client_id, new.seq);
    else
        insert into public.messages (id, conversation_id, role, content, channel, metadata, client_id, seq)
        select new.message_id, t.conversation_id, 'assistant', new.content ->> 'text', new.channel, facts, new.client_id, new.seq
        from private.threads as t
        where t.id = new.thread_id;
        update public.conversations as c set last_message_at = clock_timestamp()
        from private.threads as t
        where t.id = new.thread_id and c.id = t.conversation_id;
    end if;
    update private.threads as t set last_seq = greatest(t.last_seq, new.seq) where t.id = new.thread_id;
    if new.status = 'queued' and private.admit_deliveries(new.client_id, new.queue) > 0 then
        perform private.ring('agent_turn');
    end if;
    return null;
end
$$;
comment on function private.say_message() is 'Trigger: what a person or a tool writes to a lead stands in the dialogue, and its delivery is let go in its turn.';

create or replace trigger _900_say_message after insert on public.deliveries
for each row when (new.kind = 'message') execute function private.say_message();
