create or replace function private.settle_qualification(thread private.threads, conversation public.conversations) returns text
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
    q public.qualifications;
    lead public.leads;
    house public.clients;
    config jsonb;
    made record;
    problem text;
    said text;
begin
    if not exists (
        select from public.qualifications as x
        where x.client_id = thread.client_id and x.lead_id = thread.lead_id and x.status in ('qualified', 'not_qualified') and x.settled_at is null
    ) then
        return null;
    end if;
    -- One thread of a lead at a time: the second finds it settled.
    select * into strict lead from public.leads as l where l.id = thread.lead_id for no key update;
    select * into q
    from public.qualifications as x
    where x.client_id = thread.client_id and x.lead_id = thread.lead_id and x.status in ('qualified', 'not_qualified') and x.settled_at is null
    order by x.created_at desc
    limit 1
    for no key update;
    if not found then
        return null;
    end if;
    config := (select r.config from public.renus_config as r where r.id = q.renus_config_id);
    select * into strict house from public.clients as k where k.id = thread.client_id;
    if q.status = 'not_qualified' then
        update public.qualifications as x set settled_at = private.now() where x.id = q.id;
        return nullif(btrim(config #>> '{qualification,said_when_not}'), '');
    end if;

    update public.leads as l set qualified_at = private.now() where l.id = lead.id;
    said := nullif(btrim(config #>> '{qualification,said_when_qualified}'), '');
    if not house.is_house or not coalesce(config ? 'conversion', false) then
        update public.qualifications as x set settled_at = private.now() where x.id = q.id;
        perform private.audit(q.client_id, 'lead_qualified', 'lead', q.lead_id, jsonb_build_object('qualification_id', q.id, 'score', q.score, 'threshold', q.threshold, 'turn_id', thread.lease));
        perform private.notify(thread.client_id, 'lead_qualified', null, format(
            '%s se qualificou na conversa, com %s pontos.', coalesce(lead.name, lead.phone, 'Um contato'), trim_scale(q.score)
        ), 'qualification ' || q.id);
        return said;
    end if;

    begin
        select * into made from private.convert_lead(q, thread.lease, config);
        problem := made.problem;
    exception
        when deadlock_detected or lock_not_available or query_canceled then
            raise;
        when others then
            -- The lead is owed its reply whatever is wrong with the template of a project.
            problem := left(sqlerrm, 300);
    end;
    if problem is not null then
        update public.qualifications as x set settled_at = private.now(), reason = 'Não virou cliente: ' || problem where x.id = q.id;
        perform private.audit(q.client_id, 'conversion_failed', 'lead', q.lead_id, jsonb_build_object('qualification_id', q.id, 'turn_id', thread.lease));
        perform private.notify(thread.client_id, 'person_needed', null, format(
            '%s se qualificou, mas o cadastro não pôde ser feito: %s.', coalesce(lead.name, lead.phone, 'Um contato'), rtrim(problem, '.')
        ), 'qualification ' || q.id);
        return 'Obrigado pelas respostas! Nossa equipe vai conferir os dados e entrar em contato com você para concluir o cadastro.';
    end if;
    update public.qualifications as x set settled_at = private.now() where x.id = q.id;
    -- This is what makes the agent speak as to a customer.
    update public.conversations as c set customer_client_id = (made.conversion).made_client_id where c.id = conversation.id;
    perform private.notify(thread.client_id, 'lead_converted', null, format(
        '%s virou cliente: %s.', coalesce(lead.name, lead.phone, 'Um contato'), k.company_name
    ), 'qualification ' || q.id)
    from public.clients as k where k.id = (made.conversion).made_client_id;
    return (
        select concat_ws(' ', coalesce(said, format('Pronto! O cadastro da empresa %s está feito.', k.company_name)), format(
            'Para entrar, crie sua conta com o e-mail %s%s.', m.email, coalesce(' em ' || nullif(btrim(private.setting('sign_up_url') #>> '{}'), ''), '')
        ))
        from public.clients as k
        join public.client_members as m on m.id = (made.conversion).member_id
        where k.id = (made.conversion).made_client_id
    );
end
$$;
comment on function private.settle_qualification(private.threads, public.conversations) is
'Carries out, in the commit of a turn, what a decided qualification leads to: a qualified lead of the house client becomes a client (private.convert_lead) and the conversation one with a customer; one of any other tenant is marked qualified and its owners are told. Never fails for what is wrong with the answers or the configuration: then the house''s owners are told. What the lead is told of it, or null. Once per qualification. Called under the thread''s lock.';
