create or replace function private.tool_problem(function_name text) returns text
language sql stable set search_path = ''
as $$
    -- SECURITY: one whose owner was forgotten would run as postgres, which row level security does not bind.
    select case when not exists (
        select from pg_catalog.pg_proc as p
        where p.pronamespace = 'agent_tools'::regnamespace and p.proname = tool_problem.function_name and p.pronargs = 1
            and p.proargtypes[0] = 'pg_catalog.jsonb'::regtype and p.prorettype = 'pg_catalog.jsonb'::regtype
            and p.prosecdef and p.proowner = 'renum_agent'::regrole
    ) then 'the tool cannot be called: its function is not as an agent''s must be' end;
$$;
comment on function private.tool_problem(text) is
'Why a function in agent_tools may not be called for an agent: it has to be (jsonb) returns jsonb, security definer, and owned by renum_agent. null if it may.';
