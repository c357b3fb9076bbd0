create or replace function private.convert_lead(
    qualification public.qualifications, turn_id uuid, config jsonb, out conversion public.conversions, out problem text
)
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
    plan jsonb := config -> 'conversion';
    company text := left(btrim(regexp_replace(coalesce(qualification.answers #>> array[plan ->> 'company', 'value'], ''), '\s+', ' ', 'g')), 200);
    address text := qualification.answers #>> array[plan ->> 'email', 'value'];
    kind public.agent_type := coalesce(
        plan #>> array['agent_type', 'map', qualification.answers #>> array[plan #>> '{agent_type,question}', 'value']], plan #>> '{agent_type,default}'
    )::public.agent_type;
    member public.client_members;
    again public.conversions;
begin
    select * into conversion
    from public.conversions as v
    where v.client_id = qualification.client_id and v.lead_id = qualification.lead_id and v.reversed_at is null;
    if found then
        return;
    end if;
    problem := case
        when company = '' then 'falta o nome da empresa'
        when private.is_email(address) is not true then 'falta um e-mail que sirva'
        when kind is null then 'não há tipo de agente para a resposta'
    end;
    if problem is not null then
        return;
    end if;
    -- One conversion to an address at a time, whoever's.
    perform pg_advisory_xact_lock(hashtextextended('convert ' || address, 0));
    select v.* into again
    from public.conversions as v
    join public.clients as k on k.id = v.made_client_id and k.company_name = company
    join public.client_members as m on m.id = v.member_id and m.email = address
    where v.client_id = qualification.client_id and v.lead_id = qualification.lead_id
    order by v.created_at desc
    limit 1;
    -- SECURITY: what a lead says proves nothing. An address that is somebody's already would put that person into a client of a stranger's making, or
    -- show a stranger a client of theirs: a person decides.
    if exists (select from auth.users as u where lower(u.email) = address and u.email_confirmed_at is not null and again.id is null) then
        problem := 'o e-mail é de uma pessoa que já tem cadastro';
    elsif exists (
        select from public.client_members as m
        where m.email = address and m.status <> 'removed' and m.client_id is distinct from again.made_client_id
    ) then
        problem := 'o e-mail já foi convidado por um cliente';
    end if;
    if problem is not null then
        return;
    end if;

    conversion.made_client_id := again.made_client_id;
    conversion.made_renus_config_id := again.made_renus_config_id;
    conversion.made_project_id := again.made_project_id;
    if again.id is null then
        insert into public.clients (company_name, plan)
        values (company, coalesce(plan ->> 'plan', 'basic')::public.client_plan)
        returning id into conversion.made_client_id;
        insert into public.renus_config (client_id, agent_type) values (conversion.made_client_id, kind) returning id into conversion.made_renus_config_id;
    else
        update public.clients as k set status = 'active' where k.id = again.made_client_id;
    end if;
    member := private.add_member(conversion.made_client_id, address, 'owner');
    if conversion.made_project_id is null then
        insert into public.projects (client_id, name, type, config, renus_config_id)
        values (
            conversion.made_client_id,
            left(replace(coalesce(plan #>> '{project,name}', 'Primeira pesquisa de {{company}}'), '{{company}}', company), 200),
            coalesce(plan #>> '{project,type}', 'survey')::public.project_type, coalesce(plan #> '{project,config}', '{}'), conversion.made_renus_config_id
        )
        returning id into conversion.made_project_id;
    end if;
    insert into public.conversions (client_id, lead_id, qualification_id, turn_id, made_client_id, made_renus_config_id, made_project_id, member_id)
    values (
        qualification.client_id, qualification.lead_id, qualification.id, convert_lead.turn_id,
        conversion.made_client_id, conversion.made_renus_config_id, conversion.made_project_id, member.id
    )
    returning * into conversion;
    perform private.audit(qualification.client_id, 'lead_converted', 'lead', qualification.lead_id, jsonb_build_object(
        'conversion_id', conversion.id, 'qualification_id', qualification.id, 'client_id', conversion.made_client_id, 'project_id', conversion.made_project_id,
        'renus_config_id', conversion.made_renus_config_id, 'agent_type', kind, 'score', qualification.score, 'turn_id', convert_lead.turn_id
    ));
    perform private.audit(conversion.made_client_id, case when again.id is null then 'client_created' else 'client_restored' end, 'client', conversion.made_client_id, jsonb_build_object(
        'by', 'conversion', 'project_id', conversion.made_project_id, 'renus_config_id', conversion.made_renus_config_id, 'member_id', member.id
    ));
end
$$;
comment on function private.convert_lead(public.qualifications, uuid, jsonb, out public.conversions, out text) is
'Makes a client of a qualified lead of the house client, as config.conversion says: the client, an invitation for its first user, its agent of the mapped type, its project (a draft). Idempotent: a lead that is a client already stays that one; one whose conversion was taken back gets the same client again for the same company and address. problem: why it cannot be, for people to read; then nothing is made. The caller holds the lead''s lock.';
