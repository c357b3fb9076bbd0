create or replace function public.resend_invitation(interview_id uuid) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    i public.interviews;
    t private.threads;
    project public.projects;
    lead public.leads;
    company text;
    template public.message_templates;
    waiting public.deliveries;
    d public.deliveries;
    verdict record;
begin
    select x.* into i from public.interviews as x
    where x.id = resend_invitation.interview_id and x.client_id in (select private.visible_client_ids());
    if not found then
        raise exception 'there is no such interview' using errcode = 'PT404';
    end if;
    -- Lock order: the interview, then its thread.
    perform from public.interviews as x where x.id = i.id for no key update;
    if i.thread_id is not null then
        perform private.lock_threads(array[i.thread_id]);
    end if;
    select x.* into i from public.interviews as x where x.id = i.id;
    select x.* into project from public.projects as x where x.id = i.project_id;
    select x.* into t from private.threads as x where x.id = i.thread_id;
    if i.status <> 'pending' or project.status <> 'active' then
        return jsonb_build_object(
            'outcome', 'none', 'delivery_id', null, 'due_at', null,
            'reason', case when i.status <> 'pending' then 'the interview has begun, or has ended' else 'the project is not running' end
        );
    end if;
    if i.invited_at is null or t.interview_id is distinct from i.id then
        return jsonb_build_object('outcome', 'waiting', 'delivery_id', null, 'due_at', null, 'reason', 'the first invitation waits for its turn');
    end if;
    select x.* into waiting from public.deliveries as x
    where x.client_id = i.client_id and x.interview_id = i.id and x.kind in ('invitation', 'reminder') and x.status in ('queued', 'deferred', 'sending', 'unknown')
    order by x.seq
    limit 1;
    if found then
        return jsonb_build_object('outcome', 'waiting', 'delivery_id', waiting.id, 'due_at', waiting.due_at, 'reason', waiting.reason);
    end if;
    template := private.template_for(project.client_id, t.channel_account_id, 'invitation', project.config #>> '{invitation,template}');
    if template.id is null then
        raise exception '%', private.no_template(project.client_id, t.channel_account_id, 'invitation', project.config #>> '{invitation,template}')
            using errcode = '22023';
    end if;
    select x.* into lead from public.leads as x where x.id = i.lead_id;
    select c.company_name into company from public.clients as c where c.id = i.client_id;
    d := jsonb_populate_record(null::public.deliveries, jsonb_build_object(
        'id', gen_random_uuid(), 'client_id', i.client_id, 'lead_id', i.lead_id, 'thread_id', t.id, 'interview_id', i.id,
        'channel_account_id', t.channel_account_id, 'kind', 'invitation', 'content', private.template_content(template, lead.name, company, project.name, null),
        'message_id', gen_random_uuid(), 'queue', 'default', 'seq', t.last_seq + 1
    ));
    -- Somebody asks for it and waits for the answer: what policy forbids is refused, not stored as cancelled.
    select * into verdict from private.policy_verdict(d);
    if verdict.verdict = 'cancel' then
        raise exception '%', verdict.reason using errcode = '42501';
    end if;
    insert into public.deliveries as x (id, client_id, lead_id, thread_id, interview_id, channel_account_id, kind, content, message_id, queue, seq)
    values (d.id, d.client_id, d.lead_id, d.thread_id, d.interview_id, d.channel_account_id, d.kind, d.content, d.message_id, d.queue, d.seq)
    returning x.* into d;
    insert into public.interview_messages (id, interview_id, role, content, metadata, client_id, seq)
    values (d.message_id, i.id, 'assistant', d.content ->> 'text', jsonb_build_object('type', 'template', 'delivery_id', d.id), i.client_id, d.seq);
    update private.threads as x set last_seq = d.seq where x.id = t.id;
    if d.status = 'queued' then
        perform private.admit_deliveries(i.client_id, 'default');
        perform private.ring('deliver');
    end if;
    return jsonb_build_object('outcome', d.status, 'delivery_id', d.id, 'due_at', d.due_at, 'reason', d.reason);
end
$$;
comment on function public.resend_invitation(uuid) is
'A client''s people and admins: sends a lead who has not answered its invitation once more, within policy. Returns {"outcome": queued | deferred (until due_at, for the reason) | waiting (one is still on its way: no other is made) | none (there is nothing to invite to any more), "delivery_id", "due_at", "reason"}. Raises PT404 for an interview that is not the caller''s, 22023 without an approved template, 42501 where policy speaks against it. While one waits, calling again sends nothing more.';
