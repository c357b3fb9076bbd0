create or replace function private.check_agent() returns trigger
language plpgsql set search_path = ''
as $$
declare
    problem text := private.agent_config_problem(new.config);
begin
    if problem is not null then
        raise exception 'renus_config.config: %', problem using errcode = '22023';
    end if;
    return new;
end
$$;
comment on function private.check_agent() is 'Trigger: an agent''s config is checked when it is written.';

create or replace trigger _100_check_agent before insert or update of config on public.renus_config
for each row execute function private.check_agent();
