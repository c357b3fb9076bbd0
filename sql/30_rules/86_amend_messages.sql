create or replace function private.amend_messages(items jsonb) returns void
language plpgsql security definer set search_path = ''
as $$
declare
    item record;
    t private.threads;
    original record;
    right_now timestamptz := clock_timestamp();
begin
    for item in
        select x.thread_id, x.event #>> '{message,type}' as type, x.event #>> '{message,amends}' as amends, x.event ->> 'provider_id' as provider_id,
            coalesce(x.event #>> '{message,text}', '') as content
        from jsonb_to_recordset(items) as x (ord bigint, thread_id uuid, event jsonb)
        where x.event #>> '{message,amends}' is not null
        order by x.ord
    loop
        select * into strict t from private.threads as x where x.id = item.thread_id;
        if t.interview_id is null then
            update public.messages as m
            set metadata = m.metadata || jsonb_build_object('amended_by', item.provider_id)
            where m.client_id = t.client_id and m.conversation_id = t.conversation_id and m.role = 'user'
                and m."timestamp" >= now() - interval '30 days' and m.metadata ->> 'provider_id' = item.amends;
            continue;
        end if;
        update public.interview_messages as m
        set content = case when m.seq <= t.handled_seq then m.content when item.type = 'edit' then item.content else '' end,
            metadata = m.metadata || jsonb_build_object('amended_by', item.provider_id) || case when m.seq <= t.handled_seq then '{}' else
                jsonb_build_object('original', coalesce(m.metadata -> 'original', jsonb_build_object('type', m.metadata -> 'type', 'content', m.content)))
                || case when item.type = 'revoke' then '{"type": "revoke"}'::jsonb else '{}' end
            end
        from public.interviews as i
        where i.id = t.interview_id and m.interview_id = i.id and m."timestamp" >= i.created_at and m.role = 'user'
            and m.metadata ->> 'provider_id' = item.amends
        returning m.seq into original;
        if not found and item.type = 'edit' then
            -- All there is of that message: read it as one.
            update public.interview_messages as m
            set metadata = m.metadata || '{"type": "text"}'
            where m.interview_id = t.interview_id and m."timestamp" >= now() and m.metadata ->> 'provider_id' = item.provider_id
            returning m.seq into original;
            update private.threads as x
            set inbound_seq = greatest(x.inbound_seq, original.seq), waiting_since = coalesce(x.waiting_since, right_now), not_before = coalesce(x.not_before, right_now)
            where x.id = t.id;
            if exists (select from public.leads as l where l.id = t.lead_id and l.status <> 'blocked') then
                perform private.queue_turn(t.id);
                perform private.ring('agent_turn');
            end if;
        elsif original.seq > t.handled_seq then
            -- Said in the message it changed; a turn that has read that one already is run again.
            update public.interview_messages as m
            set content = '', metadata = m.metadata || '{"applied": true}'
            where m.interview_id = t.interview_id and m."timestamp" >= now() and m.metadata ->> 'provider_id' = item.provider_id
            returning m.seq into original;
            update private.threads as x set inbound_seq = greatest(x.inbound_seq, original.seq) where x.id = t.id;
            if not exists (
                select from public.interview_messages as m
                join public.interviews as i on i.id = m.interview_id
                where i.id = t.interview_id and m.role = 'user' and m.seq > t.handled_seq and m."timestamp" >= i.created_at
                    and private.needs_answer(m.metadata, m.content)
            ) then
                perform private.drop_turn(t.id);
            elsif t.task_id is null and t.due_at is null then
                -- Its turn had come to nothing: an edit asks anew, like any message.
                perform private.queue_turn(t.id);
                perform private.ring('agent_turn');
            end if;
        end if;
    end loop;
end
$$;
comment on function private.amend_messages(jsonb) is
'Carries out edits and revocations just stored: a message that no turn has handled is changed in place or blanked (metadata.original keeps what it was), and where nothing is left to answer its turn is dropped; one that was handled is only marked (metadata.amended_by). An edit of a message that never came is read as that message. The caller holds the threads'' locks.';
