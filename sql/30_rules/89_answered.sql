create or replace function private.answered(project_id uuid, question_key text)
returns setof public.interview_answers
language sql stable security definer set search_path = ''
as $$
    select a.*
    from public.interviews as i
    join public.interview_answers as a on a.client_id = i.client_id and a.interview_id = i.id
    where i.project_id = answered.project_id and a.question_key = answered.question_key and a.status = 'answered';
$$;
comment on function private.answered(uuid, text) is 'The answers to one question over a whole project.';
