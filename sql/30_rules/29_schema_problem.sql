create or replace function private.schema_problem(schema jsonb, place text default 'parameters_schema') returns text
language plpgsql immutable set search_path = ''
as $$
declare
    item record;
    problem text;
begin
    if jsonb_typeof(schema) is distinct from 'object' then
        return format('%s must be an object', place);
    end if;
    for item in select e.key, e.value from jsonb_each(schema) as e loop
        problem := case
            when item.key in ('title', 'description', 'default', 'examples', '$schema') then null
            when item.key = 'type' then case
                when jsonb_typeof(item.value) <> 'string' or item.value #>> '{}' not in ('object', 'array', 'string', 'number', 'integer', 'boolean')
                    then format('%s.type must be one of object, array, string, number, integer, boolean', place)
            end
            when item.key in ('minimum', 'maximum') then case when jsonb_typeof(item.value) <> 'number' then format('%s.%s must be a number', place, item.key) end
            when item.key in ('minLength', 'maxLength', 'minItems', 'maxItems', 'minProperties', 'maxProperties') then case
                when item.value #>> '{}' !~ '^[0-9]{1,7}$' then format('%s.%s must be a whole number', place, item.key)
            end
            when item.key = 'enum' then case when jsonb_typeof(item.value) <> 'array' or jsonb_array_length(item.value) = 0 then format('%s.enum must be a list', place) end
            when item.key = 'format' then case
                when item.value #>> '{}' not in ('date-time', 'date', 'uuid', 'email') then format('%s.format must be date-time, date, uuid or email', place)
            end
            when item.key = 'required' then case
                when jsonb_typeof(item.value) <> 'array' or item.value @? '$[*] ? (@.type() != "string")' then format('%s.required must be a list of names', place)
            end
            when item.key = 'properties' then case
                when jsonb_typeof(item.value) <> 'object' then format('%s.properties must be an object', place)
                else (
                    select min(x.problem)
                    from jsonb_each(item.value) as p
                    cross join lateral private.schema_problem(p.value, place || '.' || p.key) as x (problem)
                )
            end
            when item.key = 'items' then private.schema_problem(item.value, place || '[]')
            when item.key = 'additionalProperties' then case
                when jsonb_typeof(item.value) = 'object' then private.schema_problem(item.value, place || '.*')
                when jsonb_typeof(item.value) <> 'boolean' then format('%s.additionalProperties must be true, false or a schema', place)
            end
            else format('%s.%s is not understood here', place, item.key)
        end;
        if problem is not null then
            return problem;
        end if;
    end loop;
    return null;
end
$$;
comment on function private.schema_problem(jsonb, text) is
'What is wrong with a JSON Schema, or not understood by private.arguments_problem, which knows a part of it only: a word it does not know would be a check that nobody makes. null if nothing.';
