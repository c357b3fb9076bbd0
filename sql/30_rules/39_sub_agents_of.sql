create or replace function private.sub_agents_of(agent public.renus_config) returns setof public.sub_agents
language sql stable security definer set search_path = ''
as $$
    select s.*
    from jsonb_array_elements_text(
        case jsonb_typeof(agent.config #> '{conversation,sub_agents}') when 'array' then agent.config #> '{conversation,sub_agents}' else '[]' end
    ) with ordinality as n (name, ord)
    join public.sub_agents as s on s.name = n.name and s.active
    order by n.ord;
$$;
comment on function private.sub_agents_of(public.renus_config) is 'The specialists that an agent may hand the dialogue to: those its config.conversation.sub_agents names, while they are active.';
