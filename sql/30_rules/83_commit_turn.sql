create or replace function private.commit_turn(result jsonb, visibility_s integer) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    t private.threads;
    interview public.interviews;
    reply text;
    kind public.delivery_kind;
    said_in_interview_id uuid;
    partial boolean;
    verdict jsonb := jsonb_build_object('thread_id', result -> 'thread_id', 'lease', result -> 'lease', 'task', null, 'delivery', null);
begin
    select * into t from private.threads as x where x.id = (result ->> 'thread_id')::uuid;
    -- It was paid for, whatever becomes of it.
    perform private.note_run(result);
    -- The late-comer first. The token decides, never the clock.
    if not found or t.lease is null or t.lease is distinct from (result ->> 'lease')::uuid then
        return verdict || private.committed_turn((result ->> 'lease')::uuid, t.id);
    end if;
    if not private.is_answered(t) then
        perform private.drop_turn(t.id);
        return verdict || '{"verdict": "stale"}';
    end if;
    -- The answer superseded got lost, and this is the result from before it: it has not read what came since.
    if coalesce((result ->> 'reruns')::integer, t.reruns) < t.reruns then
        return verdict || jsonb_build_object('verdict', 'superseded', 'task', private.turn_task(t, 0));
    end if;
    if t.inbound_seq > t.lease_seq and t.reruns < private.setting_int('max_reruns') then
        update private.threads as x
        set lease_seq = x.inbound_seq, reruns = x.reruns + 1, lease_until = clock_timestamp() + make_interval(secs => visibility_s),
            due_at = clock_timestamp() + make_interval(secs => visibility_s)
        where x.id = t.id
        returning * into t;
        -- What its tools asked for is asked for again, or not, by the run that reads everything.
        delete from private.intents as n where n.turn_id = t.lease;
        perform pgmq.set_vt('high_priority', t.task_id, visibility_s);
        return verdict || jsonb_build_object('verdict', 'superseded', 'task', private.turn_task(t, 0));
    end if;
    partial := t.inbound_seq > t.lease_seq;

    if t.interview_id is not null then
        select * into strict interview from public.interviews as i where i.id = t.interview_id;
        said_in_interview_id := interview.id;
        select a.reply, a.kind into reply, kind from private.apply_proposal(interview, coalesce(result -> 'proposal', '{}')) as a;
    else
        select a.reply, a.kind, a.interview_id into reply, kind, said_in_interview_id from private.apply_conversation(t, coalesce(result -> 'proposal', '{}')) as a;
        delete from private.intents as n where n.turn_id = t.lease;
    end if;
    if kind = 'reply' and private.leaks_prompt(reply, private.prompts_of(t)) then
        reply := 'Desculpe, não consigo ajudar com isso. Posso ajudar em mais alguma coisa?';
    end if;

    insert into public.turns (
        id, client_id, thread_id, interview_id, conversation_id, status, from_seq, to_seq, attempt, reruns, graph, model,
        renus_config_id, renus_config_version, steps, proposal, input_tokens, output_tokens, started_at
    )
    values (
        t.lease, t.client_id, t.id, t.interview_id, t.conversation_id, case when partial then 'partial' else 'committed' end::public.turn_status,
        t.handled_seq, t.lease_seq, t.attempts, t.reruns, result ->> 'graph', result ->> 'model',
        t.agent_id, t.agent_version, coalesce(result -> 'steps', '[]'), result -> 'proposal',
        coalesce((result ->> 'input_tokens')::integer, 0), coalesce((result ->> 'output_tokens')::integer, 0), t.lease_began_at
    );
    update public.failed_tasks as f
    set status = 'resolved', resolved_at = now()
    where f.task_row_id = t.id and f.status <> 'resolved';

    -- Some messages want no word, a conversation's last "obrigado" say.
    if reply <> '' then
        perform private.say_reply(t, said_in_interview_id, t.conversation_id, kind, reply);
        t.last_seq := t.last_seq + 1;
    end if;

    if partial then
        update private.threads as x
        set last_seq = t.last_seq, handled_seq = x.lease_seq, lease = null, lease_until = null, attempts = 0, due_at = clock_timestamp(),
            waiting_since = clock_timestamp(), not_before = null
        where x.id = t.id;
        perform pgmq.set_vt('high_priority', t.task_id, 0);
    else
        update private.threads as x
        set last_seq = t.last_seq, handled_seq = x.lease_seq, lease = null, lease_until = null, attempts = 0, task_id = null, due_at = null,
            waiting_since = null, not_before = null
        where x.id = t.id;
        perform pgmq.delete('high_priority', t.task_id);
    end if;
    return verdict || jsonb_build_object(
        'verdict', case when partial then 'partial' else 'committed' end,
        'delivery', private.release_next(t.id, visibility_s)
    );
end
$$;
comment on function private.commit_turn(jsonb, integer) is
'Commits one turn under its interview''s and thread''s locks: answers, interview or conversation, what its tools asked for, reply, delivery, task and lease in one transaction. What it used goes into the ledger, discarded or not. A stale lease writes nothing else; a commit repeated hears again what it said; newer input makes it superseded (same lease, run again) a bounded number of times, then it answers anyway and a further turn follows.';
