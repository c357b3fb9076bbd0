create or replace function worker.call_tool(thread_id uuid, lease uuid, call_id text, tool text, arguments jsonb, sub_agent_id uuid default null) returns jsonb
language plpgsql security definer set search_path = '' set statement_timeout = '5s'
as $$
#variable_conflict use_column
declare
    t private.threads;
    made public.tool_calls;
    agent public.renus_config;
    called public.tools;
    began timestamptz := clock_timestamp();
    outcome jsonb;
    problem text;
begin
    -- One and the same call, made again while it still runs, waits for its answer.
    perform pg_advisory_xact_lock(hashtextextended('call_tool ' || call_tool.lease || ' ' || call_tool.call_id, 0));
    select * into t from private.threads as x where x.id = call_tool.thread_id;
    if not found or t.lease is distinct from call_tool.lease or t.lease_until <= clock_timestamp() or t.conversation_id is null then
        return '{"verdict": "stale"}';
    end if;
    select * into made from public.tool_calls as c where c.turn_id = t.lease and c.call_id = call_tool.call_id;
    if found then
        return private.outcome_of(made);
    end if;
    select * into agent from public.renus_config as r where r.id = t.agent_id;
    -- SECURITY: the row says which function; only what is enabled for this agent is looked for.
    select o.* into called from private.tools_of(agent, call_tool.sub_agent_id) as o where o.name = call_tool.tool;
    problem := case
        when (select count(*) from public.tool_calls as c where c.turn_id = t.lease)
            >= coalesce((agent.config #>> '{conversation,limits,tool_calls}')::integer, private.setting_int('tool_calls_per_turn')) then 'no more tools can be called in this turn'
        when called.id is null then 'there is no such tool for this agent'
        when octet_length(call_tool.arguments::text) > 16384 then 'the arguments are too long'
        else coalesce(private.tool_problem(called.function_name), private.arguments_problem(coalesce(call_tool.arguments, '{}'), called.parameters_schema))
    end;
    if problem is null then
        -- SECURITY: the lease, which nobody can guess, says whose turn it is; the tool runs as renum_agent, whose policies ask it. A tenant's id in
        -- its place could be set by the tool to another one's.
        perform set_config('renum.lease', t.lease::text, true);
        begin
            execute format('select agent_tools.%I($1)', called.function_name) into outcome using coalesce(call_tool.arguments, '{}');
        exception
            when deadlock_detected or lock_not_available or query_canceled then
                raise;
            when others then
                -- SECURITY: a rule's own sentence is for the model; anything else may quote what the row holds.
                problem := case when sqlstate in ('22023', '42501', 'P0001') then left(sqlerrm, 500) else format('the tool failed (%s)', sqlstate) end;
        end;
        perform set_config('renum.lease', '', true);
    end if;
    insert into public.tool_calls (client_id, lead_id, thread_id, turn_id, call_id, tool, sub_agent_id, arguments, result, error, duration_ms)
    values (
        t.client_id, t.lead_id, t.id, t.lease, left(call_tool.call_id, 200), left(call_tool.tool, 100), call_tool.sub_agent_id,
        case when octet_length(call_tool.arguments::text) <= 16384 then coalesce(call_tool.arguments, '{}') else '{}' end,
        case when problem is null then coalesce(outcome, 'null') end, problem, extract(epoch from clock_timestamp() - began) * 1000
    )
    returning * into made;
    return private.outcome_of(made);
end
$$;
comment on function worker.call_tool(uuid, uuid, text, text, jsonb, uuid) is
'Runs a tool for the turn under this lease: {"verdict": "done", "result"} | {"verdict": "refused", "error": why, as a sentence for the model} | {"verdict": "stale"}: the lease is lost, stop. The tool must be active and enabled for the agent or the named specialist, its arguments follow its schema, its function belong to renum_agent, as whom it runs under row level security bound to the turn''s lead. Every call is kept in tool_calls. Idempotent by lease and call_id.';
