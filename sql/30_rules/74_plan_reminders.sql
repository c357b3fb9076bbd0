create or replace function private.plan_reminders(interview_id uuid, invitation public.delivery_status) returns void
language plpgsql security definer set search_path = ''
as $$
declare
    i public.interviews;
    project public.projects;
    lead public.leads;
    answered boolean;
    reached boolean := invitation in ('sent', 'delivered', 'read');
    done integer;
begin
    select * into i from public.interviews as x where x.id = plan_reminders.interview_id and x.status in ('pending', 'in_progress');
    if not found then
        return;
    end if;
    select * into strict project from public.projects as p where p.id = i.project_id;
    select * into strict lead from public.leads as l where l.id = i.lead_id;
    answered := i.status = 'in_progress' or exists (select from public.interview_messages as m where m.interview_id = i.id and m.role = 'user');
    delete from public.reminders as r where r.interview_id = i.id and r.status = 'waiting' and r.delivery_id is null;
    select coalesce(max(r.step), 0) into done from public.reminders as r where r.interview_id = i.id;
    insert into public.reminders (client_id, interview_id, step, channel, due_at)
    select i.client_id, i.id, l.step, l.channel, l.due_at
    from private.ladder(
        project.config, (private.template_for(project.client_id, project.channel_account_id, 'reminder', null)).id is not null,
        private.zone_of(lead), private.now(), done, not (reached or answered)
    ) as l
    -- Who answered is reminded no more. What was cancelled was cancelled for the lead's sake: no other channel is tried.
    where l.step = 0 or not (answered or invitation = 'cancelled')
    on conflict on constraint an_interview_has_each_step_once do nothing;
end
$$;
comment on function private.plan_reminders(uuid, public.delivery_status) is
'Writes down the ladder of an interview whose invitation has come to this status (sent or further, failed, cancelled), from private.now(), in place of what was still waiting of an earlier one. An interview that has ended gets none. Called under the invitation''s lock; takes no other.';
