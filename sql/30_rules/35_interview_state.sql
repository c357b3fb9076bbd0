create or replace function private.interview_state(questions jsonb, answers jsonb)
returns table (ord bigint, key text, question jsonb, status text, is_open boolean)
language plpgsql immutable set search_path = ''
as $$
declare
    item record;
    known jsonb := answers;
begin
    -- One pass in order: a skipped question counts as not answered for the rules after it.
    for item in select q.v, q.n from jsonb_array_elements(questions) with ordinality as q (v, n) loop
        ord := item.n;
        key := item.v ->> 'key';
        question := item.v;
        status := coalesce(known #>> array[key, 'status'], 'open');
        if status in ('open', 'invalid') and coalesce(item.v -> 'skip_if', 'null') <> 'null'
            and private.skip_applies(item.v -> 'skip_if', known) then
            status := 'skipped';
            known := known || jsonb_build_object(key, jsonb_build_object('status', 'skipped'));
        end if;
        is_open := status in ('open', 'invalid');
        return next;
    end loop;
end
$$;
comment on function private.interview_state(jsonb, jsonb) is
'The questionnaire''s questions in order, each with what became of it (open, invalid, answered, refused, skipped). The next question is the first open one; without an open one the interview is complete.';
