create or replace function private.do_isa_act(act jsonb) returns jsonb
language plpgsql set search_path = ''
as $$
declare
    kind text := act ->> 'act';
    failed_task_id uuid;
    dead integer := 0;
    replayed integer := 0;
    resolved integer := 0;
    answer jsonb;
    task public.failed_tasks;
    done boolean;
    told text;
begin
    -- SECURITY: as the caller, by id: row level security, grants and triggers hold as for any request of that person's. Each statement names the
    -- state that was shown: where the world has changed meanwhile, nothing is changed.
    case kind
        when 'pause_project' then
            update public.projects as p set status = 'paused' where p.id = (act ->> 'project_id')::uuid and p.status = 'active';
            done := found;
            told := format(case when done then '“%s” está em pausa.' else '“%s” não estava mais em andamento: nada mudou.' end, act ->> 'name');
        when 'resume_project' then
            update public.projects as p set status = 'active' where p.id = (act ->> 'project_id')::uuid and p.status = 'paused';
            done := found;
            told := format(case when done then '“%s” está em andamento outra vez.' else '“%s” não estava mais em pausa: nada mudou.' end, act ->> 'name');
        when 'block_lead' then
            update public.leads as l set status = 'blocked' where l.id = (act ->> 'lead_id')::uuid and l.status <> 'blocked';
            done := found;
            told := format(case when done then 'O lead %s está bloqueado.' else 'O lead %s já estava bloqueado, ou não existe mais: nada mudou.' end, coalesce(act ->> 'name', act ->> 'phone'));
        when 'unblock_lead' then
            update public.leads as l set status = 'active' where l.id = (act ->> 'lead_id')::uuid and l.status = 'blocked';
            done := found;
            told := format(case when done then 'O lead %s está desbloqueado.' else 'O lead %s não estava mais bloqueado: nada mudou.' end, coalesce(act ->> 'name', act ->> 'phone'));
        when 'cancel_interview' then
            update public.interviews as i set status = 'cancelled' where i.id = (act ->> 'interview_id')::uuid and i.status in ('pending', 'in_progress');
            done := found;
            told := format(case when done then 'A entrevista de %s está cancelada.' else 'A entrevista de %s já tinha terminado: nada mudou.' end, coalesce(act ->> 'name', act ->> 'phone'));
        when 'suspend_client' then
            update public.clients as c set status = 'suspended' where c.id = (act ->> 'client_id')::uuid and c.status <> 'suspended' and not c.is_house;
            done := found;
            told := format(case when done then 'O cliente “%s” está suspenso.' else 'O cliente “%s” já estava suspenso: nada mudou.' end, act ->> 'name');
        when 'reactivate_client' then
            update public.clients as c set status = 'active' where c.id = (act ->> 'client_id')::uuid and c.status <> 'active';
            done := found;
            told := format(case when done then 'O cliente “%s” está ativo.' else 'O cliente “%s” já estava ativo: nada mudou.' end, act ->> 'name');
        when 'resend_invitation' then
            answer := public.resend_invitation((act ->> 'interview_id')::uuid);
            done := answer ->> 'outcome' in ('queued', 'deferred');
            told := case answer ->> 'outcome'
                when 'queued' then format('O convite de %s vai sair de novo agora.', coalesce(act ->> 'name', act ->> 'phone'))
                when 'deferred' then format(
                    'O convite de %s sai de novo em %s (%s).', coalesce(act ->> 'name', act ->> 'phone'),
                    to_char((answer ->> 'due_at')::timestamptz at time zone 'America/Sao_Paulo', 'DD/MM "às" HH24:MI'), answer ->> 'reason'
                )
                when 'none' then format('Não há mais convite a reenviar a %s: a entrevista já começou ou terminou, ou o projeto não está em andamento. Nada mudou.', coalesce(act ->> 'name', act ->> 'phone'))
                else format('O convite de %s já espera para sair: nenhum outro foi feito.', coalesce(act ->> 'name', act ->> 'phone'))
            end;
        when 'replay_failed_tasks' then
            for failed_task_id in
                select f.id from public.failed_tasks as f
                where f.id in (select v.id::uuid from jsonb_array_elements_text(act -> 'failed_task_ids') as v (id)) and f.status = 'dead'
                order by f.created_at, f.id
            loop
                task := public.replay_failed_task(failed_task_id);
                dead := dead + 1;
                replayed := replayed + (task.status = 'replayed')::integer;
                resolved := resolved + (task.status = 'resolved')::integer;
            end loop;
            done := dead > 0;
            told := case
                when not done then 'Nenhuma dessas tarefas estava mais na fila de falhas: nada mudou.'
                else format('Tarefas de volta à fila: %s.', replayed) || case when resolved > 0 then format(' Sem nada mais a fazer: %s.', resolved) else '' end
            end;
        else
            raise exception 'ISA knows no act %', coalesce(quote_literal(left(kind, 50)), 'without a name') using errcode = '22023';
    end case;
    return jsonb_build_object('act', kind, 'done', done, 'text', told);
end
$$;
comment on function private.do_isa_act(jsonb) is
'Does one act of a confirmed plan, under the caller''s own rights, and says in Portuguese what came of it: {"act", "done", "text"}; done is false where the world had changed and nothing was. Raises what the rules raise.';
