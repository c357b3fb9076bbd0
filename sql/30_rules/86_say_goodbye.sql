create or replace function private.say_goodbye(thread_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
    t private.threads;
    new_message_id uuid := gen_random_uuid();
    new_delivery_id uuid := gen_random_uuid();
begin
    select * into strict t from private.threads as x where x.id = say_goodbye.thread_id;
    insert into public.messages (id, conversation_id, role, content, channel, metadata, client_id, seq)
    select new_message_id, t.conversation_id, 'assistant', private.goodbye(), a.channel, jsonb_build_object('type', 'text', 'delivery_id', new_delivery_id), t.client_id, t.last_seq + 1
    from public.channel_accounts as a
    where a.id = t.channel_account_id;
    update private.threads as x set last_seq = x.last_seq + 1 where x.id = t.id;
    insert into public.deliveries (id, client_id, lead_id, thread_id, channel_account_id, channel, kind, content, message_id, queue, seq)
    select new_delivery_id, t.client_id, t.lead_id, t.id, t.channel_account_id, a.channel, 'goodbye',
        jsonb_build_object('type', 'text', 'text', private.goodbye()), new_message_id, 'high_priority', t.last_seq + 1
    from public.channel_accounts as a
    where a.id = t.channel_account_id;
    perform private.admit_deliveries(t.client_id, 'high_priority');
    perform private.ring('agent_turn');
end
$$;
comment on function private.say_goodbye(uuid) is
'Confirms an opt-out to a lead with no interview to end: the message in its conversation and the delivery. The caller holds the thread''s lock and has given it a conversation.';
