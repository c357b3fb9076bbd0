create or replace function private.interview_statistics(interview_id uuid) returns jsonb
language sql stable security definer set search_path = ''
as $$
    select jsonb_build_object(
        'lead_name', l.name, 'status', i.status, 'end_reason', i.end_reason, 'started_at', i.started_at, 'completed_at', i.completed_at,
        'minutes', round((extract(epoch from i.completed_at - i.started_at) / 60)::numeric, 1),
        'messages', (select count(*) from public.interview_messages as m where m.interview_id = i.id and m."timestamp" >= i.created_at),
        'answers', coalesce((
            select jsonb_agg(jsonb_build_object(
                'key', s.key, 'text', s.question ->> 'text', 'type', s.question ->> 'type', 'status', s.status, 'value', a.value, 'quote', a.quote
            ) order by s.ord)
            from private.interview_state(p.config #> '{questionnaire,questions}', private.answers_of(i.id)) as s
            left join public.interview_answers as a on a.interview_id = i.id and a.question_key = s.key
        ), '[]')
    )
    from public.interviews as i
    join public.leads as l on l.id = i.lead_id
    join public.projects as p on p.id = i.project_id
    where i.id = interview_statistics.interview_id;
$$;
comment on function private.interview_statistics(uuid) is 'One interview''s figures and answers.';
