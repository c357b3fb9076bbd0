create or replace function private.conversation_work(thread_id uuid) returns jsonb
language sql stable security definer set search_path = ''
as $$
    select jsonb_build_object(
        'kind', 'conversation',
        'lead', jsonb_build_object('name', l.name, 'opted_out', l.opted_out_at is not null),
        'company_name', k.company_name,
        'project', case when p.id is not null then jsonb_build_object('name', p.name, 'goal', p.config ->> 'goal') end,
        'agent', jsonb_build_object(
            'agent_type', r.agent_type, 'config', r.config - 'qualification' - 'conversion', 'prompts', r.prompts, 'version', r.version
        ) || private.models_of(r.config, private.budget_verdict(t.client_id, p.id)),
        'sub_agent', c.sub_agent_id,
        'sub_agents', (
            select coalesce(jsonb_agg(jsonb_build_object(
                'id', s.id, 'name', s.name, 'type', s.type, 'description', s.description, 'config', s.config, 'tools', (
                    select coalesce(jsonb_agg(o.name), '[]') from private.tools_of(r, s.id) as o
                )
            )), '[]')
            from private.sub_agents_of(r) as s
        ),
        -- Of the agent and of all its specialists: who has the dialogue may change within the turn.
        'tools', (
            select coalesce(jsonb_agg(jsonb_build_object('name', o.name, 'description', o.description, 'parameters', o.parameters_schema)), '[]')
            from public.tools as o
            where o.id in (
                select a.id from private.tools_of(r, null) as a
                union
                select b.id from private.sub_agents_of(r) as s cross join lateral private.tools_of(r, s.id) as b
            )
        ),
        'own_tools', (select coalesce(jsonb_agg(o.name), '[]') from private.tools_of(r, null) as o),
        'limits', jsonb_build_object(
            'steps', coalesce((r.config #>> '{conversation,limits,steps}')::integer, 6),
            'tool_calls', coalesce((r.config #>> '{conversation,limits,tool_calls}')::integer, private.setting_int('tool_calls_per_turn'))
        ),
        'memory', c.memory,
        'resuming', c.resuming,
        'qualification', private.qualification_work(c),
        'customer', private.customer_work(c),
        'summary', c.summary,
        'to_summarise', h.older,
        'history', h.items,
        'input', n.items,
        'reruns', t.reruns,
        'seen', case when n.message_id is not null then jsonb_build_object('channel_account_id', t.channel_account_id, 'message_id', n.message_id) end
    )
    from private.threads as t
    join public.leads as l on l.id = t.lead_id
    join public.clients as k on k.id = t.client_id
    join public.conversations as c on c.id = t.conversation_id
    join public.renus_config as r on r.id = t.agent_id
    left join public.projects as p on p.id = (select g.project_id from private.conversation_agent(c, t.channel_account_id) as g)
    cross join lateral (
        -- What is neither in the summary nor among the newest is to be summed up, some of it at a time.
        select coalesce(jsonb_agg(m.item order by m.seq) filter (where m.place > m.kept), '[]') as older,
            coalesce(jsonb_agg(m.item order by m.seq) filter (where m.place <= m.kept), '[]') as items
        from (
            select x.seq, x.place, x.item,
                case when count(*) over () > private.setting_int('history_messages') then private.setting_int('history_messages') / 2 else private.setting_int('history_messages') end as kept
            from (
                select m.seq, row_number() over (order by m.seq desc) as place,
                    jsonb_strip_nulls(jsonb_build_object(
                        'role', m.role, 'content', left(m.content, 2000), 'seq', m.seq,
                        'by', case when m.role = 'assistant' and m.metadata ->> 'turn_id' is null and m.metadata ->> 'written_by' is not null then 'person' end
                    )) as item
                from public.messages as m
                where m.conversation_id = c.id and m."timestamp" >= coalesce(c.summary_at - interval '1 hour', c.created_at) and m.seq > c.summary_seq and m.seq < t.lease_seq
                    and not (m.role = 'user' and m.seq > t.handled_seq)
                order by m.seq desc
                limit 3 * private.setting_int('history_messages')
            ) as x
        ) as m
    ) as h
    cross join lateral (
        select coalesce(jsonb_agg(jsonb_build_object('id', m.id, 'seq', m.seq, 'type', coalesce(m.metadata ->> 'type', 'text'), 'content', left(m.content, 4000)) order by m.seq), '[]') as items,
            (array_agg(m.metadata ->> 'provider_id' order by m.seq desc) filter (where m.metadata ->> 'provider_id' is not null))[1] as message_id
        from public.messages as m
        where m.conversation_id = c.id and m.role = 'user' and m.seq > t.handled_seq and m.seq <= t.lease_seq and m."timestamp" >= coalesce(c.summary_at - interval '1 hour', c.created_at)
    ) as n
    where t.id = conversation_work.thread_id;
$$;
comment on function private.conversation_work(uuid) is
'Everything a turn of a thread''s conversation needs, bounded: lead, agent and its specialists, tools, what is remembered, the summary of what was said long ago (and what is to be added to it), the newest messages, the unhandled input. null when no agent has it.';
