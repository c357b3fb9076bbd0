create or replace function private.turn_work(thread_id uuid) returns jsonb
language sql stable security definer set search_path = ''
as $$
    select jsonb_build_object(
        'kind', 'interview',
        'lead', jsonb_build_object('name', l.name, 'opted_out', l.opted_out_at is not null),
        'company_name', c.company_name,
        'project', jsonb_build_object('name', p.name, 'goal', p.config ->> 'goal'),
        'agent', jsonb_build_object(
            'agent_type', coalesce(r.agent_type, 'renus_base'), 'config', coalesce(r.config, '{}'), 'prompts', coalesce(r.prompts, '{}'),
            'version', r.version
        ) || private.models_of(r.config, private.budget_verdict(t.client_id, p.id)),
        'questions', q.items,
        'current_question', i.current_question,
        'history', h.items,
        'input', n.items,
        'reruns', t.reruns,
        'seen', case when n.message_id is not null then jsonb_build_object('channel_account_id', t.channel_account_id, 'message_id', n.message_id) end
    )
    from private.threads as t
    join public.leads as l on l.id = t.lead_id
    join public.clients as c on c.id = t.client_id
    join public.interviews as i on i.id = t.interview_id
    join public.projects as p on p.id = i.project_id
    left join public.renus_config as r on r.id = p.renus_config_id
    -- offset 0 keeps it one lookup: pulled up, it would be one for each question.
    cross join lateral (select private.answers_of(i.id) as known offset 0) as a
    cross join lateral (
        select jsonb_agg(jsonb_build_object(
            'key', s.key, 'text', s.question ->> 'text', 'type', s.question ->> 'type', 'options', s.question -> 'options',
            'validation', coalesce(s.question -> 'validation', '{}'), 'required', coalesce((s.question ->> 'required')::boolean, true),
            'status', s.status,
            'probes_left', coalesce((s.question ->> 'probes')::integer, 0) - coalesce((a.known #>> array[s.key, 'probes'])::integer, 0)
        ) order by s.ord) as items
        from private.interview_state(p.config #> '{questionnaire,questions}', a.known) as s
    ) as q
    cross join lateral (
        select coalesce(jsonb_agg(jsonb_build_object('role', m.role, 'content', m.content, 'seq', m.seq) order by m.seq), '[]') as items
        from (
            select m.role, m.content, m.seq
            from public.interview_messages as m
            where m.interview_id = i.id and m."timestamp" >= i.created_at and m.seq < t.lease_seq
                and not (m.role = 'user' and m.seq > t.handled_seq)
            order by m.seq desc
            limit private.setting_int('history_messages')
        ) as m
    ) as h
    cross join lateral (
        select coalesce(jsonb_agg(jsonb_build_object('id', m.id, 'seq', m.seq, 'type', coalesce(m.metadata ->> 'type', 'text'), 'content', m.content) order by m.seq), '[]') as items,
            (array_agg(m.metadata ->> 'provider_id' order by m.seq desc) filter (where m.metadata ->> 'provider_id' is not null))[1] as message_id
        from public.interview_messages as m
        where m.interview_id = i.id and m.role = 'user' and m.seq > t.handled_seq and m.seq <= t.lease_seq and m."timestamp" >= i.created_at
    ) as n
    where t.id = turn_work.thread_id;
$$;
comment on function private.turn_work(uuid) is
'Everything a turn of a thread needs: lead, project, agent, questions with their state, history and the unhandled input up to the lease''s sequence number, and as what its provider knows the last message of that. null when no interview is live.';
