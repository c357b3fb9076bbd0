create or replace function private.note_run(result jsonb) returns void
language sql volatile security definer set search_path = ''
as $$
    select private.note_usage(
        t.client_id,
        -- Of a lease that was lost the interview is known by its turn: the thread may be in another dialogue by now.
        coalesce((select i.project_id from public.turns as x join public.interviews as i on i.id = x.interview_id where x.id = (result ->> 'lease')::uuid), private.project_of(t)),
        (result ->> 'lease')::uuid,
        coalesce((result ->> 'reruns')::integer, t.reruns),
        coalesce(result -> 'usage', jsonb_build_array(jsonb_build_object('model', result -> 'model', 'input_tokens', result -> 'input_tokens', 'output_tokens', result -> 'output_tokens')))
    )
    from private.threads as t
    where t.id = (result ->> 'thread_id')::uuid and result ->> 'lease' is not null;
$$;
comment on function private.note_run(jsonb) is
'Notes what the run of a turn used whose result (see worker.commit_turns) has come, whatever becomes of it: a reply that is thrown away, or came too late, costs as much as one that is sent. Idempotent.';
