create or replace function private.tools_of(agent public.renus_config, sub_agent_id uuid) returns setof public.tools
language sql stable security definer set search_path = ''
as $$
    select t.*
    from public.tools as t
    -- Who has no questions is not offered the tool that asks them.
    where t.active and (t.function_name <> 'qualify' or agent.config ? 'qualification') and case
        when tools_of.sub_agent_id is null then coalesce(agent.config #> '{conversation,tools}' ? t.name, true)
        else exists (
            select from private.sub_agents_of(agent) as s where s.id = tools_of.sub_agent_id and s.tools ? t.id::text
        )
    end
    order by t.name;
$$;
comment on function private.tools_of(public.renus_config, uuid) is
'The tools that an agent may call: those its config.conversation.tools names, all active ones where it names none; for one of its specialists those whose ids its tools hold.';
