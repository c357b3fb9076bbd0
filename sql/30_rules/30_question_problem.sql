create or replace function private.question_problem(question jsonb) returns text
language plpgsql immutable set search_path = ''
as $$
declare
    k text := question ->> 'key';
    kind text := question ->> 'type';
    rules jsonb := coalesce(question -> 'validation', '{}');
    rule text;
begin
    if jsonb_typeof(question) is distinct from 'object' then
        return 'each question must be an object';
    end if;
    if jsonb_typeof(question -> 'key') is distinct from 'string' or k !~ '^[a-z][a-z0-9_]{0,62}$' then
        return format('question key %s must be lower-case letters, digits and underscores, beginning with a letter', coalesce(quote_literal(k), 'null'));
    end if;
    if jsonb_typeof(question -> 'text') is distinct from 'string' or btrim(question ->> 'text') = '' then
        return format('question %s has no text', k);
    end if;
    if char_length(question ->> 'text') > 1000 then
        return format('question %s has a text of more than 1000 characters', k);
    end if;
    if kind is null or kind not in ('text', 'number', 'scale', 'yes_no', 'choice') then
        return format('question %s has type %s; known types are text, number, scale, yes_no, choice', k, coalesce(quote_literal(kind), 'null'));
    end if;
    if kind = 'choice' then
        if jsonb_typeof(question -> 'options') is distinct from 'array'
            or jsonb_array_length(question -> 'options') not between 2 and 20
            or exists (
                select from jsonb_array_elements(question -> 'options') as o (v)
                where jsonb_typeof(o.v) <> 'string' or btrim(o.v #>> '{}') = '' or char_length(o.v #>> '{}') > 200
            ) then
            return format('question %s needs options: 2 to 20 texts of at most 200 characters', k);
        end if;
        if (select count(distinct private.plain(o.v)) from jsonb_array_elements_text(question -> 'options') as o (v))
            < jsonb_array_length(question -> 'options') then
            return format('question %s has the same option twice', k);
        end if;
    elsif question ? 'options' and question -> 'options' <> 'null' then
        return format('question %s has options but is not of type choice', k);
    end if;
    if jsonb_typeof(rules) <> 'object' then
        return format('question %s has a validation that is not an object', k);
    end if;
    for rule in select jsonb_object_keys(rules) loop
        if not (
            (rule in ('min', 'max') and kind in ('number', 'scale') and jsonb_typeof(rules -> rule) = 'number')
            or (rule = 'integer' and kind in ('number', 'scale') and jsonb_typeof(rules -> rule) = 'boolean')
            or (rule in ('min_length', 'max_length') and kind = 'text' and rules ->> rule ~ '^[0-9]{1,6}$')
        ) then
            return format('question %s has validation %s, which does not fit its type', k, rule);
        end if;
    end loop;
    if kind = 'scale' and not (rules ? 'min' and rules ? 'max') then
        return format('question %s is a scale and needs validation.min and validation.max', k);
    end if;
    if (rules ->> 'min')::numeric > (rules ->> 'max')::numeric
        or (rules ->> 'min_length')::numeric > (rules ->> 'max_length')::numeric then
        return format('question %s has a smallest value above its largest', k);
    end if;
    if question ? 'required' and jsonb_typeof(question -> 'required') <> 'boolean' then
        return format('question %s: required must be true or false', k);
    end if;
    if question ? 'nps' and (jsonb_typeof(question -> 'nps') <> 'boolean' or kind <> 'scale') then
        return format('question %s: nps is true or false, on a scale only', k);
    end if;
    if question ? 'probes' and not coalesce(question ->> 'probes' ~ '^[0-3]$', false) then
        return format('question %s: probes must be 0 to 3', k);
    end if;
    return null;
end
$$;
comment on function private.question_problem(jsonb) is 'What is wrong with one question of a questionnaire, as a sentence; null if nothing.';
