create or replace function private.apply_conversation(
    thread private.threads, proposal jsonb, out reply text, out kind public.delivery_kind, out interview_id uuid
)
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
    c public.conversations;
    agent public.renus_config;
    lead public.leads;
    intent private.intents;
    opened record;
    settled text;
    person text;
    summed_up bigint;
begin
    kind := 'reply';
    reply := left(btrim(coalesce(proposal ->> 'reply', '')), 4000);
    select * into strict c from public.conversations as x where x.id = thread.conversation_id for no key update;
    select * into agent from public.renus_config as r where r.id = thread.agent_id;
    select * into strict lead from public.leads as l where l.id = thread.lead_id;
    if lead.opted_out_at is not null or (proposal ->> 'opt_out')::boolean then
        if lead.opted_out_at is null then
            insert into public.consents (client_id, lead_id, granted, legal_basis, evidence)
            values (thread.client_id, thread.lead_id, false, 'consent', jsonb_build_object('conversation_id', c.id, 'source', 'agent'));
        end if;
        kind := 'goodbye';
        reply := private.goodbye();
        return;
    end if;

    for intent in select n.* from private.intents as n where n.turn_id = thread.lease order by n.id loop
        case intent.kind
            when 'hand_over' then
                person := coalesce(person, intent.details ->> 'reason', 'o contato pediu uma pessoa');
            when 'open_interview' then
                -- With something unread in the dialogue it would be left behind there.
                if interview_id is null and thread.inbound_seq = thread.lease_seq then
                    select o.interview_id, o.question, o.refusal into opened from private.open_interview(thread, (intent.details ->> 'project_id')::uuid) as o;
                    interview_id := opened.interview_id;
                end if;
            else
                raise warning 'no commit performs the intent %', intent.kind;
        end case;
    end loop;
    person := coalesce(person, nullif(btrim(proposal ->> 'hand_over'), ''));
    if person is null and (
        select count(*) from public.turns as u
        where u.client_id = thread.client_id and u.conversation_id = c.id and u.finished_at > clock_timestamp() - interval '1 hour' and u.status in ('committed', 'partial')
    ) >= private.setting_int('turns_per_hour') then
        person := 'muitas mensagens em pouco tempo';
    end if;
    summed_up := case when nullif(btrim(proposal ->> 'summary'), '') is not null then
        least(greatest(c.summary_seq, (proposal ->> 'summary_seq')::bigint), thread.handled_seq) end;
    settled := private.settle_qualification(thread, c);

    update public.conversations as x
    set project_id = coalesce(x.project_id, g.project_id),
        sub_agent_id = case
            when proposal ? 'sub_agent' then (select s.id from private.sub_agents_of(agent) as s where s.id::text = proposal ->> 'sub_agent')
            else x.sub_agent_id
        end,
        memory = private.merged_memory(x.memory, proposal -> 'memory'),
        summary = coalesce(nullif(left(btrim(proposal ->> 'summary'), 4000), ''), x.summary),
        summary_seq = coalesce(summed_up, x.summary_seq),
        summary_at = case when summed_up is null then x.summary_at else (
            select max(m."timestamp") from public.messages as m
            where m.conversation_id = x.id and m."timestamp" >= coalesce(x.summary_at - interval '1 hour', x.created_at) and m.seq <= summed_up
        ) end,
        resuming = false,
        handed_over_at = case when person is not null then private.now() end,
        handed_over_reason = left(person, 500)
    from private.conversation_agent(c, thread.channel_account_id) as g
    where x.id = c.id;

    if c.resuming and reply <> '' then
        reply := format('Aqui é o assistente virtual da %s, de volta à conversa. ', (select k.company_name from public.clients as k where k.id = thread.client_id)) || reply;
    end if;
    if interview_id is not null then
        reply := concat_ws(E'\n\n', nullif(reply, ''), opened.question);
    end if;
    if settled <> '' then
        reply := concat_ws(E'\n\n', nullif(reply, ''), settled);
    end if;
    if person is not null then
        perform private.notify(thread.client_id, 'person_needed', null, format(
            '%s precisa de atendimento de uma pessoa: %s.', coalesce(lead.name, lead.phone, 'Um contato'), rtrim(left(person, 200), '.')
        ), 'conversation ' || c.id || ' ' || thread.lease);
        reply := coalesce(nullif(reply, ''), 'Vou chamar uma pessoa da nossa equipe para continuar com você.');
    end if;
end
$$;
comment on function private.apply_conversation(private.threads, jsonb, out text, out public.delivery_kind, out uuid) is
'Turns what the model proposed in a conversation, and what its tools asked for, into what happens: who has the dialogue, what is remembered, an interview that begins (interview_id), a qualification that is complete, a person who is called. Composes the reply. Called under the thread''s lock.';
