create or replace function private.count_dialogue() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
    said jsonb := (
        select jsonb_agg(jsonb_build_object(
            'thread_id', t.id, 'seq', n.seq, 'metadata', n.metadata - 'payload', 'content', n.content, 'answered', private.is_answered(t)
        ))
        from new_rows as n
        join private.threads as t on t.client_id = n.client_id and t.conversation_id = n.conversation_id
        where n.role = 'user'
    );
begin
    if said is null then
        return null;
    end if;
    if said @? '$[*] ? (@.answered == true)' then
        perform private.count_said((select jsonb_agg(s.v) from jsonb_array_elements(said) as s (v) where (s.v ->> 'answered')::boolean));
    end if;
    -- What no agent answers waits for no turn.
    update private.threads as t
    set last_seq = s.newest, inbound_seq = s.newest, handled_seq = s.newest, last_inbound_at = private.now()
    from (
        select (m.v ->> 'thread_id')::uuid as thread_id, max((m.v ->> 'seq')::bigint) as newest
        from jsonb_array_elements(said) as m (v)
        where not (m.v ->> 'answered')::boolean
        group by 1
    ) as s
    where t.id = s.thread_id;
    return null;
end
$$;
comment on function private.count_dialogue() is
'Trigger: what leads said in conversations is counted on their threads, and has a turn where an agent answers (private.is_answered); else it is a person''s to read.';

create or replace trigger _900_count_dialogue after insert on public.messages
referencing new table as new_rows
for each statement execute function private.count_dialogue();
