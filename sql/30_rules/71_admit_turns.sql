create or replace function private.admit_turns(client_id uuid) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
    free integer;
    ids uuid[];
    msg_ids bigint[];
begin
    if not exists (select from private.threads as t where t.client_id = admit_turns.client_id and t.task_id is null and t.due_at is not null) then
        return 0;
    end if;
    select private.setting_int('admitted_tasks') - count(*) into free
    from private.threads as t
    where t.client_id = admit_turns.client_id and t.task_id is not null and t.lease is null;
    -- A thread somebody holds is left for the next time: this never waits, so it may be called under other locks.
    ids := array(
        select t.id
        from private.threads as t
        where t.client_id = admit_turns.client_id and t.task_id is null and t.due_at is not null
        order by t.due_at, t.id
        limit greatest(free, 0)
        for no key update skip locked
    );
    if cardinality(ids) = 0 then
        return 0;
    end if;
    msg_ids := array(
        select s.id
        from pgmq.send_batch('high_priority', array(
            select private.task_message('agent_turn', u.id, admit_turns.client_id, 1) from unnest(ids) with ordinality as u (id, ord) order by u.ord
        ), 0) as s (id)
    );
    update private.threads as t
    set task_id = u.msg_id
    from unnest(ids, msg_ids) as u (id, msg_id)
    where t.id = u.id;
    return cardinality(ids);
end
$$;
comment on function private.admit_turns(uuid) is
'Puts a client''s waiting turns into high_priority, the longest waiting first, as far as its share (admitted_tasks, turns under way not counted) goes. Returns how many. So a client whose leads all answer at once cannot stand before another''s reply.';
