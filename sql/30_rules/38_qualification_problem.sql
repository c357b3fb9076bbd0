create or replace function private.qualification_problem(config jsonb) returns text
-- SECURITY: reads nothing but its argument; as its owner, so that whoever writes an agent need not be granted each of the rules it asks.
language plpgsql stable security definer set search_path = ''
as $$
declare
    q jsonb := config -> 'qualification';
    question jsonb;
    rule jsonb;
    keys text[] := '{}';
    part text;
    most numeric;
begin
    if q is null and config -> 'conversion' is null then
        return null;
    end if;
    if q is not null then
        if jsonb_typeof(q) <> 'object' then
            return 'qualification must be an object';
        end if;
        part := (select min(k) from jsonb_object_keys(q) as k where k not in ('questions', 'threshold', 'interest', 'said_when_qualified', 'said_when_not'));
        if part is not null then
            return format('qualification.%s is not known', left(part, 60));
        end if;
        if jsonb_typeof(q -> 'questions') is distinct from 'array' or jsonb_array_length(q -> 'questions') not between 1 and 30 then
            return 'qualification.questions must be a list of 1 to 30 questions';
        end if;
        for question in select e.v from jsonb_array_elements(q -> 'questions') as e (v) loop
            part := private.question_problem(question);
            if part is not null then
                return 'qualification: ' || part;
            end if;
            if question ->> 'key' = any (keys) then
                return format('qualification: question key %s is used twice', question ->> 'key');
            end if;
            if coalesce(question -> 'skip_if', 'null') <> 'null' then
                part := private.skip_rule_problem(question -> 'skip_if', keys);
                if part is not null then
                    return format('qualification: question %s: %s', question ->> 'key', part);
                end if;
            end if;
            keys := keys || (question ->> 'key');
            if question ? 'score' and (jsonb_typeof(question -> 'score') <> 'array' or jsonb_array_length(question -> 'score') > 50) then
                return format('qualification: question %s: score must be a list of at most 50 rules', question ->> 'key');
            end if;
            for rule in select e.v from jsonb_array_elements(coalesce(question -> 'score', '[]')) as e (v) loop
                part := case
                    when jsonb_typeof(rule) <> 'object' or jsonb_typeof(rule -> 'points') is distinct from 'number' then 'each rule must be {"if": {"op", "value"}, "points": number}'
                    when abs((rule ->> 'points')::numeric) > 1000 then 'points must be between -1000 and 1000'
                    else private.score_problem(rule -> 'if', question)
                end;
                if part is not null then
                    return format('qualification: question %s: score: %s', question ->> 'key', part);
                end if;
            end loop;
            if question ? 'must' then
                part := private.score_problem(question -> 'must', question);
                if part is not null then
                    return format('qualification: question %s: must: %s', question ->> 'key', part);
                end if;
            end if;
        end loop;
        if jsonb_typeof(q -> 'threshold') is distinct from 'number' then
            return 'qualification.threshold must be a number';
        end if;
        most := (select sum(private.most_points(e.v)) from jsonb_array_elements(q -> 'questions') as e (v));
        if (q ->> 'threshold')::numeric > most then
            return format('qualification.threshold is %s, and the questions bring at most %s points', q ->> 'threshold', trim_scale(most));
        end if;
        if q ? 'interest' and (
            jsonb_typeof(q -> 'interest') <> 'array' or jsonb_array_length(q -> 'interest') > 50
            or exists (select from jsonb_array_elements(q -> 'interest') as w (v) where jsonb_typeof(w.v) <> 'string' or char_length(btrim(w.v #>> '{}')) not between 2 and 60)
        ) then
            return 'qualification.interest must be a list of at most 50 words of 2 to 60 characters';
        end if;
        foreach part in array array['said_when_qualified', 'said_when_not'] loop
            if q ? part and (jsonb_typeof(q -> part) not in ('string', 'null') or char_length(q ->> part) > 1000) then
                return format('qualification.%s must be a text of at most 1000 characters', part);
            end if;
        end loop;
    end if;
    return case when config ? 'conversion' then private.conversion_problem(config) end;
end
$$;
comment on function private.qualification_problem(jsonb) is
'What is wrong with an agent''s config.qualification and config.conversion, as a sentence; null if nothing. {"questions": as in a questionnaire, each with optional "score": [{"if": {"op", "value"}, "points"}] and "must": {"op", "value"}; "threshold"; "interest"?: words; "said_when_qualified"?, "said_when_not"?: texts}.';
