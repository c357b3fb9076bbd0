create or replace function private.check_project() returns trigger
language plpgsql set search_path = ''
as $$
declare
    problem text := private.project_config_problem(new.config);
begin
    if problem is not null then
        raise exception 'projects.config: %', problem using errcode = '22023';
    end if;
    if new.status = 'active' and (tg_op = 'INSERT' or old.status <> 'active') then
        if new.type = 'survey' and not new.config ? 'questionnaire' then
            raise exception 'a survey needs projects.config.questionnaire before it starts' using errcode = '22023';
        end if;
        if new.config ? 'questionnaire' then
            new.channel_account_id := private.account_for(new.client_id, new.channel_account_id);
            if new.channel_account_id is null then
                raise exception 'the client has no active WhatsApp account to write from' using errcode = '22023', hint = 'Add one to channel_accounts.';
            end if;
            if private.template_for(new.client_id, new.channel_account_id, 'invitation', new.config #>> '{invitation,template}') is null then
                raise exception 'there is no approved template%', coalesce(' named ' || (new.config #>> '{invitation,template}'), ' with purpose invitation')
                    using errcode = '22023', hint = 'Add it to message_templates; it must be approved by the provider.';
            end if;
        end if;
    end if;
    return new;
end
$$;
comment on function private.check_project() is 'Trigger: projects.config is checked when it is written, and a project starts only with what it needs.';

create or replace trigger _100_check_project before insert or update of config, status, channel_account_id on public.projects
for each row execute function private.check_project();
