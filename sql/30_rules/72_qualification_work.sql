create or replace function private.qualification_work(conversation public.conversations) returns jsonb
language sql stable security definer set search_path = ''
as $$
    select null::jsonb;
$$;
comment on function private.qualification_work(public.conversations) is
'What a turn knows of its lead''s qualification: {"status": none | open | qualified | not_qualified, "question": the next one or null}; null where the agent qualifies nobody.';
