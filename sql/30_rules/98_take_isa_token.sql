create or replace function private.take_isa_token(token text, out command_id uuid, out plan jsonb)
language plpgsql security definer set search_path = ''
as $$
declare
    t private.isa_tokens;
begin
    -- SECURITY: somebody else's token is answered as one that never was. Whoever comes second waits for the first and finds it used.
    select * into t
    from private.isa_tokens as x
    where x.token_hash = sha256(convert_to(take_isa_token.token, 'UTF8')) and x.admin_id = private.isa_admin()
    for update;
    if not found then
        raise exception 'there is no such token of yours' using errcode = 'PT403';
    elsif t.used_at is not null then
        raise exception 'this token was used already' using errcode = 'PT409', hint = 'What came of it is in isa_commands.';
    elsif t.expires_at <= clock_timestamp() then
        raise exception 'this token has expired' using errcode = 'PT410', hint = 'Give the command again.';
    end if;
    update private.isa_tokens as x set used_at = clock_timestamp() where x.command_id = t.command_id;
    command_id := t.command_id;
    plan := t.plan;
end
$$;
comment on function private.take_isa_token(text, out uuid, out jsonb) is
'The plan that a token confirms, once: raises PT403 for a token that is not the caller''s, PT409 for a used one, PT410 for a late one. Locks the token until the transaction ends, which brings it back if the plan could not be run.';
