create or replace function private.follow_echo(account_id uuid, event jsonb) returns boolean
language plpgsql security definer set search_path = ''
as $$
declare
    t private.threads;
    interview public.interviews;
    dialogue_id uuid;
begin
    select x.* into t
    from public.channel_accounts as a
    join private.threads as x on x.client_id = a.client_id and x.channel_account_id = a.id and x.lead_id = private.lead_of_sender(a.client_id, event -> 'sender')
    where a.id = follow_echo.account_id;
    -- Gateways repeat what we sent ourselves, sometimes before they answered the send: then its text knows it.
    if not found or exists (
        select from public.deliveries as d
        where d.channel_account_id = follow_echo.account_id and d.provider_message_id = event #>> '{echo,message_id}'
    ) or exists (
        select from public.deliveries as d
        where d.client_id = t.client_id and d.thread_id = t.id and d.begun_at > private.now() - interval '10 minutes'
            and d.status in ('sending', 'unknown', 'sent', 'delivered', 'read') and strpos(d.content ->> 'text', btrim(event #>> '{echo,text}')) > 0
    ) then
        return false;
    end if;
    select * into interview from public.interviews as i where i.id = t.interview_id;
    if interview.status = 'pending' then
        -- Only invited: a word from the shop is no end of that.
        insert into public.interview_messages (interview_id, role, content, metadata, client_id, seq)
        values (
            t.interview_id, 'assistant', coalesce(event #>> '{echo,text}', ''),
            jsonb_build_object('type', event #> '{echo,type}', 'provider_id', event #> '{echo,message_id}', 'written_by', 'phone'), t.client_id, t.last_seq + 1
        );
    else
        dialogue_id := private.hand_over(t.id, 'a person wrote from the telephone');
        insert into public.messages (conversation_id, role, content, channel, metadata, client_id, seq)
        select dialogue_id, 'assistant', coalesce(event #>> '{echo,text}', ''), a.channel,
            jsonb_build_object('type', event #> '{echo,type}', 'provider_id', event #> '{echo,message_id}', 'written_by', 'phone'), t.client_id, t.last_seq + 1
        from public.channel_accounts as a
        where a.id = t.channel_account_id;
        update public.conversations as c set person_wrote_at = private.now(), last_message_at = clock_timestamp() where c.id = dialogue_id;
    end if;
    update private.threads as x set last_seq = t.last_seq + 1 where x.id = t.id;
    return true;
end
$$;
comment on function private.follow_echo(uuid, jsonb) is
'Somebody wrote to a lead on the account''s own telephone: the message stands in the dialogue, and the person has it from now on. false where the lead has no thread there or the message is one that we sent. The caller holds the locks of the thread and its interview.';
