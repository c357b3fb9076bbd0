create or replace function private.invite(project_id uuid, max integer) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
    project public.projects;
    company text;
    template public.message_templates;
    ids uuid[];
    thread_ids uuid[];
    invited integer;
begin
    select * into project from public.projects as p where p.id = invite.project_id and p.status = 'active';
    if not found or invite.max <= 0 then
        return 0;
    end if;
    select c.company_name into company from public.clients as c where c.id = project.client_id and c.status = 'active';
    template := private.template_for(project.client_id, project.channel_account_id, 'invitation', project.config #>> '{invitation,template}');
    if company is null or template.id is null then
        return 0;
    end if;

    -- Lock order: interviews, then threads. A lead whose thread has a live interview waits for it to end, and for what is left of its last
    -- turn to be gone: a turn must never be committed to another interview than it was begun for.
    ids := array(
        select i.id
        from public.interviews as i
        where i.project_id = project.id and i.status = 'pending' and i.invited_at is null
            and not exists (
                select from private.threads as t
                where t.lead_id = i.lead_id and t.channel_account_id = project.channel_account_id
                    and (t.interview_id is not null or t.task_id is not null or t.due_at is not null)
            )
        order by i.created_at, i.id
        limit invite.max
        for no key update of i skip locked
    );
    insert into private.threads (client_id, lead_id, channel_account_id)
    select i.client_id, i.lead_id, project.channel_account_id
    from public.interviews as i
    where i.id = any (ids)
    order by i.lead_id
    on conflict on constraint a_lead_has_one_thread_per_account do nothing;
    -- A thread somebody holds is left for the next time. Only a thread that another transaction is making at this moment is waited for.
    thread_ids := array(
        select t.id
        from private.threads as t
        join public.interviews as i on i.lead_id = t.lead_id and t.channel_account_id = project.channel_account_id
        where i.id = any (ids)
        for no key update of t skip locked
    );

    with
    ready as materialized (
        select i.id as interview_id, t.id as thread_id, t.last_seq + 1 as seq, i.lead_id, gen_random_uuid() as message_id, gen_random_uuid() as delivery_id,
            private.template_content(template, l.name, company, project.name, null) as content
        from public.interviews as i
        join private.threads as t on t.lead_id = i.lead_id and t.channel_account_id = project.channel_account_id
        join public.leads as l on l.id = i.lead_id
        where i.id = any (ids) and t.id = any (thread_ids) and t.interview_id is null and t.task_id is null and t.due_at is null
    ),
    -- Who may never be invited; an invitation that only has to wait is made, and deferred.
    chosen as materialized (
        select r.*, case v.verdict when 'cancel' then v.reason end as refusal
        from ready as r
        cross join lateral private.policy_verdict(jsonb_populate_record(null::public.deliveries, jsonb_build_object(
            'id', r.delivery_id, 'client_id', project.client_id, 'lead_id', r.lead_id, 'thread_id', r.thread_id, 'interview_id', r.interview_id,
            'channel_account_id', project.channel_account_id, 'kind', 'invitation', 'content', r.content
        ))) as v
    ),
    refused as (
        update public.interviews as i
        set status = 'cancelled', end_reason = case when c.refusal = 'the lead opted out' then 'opted_out' else 'cancelled' end::public.end_reason,
            metadata = i.metadata || jsonb_build_object('reason', c.refusal)
        from chosen as c
        where i.id = c.interview_id and c.refusal is not null
    ),
    taken as (
        update private.threads as t
        -- What was left unhandled was said to another interview.
        set interview_id = c.interview_id, conversation_id = null, last_seq = c.seq, handled_seq = t.inbound_seq, not_before = null, waiting_since = null
        from chosen as c
        where t.id = c.thread_id and c.refusal is null
    ),
    said as (
        insert into public.interview_messages (id, interview_id, role, content, metadata, client_id, seq)
        select c.message_id, c.interview_id, 'assistant', c.content ->> 'text', jsonb_build_object('type', 'template', 'delivery_id', c.delivery_id), project.client_id, c.seq
        from chosen as c
        where c.refusal is null
    ),
    queued as (
        insert into public.deliveries (id, client_id, lead_id, thread_id, interview_id, channel_account_id, kind, content, message_id, queue, seq)
        select c.delivery_id, project.client_id, c.lead_id, c.thread_id, c.interview_id, project.channel_account_id, 'invitation', c.content, c.message_id, 'default', c.seq
        from chosen as c
        where c.refusal is null
    )
    update public.interviews as i
    set invited_at = private.now(), thread_id = c.thread_id
    from chosen as c
    where i.id = c.interview_id and c.refusal is null;
    get diagnostics invited = row_count;
    return invited;
end
$$;
comment on function private.invite(uuid, integer) is
'Makes the next invitations of an active project, at most max: takes each lead''s thread for the interview, writes the message and its delivery. Returns how many were made. Idempotent: an interview is invited once.';
