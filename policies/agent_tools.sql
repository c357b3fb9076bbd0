-- SECURITY: every function that agents can call runs as renum_agent, whom row level security binds to the turn's lead. One that a migration adds is
-- given to it by the same three statements (or this block again); worker.call_tool calls no other.
grant create on schema agent_tools to renum_agent;

do $$
declare
    f regprocedure;
begin
    for f in select p.oid from pg_catalog.pg_proc as p where p.pronamespace = 'agent_tools'::regnamespace and p.proowner <> 'renum_agent'::regrole loop
        execute format('alter function %s owner to renum_agent', f);
    end loop;
    for f in select p.oid from pg_catalog.pg_proc as p where p.pronamespace = 'agent_tools'::regnamespace loop
        execute format('revoke all on function %s from public', f);
        execute format('grant execute on function %s to postgres', f);
    end loop;
end
$$;

revoke create on schema agent_tools from renum_agent;
