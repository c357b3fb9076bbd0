create or replace function private.function_of(queue text) returns text
language sql immutable set search_path = ''
as $$
    select case function_of.queue when 'high_priority' then 'agent_turn' when 'default' then 'deliver' when 'low_priority' then 'report' end;
$$;
comment on function private.function_of(text) is 'The function that drains a queue.';
