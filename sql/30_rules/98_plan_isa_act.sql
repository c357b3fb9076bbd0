create or replace function private.plan_isa_act(act jsonb) returns jsonb
language plpgsql stable set search_path = ''
as $$
declare
    kind text := act ->> 'act';
    c public.clients;
    p public.projects;
    l public.leads;
    i public.interviews;
    who text;
    ids uuid[];
    n integer;
    problem text;
    told text;
begin
    -- Everything is read under the caller's own rights, and what is planned is kept by id: what is shown is what will be done.
    if kind in ('pause_project', 'resume_project') then
        select * into p from public.projects as x where x.id = (act ->> 'project_id')::uuid;
        select * into c from public.clients as x where x.id = p.client_id;
        problem := case
            when p.id is null then 'Não encontrei esse projeto.'
            when kind = 'pause_project' and p.status <> 'active' then format('%s, de %s, não está em andamento (%s).', private.isa_name_of(p), c.company_name, private.isa_word(p.status::text))
            when kind = 'resume_project' and p.status = 'active' then format('%s, de %s, já está em andamento.', private.isa_name_of(p), c.company_name)
            when kind = 'resume_project' and p.status <> 'paused' then format('%s, de %s, não está em pausa (%s).', private.isa_name_of(p), c.company_name, private.isa_word(p.status::text))
        end;
        select count(*) into n from public.interviews as x where x.project_id = p.id and x.status = 'pending' and x.invited_at is null;
        told := format(case kind when 'pause_project' then 'pausar %s, de %s' else 'retomar %s, de %s' end, private.isa_name_of(p), c.company_name)
            || case
                when n = 0 then ''
                when kind = 'pause_project' then format(' (convites que ficam esperando: %s)', n)
                else format(' (convites que voltam a sair: %s)', n)
            end;
        act := jsonb_build_object('act', kind, 'project_id', p.id, 'name', p.name, 'client_id', c.id, 'client', c.company_name, 'target_type', 'client', 'target_id', c.id);

    elsif kind in ('block_lead', 'unblock_lead') then
        select * into l from public.leads as x where x.id = (act ->> 'lead_id')::uuid;
        select * into c from public.clients as x where x.id = l.client_id;
        who := concat_ws(', ', l.name, l.phone, c.company_name);
        problem := case
            when l.id is null then 'Não encontrei esse lead.'
            when kind = 'block_lead' and l.status = 'blocked' then format('O lead %s já está bloqueado.', who)
            when kind = 'unblock_lead' and l.status <> 'blocked' then format('O lead %s não está bloqueado.', who)
        end;
        told := format(case kind when 'block_lead' then 'bloquear o lead %s' else 'desbloquear o lead %s' end, who)
            || case when kind = 'unblock_lead' and l.opted_out_at is not null then ' (que continua descadastrado)' else '' end;
        act := jsonb_build_object('act', kind, 'lead_id', l.id, 'name', l.name, 'phone', l.phone, 'client_id', c.id, 'client', c.company_name, 'target_type', 'lead', 'target_id', l.id);

    elsif kind in ('resend_invitation', 'cancel_interview') then
        select * into i from public.interviews as x where x.id = (act ->> 'interview_id')::uuid;
        select * into l from public.leads as x where x.id = i.lead_id;
        select * into p from public.projects as x where x.id = i.project_id;
        select * into c from public.clients as x where x.id = i.client_id;
        who := concat_ws(', ', l.name, l.phone);
        problem := case
            when i.id is null then 'Não encontrei essa entrevista.'
            when kind = 'cancel_interview' and i.status not in ('pending', 'in_progress')
                then format('A entrevista de %s (%s) já terminou: %s.', who, p.name, private.isa_word(i.status::text))
            when kind = 'resend_invitation' and i.status <> 'pending'
                then format('A entrevista de %s (%s) não espera mais resposta ao convite: %s.', who, p.name, private.isa_word(i.status::text))
            when kind = 'resend_invitation' and p.status <> 'active' then format('%s, de %s, não está em andamento (%s).', private.isa_name_of(p), c.company_name, private.isa_word(p.status::text))
            when kind = 'resend_invitation' and i.invited_at is null then format('O primeiro convite de %s (%s) ainda não saiu: ele espera a sua vez.', who, p.name)
        end;
        told := format(
            case kind when 'resend_invitation' then 'reenviar o convite de %s, para %s, de %s' else 'cancelar a entrevista de %s, n%s, de %s' end, who, private.isa_name_of(p), c.company_name
        );
        act := jsonb_build_object(
            'act', kind, 'interview_id', i.id, 'name', l.name, 'phone', l.phone, 'project', p.name, 'client_id', c.id, 'client', c.company_name,
            'target_type', 'interview', 'target_id', i.id
        );

    elsif kind in ('suspend_client', 'reactivate_client') then
        select * into c from public.clients as x where x.id = (act ->> 'client_id')::uuid;
        problem := case
            when c.id is null then 'Não encontrei esse cliente.'
            when kind = 'suspend_client' and c.is_house then format('%s é a própria casa e não pode ser suspensa.', c.company_name)
            when kind = 'suspend_client' and c.status = 'suspended' then format('O cliente “%s” já está suspenso.', c.company_name)
            when kind = 'reactivate_client' and c.status = 'active' then format('O cliente “%s” já está ativo.', c.company_name)
        end;
        select count(*) into n from public.projects as x where x.client_id = c.id and x.status = 'active';
        told := format(
            case kind when 'suspend_client' then 'suspender o cliente “%s” (o pessoal dele fica sem acesso e nada mais é enviado; projetos em andamento: %s)'
                else 'reativar o cliente “%s” (projetos em andamento: %s)' end,
            c.company_name, n
        );
        act := jsonb_build_object('act', kind, 'client_id', c.id, 'name', c.company_name, 'target_type', 'client', 'target_id', c.id);

    elsif kind = 'replay_failed_tasks' then
        select array_agg(x.id order by x.created_at, x.id), count(distinct x.client_id) into ids, n
        from public.failed_tasks as x
        where x.status = 'dead' and x.id in (select v.id::uuid from jsonb_array_elements_text(act -> 'failed_task_ids') as v (id));
        select * into c from public.clients as x
        where n = 1 and x.id = (select f.client_id from public.failed_tasks as f where f.id = ids[1]);
        problem := case when ids is null then 'Não há tarefa que falhou para reprocessar.' end;
        told := format(
            case cardinality(ids) when 1 then 'reprocessar %s tarefa que falhou%s' else 'reprocessar %s tarefas que falharam%s' end, cardinality(ids),
            case when n = 1 then ', de ' || c.company_name else format(', de %s clientes', n) end
        );
        act := jsonb_build_object('act', kind, 'failed_task_ids', ids, 'client', c.company_name, 'client_id', c.id)
            || case when n = 1 then jsonb_build_object('target_type', 'client', 'target_id', c.id) else '{}' end;

    else
        raise exception 'ISA knows no act %', coalesce(quote_literal(left(kind, 50)), 'without a name') using errcode = '22023';
    end if;
    if problem is not null then
        return jsonb_build_object('problem', upper(left(problem, 1)) || substr(problem, 2));
    end if;
    return act || jsonb_build_object('text', told);
end
$$;
comment on function private.plan_isa_act(jsonb) is
'One act of a plan, as it would be done: {"act", ids, names, "target_type", "target_id", "text"}, or {"problem"} where there is nothing to do. Takes {"act": pause_project | resume_project, "project_id"}, {block_lead | unblock_lead, "lead_id"}, {resend_invitation | cancel_interview, "interview_id"}, {suspend_client | reactivate_client, "client_id"}, {replay_failed_tasks, "failed_task_ids"}; raises 22023 for any other. A further act is a branch here and one in private.do_isa_act. Read-only, under the caller''s rights.';
