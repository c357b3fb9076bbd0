create or replace function private.conversion_problem(config jsonb) returns text
language plpgsql stable set search_path = ''
as $$
declare
    plan jsonb := config -> 'conversion';
    questions jsonb := config #> '{qualification,questions}';
    template jsonb := plan -> 'project';
    kinds text[] := enum_range(null::public.agent_type)::text[];
    mapped jsonb := coalesce(plan #> '{agent_type,map}', '{}');
    asked jsonb;
    part text;
begin
    if jsonb_typeof(plan) <> 'object' then
        return 'conversion must be an object';
    end if;
    if questions is null then
        return 'conversion needs qualification: its questions bring the company and the address';
    end if;
    part := (select min(k) from jsonb_object_keys(plan) as k where k not in ('company', 'email', 'agent_type', 'project', 'plan'));
    if part is not null then
        return format('conversion.%s is not known', left(part, 60));
    end if;
    foreach part in array array['company', 'email'] loop
        asked := (select q.v from jsonb_array_elements(questions) as q (v) where q.v ->> 'key' = plan ->> part);
        if jsonb_typeof(plan -> part) is distinct from 'string' or asked is null then
            return format('conversion.%s must be the key of a question in qualification', part);
        end if;
        if asked ->> 'type' <> 'text' then
            return format('conversion.%s must name a question of type text, and %s is of type %s', part, plan ->> part, asked ->> 'type');
        end if;
    end loop;
    if plan ->> 'company' = plan ->> 'email' then
        return 'conversion.company and conversion.email must be two questions';
    end if;
    if plan ? 'plan' and not coalesce(plan ->> 'plan' = any (enum_range(null::public.client_plan)::text[]), false) then
        return format('conversion.plan must be one of %s', array_to_string(enum_range(null::public.client_plan), ', '));
    end if;

    if jsonb_typeof(plan -> 'agent_type') is distinct from 'object' or jsonb_typeof(mapped) <> 'object' then
        return 'conversion.agent_type must be {"question": key, "map": {answer: agent type}, "default"?: agent type}';
    end if;
    part := (
        select min(coalesce(a.value #>> '{}', 'null'))
        from (select m.value from jsonb_each(mapped) as m union all select plan #> '{agent_type,default}' where plan -> 'agent_type' ? 'default') as a (value)
        where not coalesce(jsonb_typeof(a.value) = 'string' and a.value #>> '{}' = any (kinds), false)
    );
    if part is not null then
        return format('conversion.agent_type: %s is no agent type; there are %s', left(part, 60), array_to_string(kinds, ', '));
    end if;
    if plan -> 'agent_type' ? 'question' then
        asked := (select q.v from jsonb_array_elements(questions) as q (v) where q.v ->> 'key' = plan #>> '{agent_type,question}');
        if asked ->> 'type' is distinct from 'choice' then
            return 'conversion.agent_type.question must be the key of a question of type choice';
        end if;
        part := (select min(m.key) from jsonb_each(mapped) as m where not asked -> 'options' ? m.key);
        if part is not null then
            return format('conversion.agent_type.map: %s is none of the options of %s', quote_literal(left(part, 60)), asked ->> 'key');
        end if;
        part := (select min(o.label) from jsonb_array_elements_text(asked -> 'options') as o (label) where not mapped ? o.label);
        if part is not null and not plan -> 'agent_type' ? 'default' then
            return format('conversion.agent_type.map says nothing of the option %s, and there is no default', quote_literal(left(part, 60)));
        end if;
    elsif not plan -> 'agent_type' ? 'default' then
        return 'conversion.agent_type needs a question or a default';
    end if;

    if template is null then
        return null;
    end if;
    if jsonb_typeof(template) <> 'object' or template - array['name', 'type', 'config'] <> '{}' then
        return 'conversion.project may have name, type and config';
    end if;
    if template ? 'name' and (jsonb_typeof(template -> 'name') <> 'string' or btrim(template ->> 'name') = '' or char_length(template ->> 'name') > 200) then
        return 'conversion.project.name must be a text of 1 to 200 characters';
    end if;
    if template ? 'type' and not coalesce(template ->> 'type' = any (enum_range(null::public.project_type)::text[]), false) then
        return format('conversion.project.type must be one of %s', array_to_string(enum_range(null::public.project_type), ', '));
    end if;
    if template ? 'config' then
        if jsonb_typeof(template -> 'config') <> 'object' then
            return 'conversion.project.config must be an object';
        end if;
        -- Now, not when a lead waits for it.
        part := coalesce(private.project_config_problem(template -> 'config'), (
            select min(private.question_refusal(t.kind::public.agent_type, template -> 'config'))
            from (select m.value from jsonb_each_text(mapped) as m union select plan #>> '{agent_type,default}') as t (kind)
            where t.kind is not null
        ));
        if part is not null then
            return 'conversion.project.config: ' || part;
        end if;
    end if;
    return null;
end
$$;
comment on function private.conversion_problem(jsonb) is
'What is wrong with an agent''s config.conversion, given its config.qualification, as a sentence; null if nothing. {"company": question key, "email": question key, "agent_type": {"question", "map", "default"?}, "project"?: {"name"? with {{company}}, "type"?, "config"?}, "plan"?}.';
