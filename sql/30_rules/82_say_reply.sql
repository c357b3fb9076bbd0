create or replace function private.say_reply(
    thread private.threads, interview_id uuid, conversation_id uuid, kind public.delivery_kind, reply text
) returns void
language plpgsql security definer set search_path = ''
as $$
declare
    new_message_id uuid := gen_random_uuid();
    new_delivery_id uuid := gen_random_uuid();
    facts jsonb := jsonb_build_object('type', 'text', 'delivery_id', new_delivery_id, 'turn_id', thread.lease, 'from_seq', thread.handled_seq, 'to_seq', thread.lease_seq);
    medium public.channel := 'whatsapp';
begin
    if say_reply.interview_id is not null then
        insert into public.interview_messages (id, interview_id, role, content, metadata, client_id, seq)
        values (new_message_id, say_reply.interview_id, 'assistant', say_reply.reply, facts, thread.client_id, thread.last_seq + 1);
    else
        medium := (select a.channel from public.channel_accounts as a where a.id = thread.channel_account_id);
        insert into public.messages (id, conversation_id, role, content, channel, metadata, client_id, seq)
        values (new_message_id, say_reply.conversation_id, 'assistant', say_reply.reply, medium, facts, thread.client_id, thread.last_seq + 1);
        update public.conversations as c set last_message_at = clock_timestamp() where c.id = say_reply.conversation_id;
    end if;
    -- Against policy it is born cancelled or deferred (private.police_delivery), and the turn commits all the same.
    insert into public.deliveries (id, client_id, lead_id, thread_id, interview_id, channel_account_id, channel, kind, content, message_id, queue, seq)
    values (
        new_delivery_id, thread.client_id, thread.lead_id, thread.id, say_reply.interview_id, thread.channel_account_id, medium, say_reply.kind,
        jsonb_build_object('type', 'text', 'text', say_reply.reply), new_message_id, 'high_priority', thread.last_seq + 1
    );
end
$$;
comment on function private.say_reply(private.threads, uuid, uuid, public.delivery_kind, text) is
'What a turn answers: the message in its interview or conversation, and its delivery, as the thread''s next number. The caller counts it on the thread.';
