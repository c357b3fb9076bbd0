create or replace function private.score_problem(rule jsonb, question jsonb) returns text
language plpgsql immutable set search_path = ''
as $$
declare
    op text := rule ->> 'op';
    kind text := question ->> 'type';
    item jsonb;
begin
    if jsonb_typeof(rule) is distinct from 'object' then
        return 'it must be {"op", "value"}';
    end if;
    if jsonb_typeof(rule -> 'op') is distinct from 'string' or op not in ('eq', 'ne', 'lt', 'lte', 'gt', 'gte', 'in') then
        return 'op must be one of eq, ne, lt, lte, gt, gte, in';
    end if;
    if not rule ? 'value' or rule -> 'value' = 'null' then
        return 'value is missing';
    end if;
    if op in ('lt', 'lte', 'gt', 'gte') and kind not in ('number', 'scale') then
        return format('%s compares numbers, and the question is of type %s', op, kind);
    end if;
    if op = 'in' and (jsonb_typeof(rule -> 'value') <> 'array' or jsonb_array_length(rule -> 'value') not between 1 and 100) then
        return 'value must be a list of 1 to 100 for in';
    end if;
    for item in select v.value from jsonb_array_elements(case when op = 'in' then rule -> 'value' else jsonb_build_array(rule -> 'value') end) as v (value) loop
        if jsonb_typeof(item) <> (case kind when 'number' then 'number' when 'scale' then 'number' when 'yes_no' then 'boolean' else 'string' end) then
            return format('value %s is no answer to a question of type %s', left(item::text, 100), kind);
        end if;
        if kind = 'choice' and not question -> 'options' @> item then
            return format('value %s is none of the question''s options', left(item::text, 100));
        end if;
    end loop;
    return null;
end
$$;
comment on function private.score_problem(jsonb, jsonb) is 'What is wrong with a rule {"op", "value"} about a question''s answer, in its score or as its must; null if nothing.';
