create or replace function private.arguments_problem(value jsonb, schema jsonb, place text default 'arguments') returns text
language plpgsql immutable set search_path = ''
as $$
declare
    kind text := jsonb_typeof(value);
    wanted text := schema ->> 'type';
    txt text := value #>> '{}';
    item record;
    problem text;
begin
    if value is null then
        return format('%s is missing', place);
    end if;
    if wanted is not null and not (
        kind = wanted or (wanted = 'integer' and kind = 'number' and txt::numeric = trunc(txt::numeric))
    ) then
        return format('%s must be of type %s', place, wanted);
    end if;
    if schema ? 'enum' and not (schema -> 'enum') @> jsonb_build_array(value) then
        return format('%s must be one of %s', place, left(schema ->> 'enum', 300));
    end if;
    if kind = 'number' then
        if txt::numeric < (schema ->> 'minimum')::numeric or txt::numeric > (schema ->> 'maximum')::numeric then
            return format('%s must be between %s and %s', place, coalesce(schema ->> 'minimum', 'any'), coalesce(schema ->> 'maximum', 'any'));
        end if;
    elsif kind = 'string' then
        if char_length(txt) < (schema ->> 'minLength')::integer or char_length(txt) > (schema ->> 'maxLength')::integer then
            return format('%s must have %s to %s characters', place, coalesce(schema ->> 'minLength', '0'), coalesce(schema ->> 'maxLength', 'any number of'));
        end if;
        problem := case schema ->> 'format'
            when 'uuid' then case when txt !~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then 'a UUID' end
            when 'email' then case when private.is_email(lower(btrim(txt))) is not true then 'an e-mail address' end
            when 'date' then case when txt !~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' then 'a date such as 2027-01-31' end
            when 'date-time' then case when txt !~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?(Z|[+-][0-9]{2}:?[0-9]{2})?$'
                then 'a time such as 2027-01-31T14:30:00-03:00' end
        end;
        if problem is not null then
            return format('%s must be %s', place, problem);
        end if;
    elsif kind = 'array' then
        if jsonb_array_length(value) < (schema ->> 'minItems')::integer or jsonb_array_length(value) > (schema ->> 'maxItems')::integer then
            return format('%s must have %s to %s items', place, coalesce(schema ->> 'minItems', '0'), coalesce(schema ->> 'maxItems', 'any number of'));
        end if;
        if schema ? 'items' then
            for item in select e.v, e.n from jsonb_array_elements(value) with ordinality as e (v, n) loop
                problem := private.arguments_problem(item.v, schema -> 'items', format('%s[%s]', place, item.n));
                if problem is not null then
                    return problem;
                end if;
            end loop;
        end if;
    elsif kind = 'object' then
        problem := (select min(r.name) from jsonb_array_elements_text(schema -> 'required') as r (name) where not value ? r.name);
        if problem is not null then
            return format('%s.%s is missing', place, problem);
        end if;
        if (select count(*) from jsonb_object_keys(value)) not between coalesce((schema ->> 'minProperties')::integer, 0) and coalesce((schema ->> 'maxProperties')::integer, 1000) then
            return format('%s must have %s to %s names', place, coalesce(schema ->> 'minProperties', '0'), coalesce(schema ->> 'maxProperties', '1000'));
        end if;
        for item in select e.key, e.value from jsonb_each(value) as e order by e.key loop
            problem := case
                when schema -> 'properties' ? item.key then private.arguments_problem(item.value, schema #> array['properties', item.key], place || '.' || item.key)
                when jsonb_typeof(schema -> 'additionalProperties') = 'object' then
                    private.arguments_problem(item.value, schema -> 'additionalProperties', place || '.' || left(item.key, 60))
                -- What nobody described is nothing that a tool expects.
                when schema -> 'additionalProperties' is distinct from 'true' then format('%s.%s is not known', place, left(item.key, 60))
            end;
            if problem is not null then
                return problem;
            end if;
        end loop;
    end if;
    return null;
end
$$;
comment on function private.arguments_problem(jsonb, jsonb, text) is
'Why a value does not follow a JSON Schema (of the words that private.schema_problem takes), as a sentence for the model that sent it; null if it does. Names that the schema does not describe are refused unless additionalProperties allows them.';
