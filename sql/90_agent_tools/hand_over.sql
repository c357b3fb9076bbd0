create or replace function agent_tools.hand_over(arguments jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
begin
    insert into private.intents (client_id, lead_id, turn_id, kind, details)
    values (private.turn_client_id(), private.turn_lead_id(), private.turn_lease(), 'hand_over', jsonb_build_object('reason', arguments -> 'reason'));
    return '{"handed_over": true}';
end
$$;
comment on function agent_tools.hand_over(jsonb) is 'A person is to go on with the dialogue: {"reason"}. The turn''s commit stops the agent after its reply and tells the client''s owners.';

insert into public.tools (name, description, function_name, parameters_schema) values (
    'hand_over', 'Passa a conversa para uma pessoa da equipe: quando a pessoa pede, reclama, ou quando você não pode resolver.', 'hand_over',
    '{"type": "object", "required": ["reason"], "properties": {
        "reason": {"type": "string", "minLength": 1, "maxLength": 300, "description": "O motivo, em poucas palavras."}
    }}'
) on conflict (name) do nothing;
