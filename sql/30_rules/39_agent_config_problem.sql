create or replace function private.agent_config_problem(config jsonb) returns text
language plpgsql stable set search_path = ''
as $$
declare
    talk jsonb := config -> 'conversation';
    part text;
begin
    if config ? 'fallback_model' and coalesce(jsonb_typeof(config -> 'fallback_model'), 'null') not in ('string', 'null') then
        return 'fallback_model must be the name of a model';
    end if;
    part := private.qualification_problem(config);
    if part is not null then
        return part;
    end if;
    if talk is null then
        return null;
    end if;
    if jsonb_typeof(talk) <> 'object' then
        return 'conversation must be an object';
    end if;
    foreach part in array array['tools', 'sub_agents', 'channels'] loop
        if talk ? part and (jsonb_typeof(talk -> part) <> 'array' or talk -> part @? '$[*] ? (@.type() != "string")') then
            return format('conversation.%s must be a list of names', part);
        end if;
    end loop;
    part := (
        select min(n.name) from jsonb_array_elements_text(coalesce(talk -> 'tools', '[]')) as n (name)
        where not exists (select from public.tools as t where t.name = n.name)
    );
    if part is not null then
        return format('conversation.tools names %s, and there is no such tool', quote_literal(left(part, 100)));
    end if;
    part := (
        select min(n.name) from jsonb_array_elements_text(coalesce(talk -> 'sub_agents', '[]')) as n (name)
        where not exists (select from public.sub_agents as s where s.name = n.name)
    );
    if part is not null then
        return format('conversation.sub_agents names %s, and there is no such sub-agent', quote_literal(left(part, 100)));
    end if;
    if not coalesce(talk -> 'channels', '[]') <@ '["whatsapp", "sms", "email"]' then
        return 'conversation.channels are whatsapp, sms and email';
    end if;
    if talk ? 'knowledge' and (
        jsonb_typeof(talk -> 'knowledge') <> 'array' or jsonb_array_length(talk -> 'knowledge') > 200
        or talk -> 'knowledge' @? '$[*] ? (@.type() != "object" || !exists(@.about) || !exists(@.say) || @.about.type() != "string" || @.say.type() != "string")'
    ) then
        return 'conversation.knowledge must be a list of at most 200 {"about", "say"}';
    end if;
    if talk ? 'limits' and (
        jsonb_typeof(talk -> 'limits') <> 'object'
        or not coalesce(talk #>> '{limits,steps}', '6') ~ '^([1-9]|1[0-9]|20)$'
        or not coalesce(talk #>> '{limits,tool_calls}', '8') ~ '^([0-9]|[1-4][0-9]|50)$'
        or not (talk -> 'limits') - array['steps', 'tool_calls'] = '{}'
    ) then
        return 'conversation.limits may have steps (1 to 20) and tool_calls (0 to 50)';
    end if;
    return null;
end
$$;
comment on function private.agent_config_problem(jsonb) is
'What is wrong with an agent''s config, as a sentence; null if nothing. Reads tools and sub-agents as whoever writes it sees them.';
