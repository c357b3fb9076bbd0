create or replace function private.outcome_of(call public.tool_calls) returns jsonb
language sql immutable set search_path = ''
as $$
    select case when call.error is null
        then jsonb_build_object('verdict', 'done', 'result', call.result)
        else jsonb_build_object('verdict', 'refused', 'error', call.error)
    end;
$$;
comment on function private.outcome_of(public.tool_calls) is 'What a call of a tool came to, as the function that made it reads it.';
