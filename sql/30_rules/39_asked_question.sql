create or replace function private.asked_question(config jsonb, question_key text) returns jsonb
language sql immutable set search_path = ''
as $$
    -- Neither points nor rules: what the model does not know, nobody talks it into telling.
    select jsonb_build_object(
        'key', q.v -> 'key', 'text', q.v -> 'text', 'type', q.v -> 'type', 'options', q.v -> 'options',
        'validation', coalesce(q.v -> 'validation', '{}')
            || case when q.v ->> 'key' = config #>> '{conversion,email}' then '{"format": "email"}'::jsonb else '{}' end
    )
    from jsonb_array_elements(config #> '{qualification,questions}') as q (v)
    where q.v ->> 'key' = asked_question.question_key;
$$;
comment on function private.asked_question(jsonb, text) is 'A qualification''s question as a model is given it: {key, text, type, options, validation}.';
