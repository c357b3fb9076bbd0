create or replace function private.agent_of(thread private.threads) returns public.renus_config
language sql stable security definer set search_path = ''
as $$
    select r
    from public.renus_config as r
    where r.client_id = thread.client_id and r.id = case
        when thread.interview_id is not null then (
            select p.renus_config_id from public.interviews as i join public.projects as p on p.id = i.project_id where i.id = thread.interview_id
        )
        else (
            select a.agent_id
            from public.conversations as c
            cross join lateral private.conversation_agent(c, thread.channel_account_id) as a
            where c.id = thread.conversation_id
        )
    end;
$$;
comment on function private.agent_of(private.threads) is 'The agent that speaks in a thread''s live dialogue; null where it has none.';
