create or replace function private.check_tool() returns trigger
language plpgsql set search_path = ''
as $$
declare
    -- What is no object at all, the constraint says.
    problem text := case when new.parameters_schema ->> 'type' = 'object' then private.schema_problem(new.parameters_schema) end;
begin
    if problem is not null then
        raise exception 'tools.parameters_schema: %', problem using errcode = '22023';
    end if;
    return new;
end
$$;
comment on function private.check_tool() is 'Trigger: what a tool''s schema asks for must be something that is checked.';

create or replace trigger _100_check_tool before insert or update of parameters_schema on public.tools
for each row execute function private.check_tool();
