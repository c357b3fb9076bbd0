create or replace function agent_tools.update_lead(arguments jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
begin
    update public.leads as l
    set name = coalesce(arguments ->> 'name', l.name),
        email = coalesce(arguments ->> 'email', l.email),
        -- Beside what the company keeps of the lead, which may choose audiences.
        metadata = case when arguments ? 'profile'
            then jsonb_set(l.metadata, '{profile}', coalesce(l.metadata -> 'profile', '{}') || (arguments -> 'profile'))
            else l.metadata
        end
    where l.id = private.turn_lead_id()
        and (select count(*) from jsonb_object_keys(coalesce(l.metadata -> 'profile', '{}') || coalesce(arguments -> 'profile', '{}'))) <= 50;
    if not found then
        raise exception 'the profile has at most 50 fields' using errcode = '22023';
    end if;
    return '{"saved": true}';
end
$$;
comment on function agent_tools.update_lead(jsonb) is 'Changes name, e-mail address and profile fields (metadata.profile) of the lead whose turn it is. {"name"?, "email"?, "profile"?: {word: text}}. Idempotent.';

insert into public.tools (name, description, function_name, parameters_schema) values (
    'update_lead', 'Guarda o que a pessoa disse sobre si mesma: nome, e-mail ou outros dados do perfil.', 'update_lead',
    '{"type": "object", "minProperties": 1, "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 200},
        "email": {"type": "string", "format": "email", "maxLength": 254},
        "profile": {"type": "object", "maxProperties": 20, "additionalProperties": {"type": "string", "maxLength": 500}}
    }}'
) on conflict (name) do nothing;
