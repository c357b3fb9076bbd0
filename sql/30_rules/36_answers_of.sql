create or replace function private.answers_of(interview_id uuid) returns jsonb
language sql stable security definer set search_path = ''
as $$
    select coalesce(jsonb_object_agg(a.question_key, jsonb_build_object('status', a.status, 'value', a.value, 'probes', a.probes, 'tries', a.tries)), '{}')
    from public.interview_answers as a
    where a.interview_id = answers_of.interview_id;
$$;
comment on function private.answers_of(uuid) is 'What became of an interview''s questions so far: {key: {"status", "value", "probes", "tries"}}.';
