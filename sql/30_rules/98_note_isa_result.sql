create or replace function private.note_isa_result(command_id uuid, result jsonb, target_type public.isa_target_type, target_id uuid, executed boolean)
returns void
language sql security definer set search_path = ''
as $$
    -- SECURITY: admins may add commands, not change them. This writes what came of the caller's own, and not again once it is done.
    update public.isa_commands as c
    set result = note_isa_result.result, target_type = note_isa_result.target_type, target_id = note_isa_result.target_id,
        executed_at = case when note_isa_result.executed then clock_timestamp() end
    where c.id = note_isa_result.command_id and c.admin_id = private.isa_admin() and c.executed_at is null;
$$;
comment on function private.note_isa_result(uuid, jsonb, public.isa_target_type, uuid, boolean) is
'Writes what came of a command of the caller''s own into its row, and that it is done; what is done stays as it is.';
