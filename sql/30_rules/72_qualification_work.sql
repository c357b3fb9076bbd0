create or replace function private.qualification_work(conversation public.conversations) returns jsonb
language sql stable security definer set search_path = ''
as $$
    select jsonb_build_object(
        'status', coalesce(q.status::text, 'none'),
        'question', case when q.status = 'open' then
            private.asked_question(r.config, (select v.next_key from private.qualification_verdict(r.config -> 'qualification', q.answers) as v))
        end,
        'interest', r.config #> '{qualification,interest}'
    )
    from private.threads as t
    join public.renus_config as r on r.id = t.agent_id
    left join private.qualification_of(conversation.lead_id) as q on q.id is not null
    where t.id = conversation.thread_id and r.config ? 'qualification';
$$;
comment on function private.qualification_work(public.conversations) is
'What a turn knows of its lead''s qualification: {"status": none | open | qualified | not_qualified, "question": the next one or null, "interest": words or null}; null where the agent qualifies nobody. Neither points nor threshold: what the model does not know, nobody talks it into telling.';
