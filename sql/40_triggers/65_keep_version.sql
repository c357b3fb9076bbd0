create or replace function private.keep_version() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    insert into public.renus_config_versions (renus_config_id, client_id, version, agent_type, config, prompts, created_by)
    values (new.id, new.client_id, new.version, new.agent_type, new.config, new.prompts, (select p.id from public.profiles as p where p.id = private.current_profile_id()))
    on conflict on constraint a_version_is_kept_once do nothing;
    return null;
end
$$;
comment on function private.keep_version() is 'Trigger: every version of an agent''s configuration is kept as it was.';

create or replace trigger _500_keep_version after insert or update on public.renus_config
for each row execute function private.keep_version();
