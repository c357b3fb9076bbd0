create or replace function private.needs_answer(metadata jsonb, content text) returns boolean
language sql immutable set search_path = ''
as $$
    -- A change of number, a message taken back, a reaction removed: stored, and not a word to reply to.
    select not (
        coalesce(needs_answer.metadata ->> 'type', 'text') in ('system', 'revoke')
        or (needs_answer.metadata ->> 'type' = 'reaction' and needs_answer.content = '')
    );
$$;
comment on function private.needs_answer(jsonb, text) is 'Whether an inbound message is something a person would expect a reply to.';
