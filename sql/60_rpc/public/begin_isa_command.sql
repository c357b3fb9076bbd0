create or replace function public.begin_isa_command(command_id uuid, command text) returns jsonb
language plpgsql set search_path = ''
as $$
begin
    insert into public.isa_commands (id, admin_id, command)
    values (begin_isa_command.command_id, private.isa_admin(), begin_isa_command.command)
    on conflict (id) do nothing;
    return jsonb_build_object('id', begin_isa_command.command_id, 'today', (now() at time zone 'America/Sao_Paulo')::date);
end
$$;
comment on function public.begin_isa_command(uuid, text) is
'Admins, through the function isa: notes a command before anything is read for it. Returns {"id", "today": the date in São Paulo}. Idempotent by id.';
