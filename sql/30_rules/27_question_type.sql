create or replace function private.question_type(interview_id uuid) returns text
language sql stable security definer set search_path = ''
as $$
    select q.v ->> 'type'
    from public.interviews as i
    join public.projects as p on p.id = i.project_id
    cross join jsonb_array_elements(p.config #> '{questionnaire,questions}') as q (v)
    where i.id = question_type.interview_id and q.v ->> 'key' = i.current_question
    limit 1;
$$;
comment on function private.question_type(uuid) is 'The type of the question that an interview''s lead was last asked; null before the first one.';
