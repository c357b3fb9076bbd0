create or replace function private.skip_rule_problem(rule jsonb, earlier_keys text[]) returns text
language sql immutable set search_path = ''
as $$
    select case
        when jsonb_typeof(rule) <> 'object' then 'skip_if must be an object'
        when not coalesce(rule ->> 'key' = any (earlier_keys), false) then 'skip_if.key must name an earlier question'
        when not coalesce(rule ->> 'op' in ('eq', 'ne', 'lt', 'lte', 'gt', 'gte', 'in', 'not_answered'), false)
            then 'skip_if.op must be one of eq, ne, lt, lte, gt, gte, in, not_answered'
        when rule ->> 'op' = 'in' and jsonb_typeof(rule -> 'value') is distinct from 'array' then 'skip_if.value must be a list for in'
        when rule ->> 'op' in ('lt', 'lte', 'gt', 'gte') and jsonb_typeof(rule -> 'value') is distinct from 'number'
            then 'skip_if.value must be a number for ' || (rule ->> 'op')
        when rule ->> 'op' <> 'not_answered' and not rule ? 'value' then 'skip_if.value is missing'
    end;
$$;
comment on function private.skip_rule_problem(jsonb, text[]) is 'What is wrong with a question''s skip_if, given the keys of the questions before it; null if nothing.';
