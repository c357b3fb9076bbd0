create or replace function private.version_config() returns trigger
language plpgsql set search_path = ''
as $$
begin
    new.version := old.version + 1;
    return new;
end
$$;
comment on function private.version_config() is 'Trigger: every change of an agent''s configuration is a new version, which turns record.';

create or replace trigger _500_version_config before update of agent_type, config, prompts on public.renus_config
for each row when ((new.agent_type, new.config, new.prompts) is distinct from (old.agent_type, old.config, old.prompts))
execute function private.version_config();
