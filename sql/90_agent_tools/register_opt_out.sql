create or replace function agent_tools.register_opt_out(arguments jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
begin
    -- At once, not with the commit: a turn that comes to nothing must not swallow it.
    insert into public.consents (client_id, lead_id, granted, legal_basis, evidence)
    select l.client_id, l.id, false, 'consent', jsonb_build_object('source', 'agent', 'turn_id', private.turn_lease())
    from public.leads as l
    where l.id = private.turn_lead_id() and l.opted_out_at is null;
    return '{"opted_out": true}';
end
$$;
comment on function agent_tools.register_opt_out(jsonb) is 'The lead wants no more messages. No arguments. Idempotent. The turn answers with the goodbye.';

insert into public.tools (name, description, function_name, parameters_schema) values (
    'register_opt_out', 'Registra que a pessoa não quer mais receber mensagens da empresa.', 'register_opt_out',
    '{"type": "object", "properties": {}}'
) on conflict (name) do nothing;
