create or replace function agent_tools.schedule_callback(arguments jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    -- Without an offset it is the time where the lead lives.
    at timestamptz := case when arguments ->> 'due_at' ~ '(Z|[+-][0-9]{2}:?[0-9]{2})$'
        then (arguments ->> 'due_at')::timestamptz
        else (arguments ->> 'due_at')::timestamp at time zone 'America/Sao_Paulo'
    end;
begin
    if at <= private.now() or at > private.now() + interval '90 days' then
        raise exception 'due_at must lie within the next 90 days; now it is %', to_char(private.now() at time zone 'America/Sao_Paulo', 'YYYY-MM-DD"T"HH24:MI') using errcode = '22023';
    end if;
    update public.callbacks as b
    set due_at = at, note = coalesce(arguments ->> 'note', b.note)
    where b.lead_id = private.turn_lead_id() and b.status = 'open';
    if not found then
        insert into public.callbacks (client_id, lead_id, due_at, note)
        values (private.turn_client_id(), private.turn_lead_id(), at, arguments ->> 'note');
    end if;
    return jsonb_build_object('scheduled_for', to_char(at at time zone 'America/Sao_Paulo', 'DD/MM/YYYY HH24:MI'));
end
$$;
comment on function agent_tools.schedule_callback(jsonb) is
'A person is to call the lead back: {"due_at": time, "note"?}. A lead has one callback to come; asked again, it is moved. The client''s owners are told.';

insert into public.tools (name, description, function_name, parameters_schema) values (
    'schedule_callback', 'Agenda um retorno: uma pessoa da equipe entra em contato no dia e na hora combinados.', 'schedule_callback',
    '{"type": "object", "required": ["due_at"], "properties": {
        "due_at": {"type": "string", "format": "date-time", "description": "Dia e hora no fuso da pessoa, por exemplo 2027-01-31T14:30."},
        "note": {"type": "string", "maxLength": 1000, "description": "O assunto, em poucas palavras."}
    }}'
) on conflict (name) do nothing;
