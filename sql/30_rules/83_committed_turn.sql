create or replace function private.committed_turn(lease uuid, thread_id uuid) returns jsonb
language sql stable security definer set search_path = ''
as $$
    -- The answer to a commit may get lost on its way. Then nobody would send the reply that it has claimed, until the claim lapses.
    select coalesce((
        select jsonb_build_object('verdict', t.status, 'delivery', (
            select private.delivery_task(d)
            from public.deliveries as d
            where d.thread_id = t.thread_id and d.status = 'sending' and d.attempts = 1 and d.due_at > private.now() and t.id::text = coalesce(
                (select m.metadata ->> 'turn_id' from public.interview_messages as m where m.id = d.message_id and m."timestamp" >= t.started_at),
                (select m.metadata ->> 'turn_id' from public.messages as m where m.id = d.message_id and m."timestamp" >= t.started_at)
            )
        ))
        from public.turns as t
        where t.id = committed_turn.lease and t.thread_id = committed_turn.thread_id and t.status in ('committed', 'partial')
    ), '{"verdict": "stale"}');
$$;
comment on function private.committed_turn(uuid, uuid) is
'What a commit under this lease said, for a caller that asks again: its verdict, and its reply''s delivery while that is still to be sent under the same claim. stale: nothing was committed under it. Read-only.';
