create or replace function private.skip_applies(rule jsonb, answers jsonb) returns boolean
language sql immutable set search_path = ''
as $$
    -- answers: {question key: {"status", "value"}} of the questions dealt with so far.
    select coalesce(case rule ->> 'op'
        when 'not_answered' then a.status is distinct from 'answered'
        when 'eq' then a.value = rule -> 'value'
        when 'ne' then a.value <> rule -> 'value'
        when 'in' then rule -> 'value' @> a.value
        when 'lt' then jsonb_typeof(a.value) = 'number' and (a.value)::numeric < (rule ->> 'value')::numeric
        when 'lte' then jsonb_typeof(a.value) = 'number' and (a.value)::numeric <= (rule ->> 'value')::numeric
        when 'gt' then jsonb_typeof(a.value) = 'number' and (a.value)::numeric > (rule ->> 'value')::numeric
        when 'gte' then jsonb_typeof(a.value) = 'number' and (a.value)::numeric >= (rule ->> 'value')::numeric
    end, false)
    from (select answers #>> array[rule ->> 'key', 'status'] as status, nullif(answers #> array[rule ->> 'key', 'value'], 'null') as value) as a;
$$;
comment on function private.skip_applies(jsonb, jsonb) is 'Whether a question''s skip_if holds, given what became of the earlier questions.';
