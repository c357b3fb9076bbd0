create or replace function private.is_answered(thread private.threads) returns boolean
language sql stable security definer set search_path = ''
as $$
    select thread.interview_id is not null or exists (
        select
        from public.conversations as c
        join public.channel_accounts as a on a.id = thread.channel_account_id
        cross join lateral private.conversation_agent(c, thread.channel_account_id) as g
        join public.renus_config as r on r.id = g.agent_id
        where c.id = thread.conversation_id and c.status = 'open' and c.handed_over_at is null
            -- A mail program that answers by itself would be answered for ever: other channels only where they are named.
            and coalesce(r.config #> '{conversation,channels}' ? a.channel::text, a.channel = 'whatsapp')
    );
$$;
comment on function private.is_answered(private.threads) is
'Whether an agent answers what is said in a thread now: in an interview always; in a conversation where there is an agent for it and its channel, and no person has it.';
