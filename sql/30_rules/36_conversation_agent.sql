create or replace function private.conversation_agent(conversation public.conversations, channel_account_id uuid, out agent_id uuid, out project_id uuid)
language sql stable security definer set search_path = ''
as $$
    select x.agent_id, x.project_id
    from (
        -- The one that was given this dialogue.
        select 1 as rank, r.id as agent_id, conversation.project_id, r.created_at
        from public.renus_config as r
        where r.client_id = conversation.client_id and r.id = conversation.renus_config_id and r.active
        union all
        -- That of a running support line or campaign on this number, the newest.
        (
            select 2, r.id, p.id, r.created_at
            from public.projects as p
            join public.renus_config as r on r.client_id = p.client_id and r.id = p.renus_config_id
            where p.client_id = conversation.client_id and p.status = 'active' and p.type in ('support', 'campaign') and r.active
                and (p.channel_account_id is null or p.channel_account_id = conversation_agent.channel_account_id)
            order by p.created_at desc, p.id
            limit 1
        )
        union all
        -- Else the client's first agent that is to talk outside of projects.
        select 3, r.id, null, r.created_at
        from public.renus_config as r
        where r.client_id = conversation.client_id and r.active and r.config ? 'conversation'
    ) as x
    where conversation.lead_id is not null
    order by x.rank, x.created_at, x.agent_id
    limit 1;
$$;
comment on function private.conversation_agent(public.conversations, uuid, out uuid, out uuid) is
'Which agent (renus_config) answers a conversation, and for which project: the one it was given, else that of the newest running support line or campaign on this account, else the client''s first active agent whose config has conversation. null: nobody but people.';
