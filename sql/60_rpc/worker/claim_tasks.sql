create or replace function worker.claim_tasks(queues text[], max integer, visibility_s integer) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    q text;
    room integer;
    messages jsonb := '[]';
    tasks jsonb;
    starving integer := case when cardinality(queues) > 1 and random() * 8 < max then greatest(max / 8, 1) else 0 end;
begin
    if not queues <@ array['high_priority', 'default', 'low_priority'] then
        raise exception 'queues are high_priority, default and low_priority' using errcode = 'PT400';
    end if;
    -- Invitations are made as far as there is room for them. Before anything is read: making them may wait for a thread that is just being
    -- made, and nobody is to wait for a task meanwhile.
    if 'default' = any (queues) and max > 0 then
        perform private.invite_next(c.client_id) from private.clients_to_invite() as c (client_id);
    end if;
    -- pgmq.read is a statement of its own, before any lock: it never waits, and what it hides is claimed within this transaction.
    -- Strict order, but for one slot in eight, which takes the lowest queue first: it must not starve.
    if starving > 0 then
        messages := messages || private.read_queue(queues[cardinality(queues)], starving, visibility_s);
    end if;
    foreach q in array queues loop
        room := max - jsonb_array_length(messages);
        if room > 0 then
            messages := messages || private.read_queue(q, room, visibility_s);
        end if;
    end loop;
    select private.begin_turns(coalesce(jsonb_agg(m.v) filter (where m.v ->> 'task' = 'agent_turn'), '[]'), visibility_s)
        || private.begin_deliveries(coalesce(jsonb_agg(m.v) filter (where m.v ->> 'task' = 'delivery'), '[]'), visibility_s)
        || private.begin_media(coalesce(jsonb_agg(m.v) filter (where m.v ->> 'task' = 'media'), '[]'), visibility_s)
        || private.begin_reports(coalesce(jsonb_agg(m.v) filter (where m.v ->> 'task' = 'report'), '[]'), visibility_s)
    into tasks
    from jsonb_array_elements(messages) as m (v);
    return jsonb_build_object('tasks', tasks, 'next_due_ms', private.next_due_ms(queues));
end
$$;
comment on function worker.claim_tasks(text[], integer, integer) is
'Claims up to max tasks for visibility_s seconds, the first queue first. Returns {"tasks": [{"task", "queue", "msg_id", "id", "client_id", "attempt", "claim", "wait_ms", "work"}], "next_due_ms"}: when the next one will be due, null if nothing waits. A claim that is not finished in time lapses and counts as a failed attempt.';
