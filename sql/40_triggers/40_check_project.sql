create or replace function private.check_project() returns trigger
language plpgsql set search_path = ''
as $$
declare
    problem text := private.project_config_problem(new.config);
    agents public.agent_type[];
    company text;
    template public.message_templates;
begin
    if problem is not null then
        raise exception 'projects.config: %', problem using errcode = '22023';
    end if;
    -- SECURITY: under the asker's rights, as private.account_for: another client's agent is none.
    -- A project that names no agent is any of the client's agents speaking: private.packs_of.
    agents := array(
        select distinct r.agent_type from public.renus_config as r
        where r.client_id = new.client_id and (r.id = new.renus_config_id or (new.renus_config_id is null and r.active))
        order by r.agent_type
    );
    problem := (select min(private.question_refusal(a.agent_type, new.config)) from unnest(agents) as a (agent_type));
    if problem is not null then
        raise exception 'projects.config: %', problem using errcode = '22023';
    end if;
    if new.status = 'active' and new.type = 'survey' and not new.config ? 'questionnaire' then
        raise exception 'a survey needs projects.config.questionnaire before it starts' using errcode = '22023';
    end if;
    -- A running project keeps what it started with: without an account or a template it could not invite.
    if new.status = 'active' and new.config ? 'questionnaire' then
        if tg_op = 'INSERT' or old.status <> 'active' or new.channel_account_id is distinct from old.channel_account_id or new.channel_account_id is null then
            new.channel_account_id := private.account_for(new.client_id, new.channel_account_id);
        end if;
        if new.channel_account_id is null then
            raise exception 'the client has no active WhatsApp account to write from' using errcode = '22023', hint = 'Add one to channel_accounts.';
        end if;
        template := private.template_for(new.client_id, new.channel_account_id, 'invitation', new.config #>> '{invitation,template}');
        if template is null then
            raise exception '%', private.no_template(new.client_id, new.channel_account_id, 'invitation', new.config #>> '{invitation,template}')
                using errcode = '22023', hint = 'The invitation needs a template in message_templates that the provider approved, with something for each of its variables.';
        end if;
        company := (select c.company_name from public.clients as c where c.id = new.client_id);
        problem := (
            select min(coalesce(
                private.account_refusal(a.agent_type, new.channel_account_id),
                private.invitation_refusal(a.agent_type, private.template_content(template, null, company, new.name, null) ->> 'text', company)
            ))
            from unnest(agents) as a (agent_type)
        );
        if problem is not null then
            raise exception '%', problem using errcode = '22023';
        end if;
    end if;
    return new;
end
$$;
comment on function private.check_project() is 'Trigger: projects.config is checked when it is written, and a project starts, and runs on, only with what it needs and what its agent''s trade allows.';

create or replace trigger _100_check_project before insert or update of config, status, type, channel_account_id, renus_config_id on public.projects
for each row execute function private.check_project();
