create or replace function private.note_news(project_ids uuid[]) returns void
language plpgsql security definer set search_path = ''
as $$
declare
    item record;
begin
    for item in
        select p.id, p.client_id, p.name
        from public.projects as p
        -- By an index: an interview or two would else be looked for in all of them.
        cross join lateral (select i.id from public.interviews as i where i.project_id = p.id order by i.lead_id limit 1) as of_them
        left join lateral (
            select i.id from public.interviews as i
            where i.project_id = p.id and i.status in ('pending', 'in_progress')
            order by i.lead_id
            limit 1
        ) as running on true
        where p.id = any (note_news.project_ids) and p.status = 'active' and p.config #> '{audience,join_later}' is distinct from 'true'
            and running.id is null
        order by p.id
    loop
        perform private.notify(item.client_id, 'project_completed', null, format('Todas as entrevistas da pesquisa "%s" terminaram.', item.name), item.id::text);
    end loop;
    -- Once a day a client hears of its dead letters. Not of notifications' own: they would tell of themselves for ever.
    for item in
        select f.client_id, count(*) as failed
        from public.failed_tasks as f
        where f.status = 'dead' and f.created_at > now() - interval '1 day'
            and not exists (select from public.deliveries as d where d.id = f.task_row_id and d.kind = 'notification')
        group by f.client_id
        order by f.client_id
    loop
        perform private.notify(
            item.client_id, 'task_failed', null,
            case when item.failed = 1 then 'Um envio ou uma tarefa falhou e espera por você'
                else format('%s envios ou tarefas falharam e esperam por você', item.failed) end || ' na lista de falhas da RENUM.',
            to_char(private.now() at time zone 'America/Sao_Paulo', 'YYYY-MM-DD')
        );
    end loop;
end
$$;
comment on function private.note_news(uuid[]) is
'Notes for the clients'' owners what no single commit can know: that of these projects (whose figures changed) the last interview has ended, and that there are dead letters (once a day). Run by the sweep, one at a time. Idempotent.';
