create or replace function agent_tools.look_up_lead(arguments jsonb) returns jsonb
language sql stable security definer set search_path = ''
as $$
    select jsonb_build_object(
        'name', l.name, 'phone', l.phone, 'email', l.email, 'profile', coalesce(l.metadata -> 'profile', '{}'), 'known_since', l.created_at,
        'interviews', (
            select coalesce(jsonb_agg(jsonb_build_object('project', p.name, 'status', i.status, 'completed_at', i.completed_at) order by i.created_at), '[]')
            from public.interviews as i
            join public.projects as p on p.id = i.project_id
            where i.lead_id = l.id
        ),
        'callback', (select jsonb_build_object('due_at', b.due_at, 'note', b.note) from public.callbacks as b where b.lead_id = l.id and b.status = 'open')
    )
    from public.leads as l
    where l.id = private.turn_lead_id();
$$;
comment on function agent_tools.look_up_lead(jsonb) is 'What the client knows of the lead whose turn it is. No arguments. Read-only.';

insert into public.tools (name, description, function_name, parameters_schema) values (
    'look_up_lead', 'Consulta os dados que a empresa tem desta pessoa: nome, telefone, e-mail, perfil, pesquisas e retorno agendado.', 'look_up_lead',
    '{"type": "object", "properties": {}}'
) on conflict (name) do nothing;
