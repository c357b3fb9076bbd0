create or replace function private.end_of_interview() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    update private.threads as t set interview_id = null where t.id = new.thread_id and t.interview_id = new.id;
    perform private.stop_reminders(new.client_id, new.id, case new.end_reason when 'opted_out' then 'the lead opted out' else 'the interview has ended' end, true);
    insert into private.project_changes (project_id) values (new.project_id);
    if new.status = 'completed' then
        perform private.queue_report(new.project_id, new.id, true);
        perform private.ring('report');
        perform private.notify(new.client_id, 'interview_completed', new.id, (
            select format('%s concluiu a pesquisa "%s".', coalesce(l.name, l.phone, 'Um contato'), p.name)
            from public.leads as l
            cross join public.projects as p
            where l.id = new.lead_id and p.id = new.project_id
        ));
    end if;
    if new.end_reason = 'handed_over' then
        perform private.notify(new.client_id, 'person_needed', new.id, (
            select format('%s precisa de atendimento de uma pessoa.', coalesce(l.name, l.phone, 'Um contato')) from public.leads as l where l.id = new.lead_id
        ));
    end if;
    return null;
end
$$;
comment on function private.end_of_interview() is
'Trigger: an interview that ended frees its thread for the next one, and reminds nobody more; a completed one also queues its report and the client''s notification, one that was handed over only that.';

create or replace trigger _900_end_of_interview after update of status on public.interviews
for each row when (new.status in ('completed', 'cancelled') and old.status in ('pending', 'in_progress')) execute function private.end_of_interview();
