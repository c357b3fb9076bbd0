create or replace function private.issue_isa_token(command_id uuid, plan jsonb, out token text, out expires_at timestamptz)
language plpgsql security definer set search_path = ''
as $$
begin
    -- Two random uuids: 244 bits that nobody guesses, and of which only the hash is kept.
    token := replace(concat(gen_random_uuid(), gen_random_uuid()), '-', '');
    insert into private.isa_tokens as t (command_id, admin_id, token_hash, plan, expires_at)
    select c.id, c.admin_id, sha256(convert_to(issue_isa_token.token, 'UTF8')), issue_isa_token.plan, clock_timestamp() + interval '5 minutes'
    from public.isa_commands as c
    where c.id = issue_isa_token.command_id and c.admin_id = private.isa_admin() and c.executed_at is null
    on conflict on constraint isa_tokens_pkey do update
    set token_hash = excluded.token_hash, plan = excluded.plan, expires_at = excluded.expires_at
    where t.used_at is null
    returning t.expires_at into expires_at;
    if not found then
        raise exception 'there is no such open command of yours' using errcode = 'PT403';
    end if;
end
$$;
comment on function private.issue_isa_token(uuid, jsonb, out text, out timestamptz) is
'A confirmation token for the plan of one of the caller''s own commands, good for five minutes by the database''s clock; an earlier one of the same command is void.';
