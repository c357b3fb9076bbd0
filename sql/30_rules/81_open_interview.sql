create or replace function private.open_interview(thread private.threads, project_id uuid, out interview_id uuid, out question text, out refusal text)
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
    project public.projects;
    first jsonb;
begin
    select * into project
    from public.projects as p
    where p.client_id = thread.client_id and p.id = open_interview.project_id and p.status = 'active' and p.config ? 'questionnaire';
    if not found then
        refusal := 'the project does not run';
        return;
    end if;
    -- An invitation of this project that waits, or was never answered, is taken up here; one that was, is not repeated.
    insert into public.interviews (client_id, lead_id, project_id)
    values (thread.client_id, thread.lead_id, project.id)
    on conflict on constraint a_lead_is_interviewed_once_per_project do nothing;
    select i.id into interview_id
    from public.interviews as i
    where i.project_id = project.id and i.lead_id = thread.lead_id and i.status = 'pending'
        and (i.thread_id is null or i.thread_id = thread.id);
    if not found then
        refusal := 'the lead has been interviewed for this project';
        return;
    end if;
    first := (
        select s.question from private.interview_state(project.config #> '{questionnaire,questions}', '{}') as s where s.is_open order by s.ord limit 1
    );
    update private.threads as t
    set interview_id = open_interview.interview_id, conversation_id = null
    where t.id = thread.id;
    update public.interviews as i
    set status = 'in_progress', started_at = now(), invited_at = coalesce(i.invited_at, private.now()), thread_id = thread.id, current_question = first ->> 'key'
    where i.id = open_interview.interview_id;
    question := private.question_text(first);
end
$$;
comment on function private.open_interview(private.threads, uuid, out uuid, out text, out text) is
'Begins an interview that the lead asked for in a conversation: the interview, now in_progress and the thread''s live dialogue, and its first question; or refusal. The caller holds the thread''s lock.';
