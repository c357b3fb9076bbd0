create or replace function public.end_isa_command(command_id uuid, result jsonb, target_type public.isa_target_type default null, target_id uuid default null)
returns void
language plpgsql set search_path = ''
as $$
begin
    perform private.isa_admin();
    -- What is planned is run, or not: its row is written by public.run_isa_plan.
    if exists (select from public.isa_commands as c where c.id = end_isa_command.command_id and c.result is null) then
        perform private.note_isa_result(end_isa_command.command_id, end_isa_command.result, end_isa_command.target_type, end_isa_command.target_id, true);
    end if;
end
$$;
comment on function public.end_isa_command(uuid, jsonb, public.isa_target_type, uuid) is
'Admins, through the function isa: what came of a command of the own that changes nothing, and what it was about. Once: a later call changes nothing. Idempotent.';
