create or replace function private.customer_work(conversation public.conversations) returns jsonb
language sql stable security definer set search_path = ''
as $$
    select null::jsonb;
$$;
comment on function private.customer_work(public.conversations) is
'What the agent knows of the client that its lead has become: {"company_name", "agent_type", "plan", "project": {"name", "status"}}; null where it has become none.';
