create or replace function private.project_of(thread private.threads) returns uuid
language sql stable security definer set search_path = ''
as $$
    select case
        when thread.interview_id is not null then (select i.project_id from public.interviews as i where i.id = thread.interview_id)
        else (
            select a.project_id
            from public.conversations as c
            cross join lateral private.conversation_agent(c, thread.channel_account_id) as a
            where c.id = thread.conversation_id
        )
    end;
$$;
comment on function private.project_of(private.threads) is 'The project that a thread''s live dialogue belongs to, and that pays for it; null where it has none.';
