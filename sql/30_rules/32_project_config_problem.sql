create or replace function private.project_config_problem(config jsonb) returns text
language plpgsql immutable set search_path = ''
as $$
declare
    audience jsonb := config -> 'audience';
    questions jsonb := config #> '{questionnaire,questions}';
    question jsonb;
    keys text[] := '{}';
    problem text;
begin
    if jsonb_typeof(config) is distinct from 'object' then
        -- The table's own constraints say so.
        return null;
    end if;
    if config ? 'goal' and (jsonb_typeof(config -> 'goal') not in ('string', 'null') or char_length(config ->> 'goal') > 10000) then
        return 'goal must be a text of at most 10000 characters';
    end if;
    if config ? 'audience' then
        if jsonb_typeof(audience) <> 'object' or (select count(*) from jsonb_object_keys(audience) as k where k <> 'join_later') <> 1
            or not coalesce(
                audience -> 'all' = 'true', jsonb_typeof(audience -> 'lead_ids') = 'array', jsonb_typeof(audience -> 'metadata') = 'object', false
            ) then
            return 'audience must be one of {"all": true}, {"lead_ids": [...]}, {"metadata": {...}}';
        end if;
        if audience ? 'join_later' and jsonb_typeof(audience -> 'join_later') <> 'boolean' then
            return 'audience.join_later must be true or false';
        end if;
        if exists (
            select from jsonb_array_elements(case jsonb_typeof(audience -> 'lead_ids') when 'array' then audience -> 'lead_ids' else '[]' end) as l (v)
            where coalesce(l.v #>> '{}', '') !~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
        ) then
            return 'audience.lead_ids must be ids of leads';
        end if;
    end if;
    if config ? 'invitation' and (
        jsonb_typeof(config -> 'invitation') <> 'object'
        or coalesce(jsonb_typeof(config #> '{invitation,template}'), 'string') <> 'string'
    ) then
        return 'invitation must be {"template": name}';
    end if;
    if config ? 'stretch' and jsonb_typeof(config -> 'stretch') <> 'boolean' then
        return 'stretch must be true or false';
    end if;
    problem := private.reminders_problem(config);
    if problem is not null then
        return problem;
    end if;
    if not config ? 'questionnaire' then
        return null;
    end if;
    if jsonb_typeof(questions) is distinct from 'array' or jsonb_array_length(questions) not between 1 and 100 then
        return 'questionnaire.questions must be a list of 1 to 100 questions';
    end if;
    if coalesce(jsonb_typeof(config #> '{questionnaire,closing}'), 'string') <> 'string' or char_length(config #>> '{questionnaire,closing}') > 1000 then
        return 'questionnaire.closing must be a text of at most 1000 characters';
    end if;
    for question in select q.v from jsonb_array_elements(questions) as q (v) loop
        problem := private.question_problem(question);
        if problem is not null then
            return problem;
        end if;
        if question ->> 'key' = any (keys) then
            return format('question key %s is used twice', question ->> 'key');
        end if;
        if question ? 'skip_if' and question -> 'skip_if' <> 'null' then
            problem := private.skip_rule_problem(question -> 'skip_if', keys);
            if problem is not null then
                return format('question %s: %s', question ->> 'key', problem);
            end if;
        end if;
        keys := keys || (question ->> 'key');
    end loop;
    return null;
end
$$;
comment on function private.project_config_problem(jsonb) is
'What is wrong with projects.config, as a sentence; null if nothing. Keys this function does not know are left alone.';
