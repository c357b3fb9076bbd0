create or replace function private.needs_answer(metadata jsonb, content text) returns boolean
language sql immutable set search_path = ''
as $$
    -- A change of number, a message taken back, a reaction removed: stored, and not a word to reply to.
    -- An edit is answered where the message it changes is (private.amend_messages).
    select not (
        coalesce(needs_answer.metadata ->> 'type', 'text') in ('system', 'revoke')
        or (needs_answer.metadata ->> 'type' = 'edit' and not private.is_opt_out(needs_answer.content))
        or (needs_answer.metadata ->> 'type' = 'reaction' and needs_answer.content = '')
    );
$$;
comment on function private.needs_answer(jsonb, text) is 'Whether an inbound message is something a person would expect a reply to.';
