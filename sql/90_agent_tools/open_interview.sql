create or replace function agent_tools.open_interview(arguments jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    found_ones jsonb := (
        select coalesce(jsonb_agg(jsonb_build_object('id', p.id, 'name', p.name) order by p.created_at), '[]')
        from public.projects as p
        where p.status = 'active' and p.type in ('survey', 'campaign') and (not arguments ? 'project' or lower(p.name) = lower(btrim(arguments ->> 'project')))
            and not exists (select from public.interviews as i where i.project_id = p.id and i.status <> 'pending')
    );
begin
    case jsonb_array_length(found_ones)
        when 0 then
            raise exception 'there is no running survey that this person has not answered' using errcode = '22023';
        when 1 then
            insert into private.intents (client_id, lead_id, turn_id, kind, details)
            values (private.turn_client_id(), private.turn_lead_id(), private.turn_lease(), 'open_interview', jsonb_build_object('project_id', found_ones #> '{0,id}'));
            return jsonb_build_object('begins', found_ones #> '{0,name}');
        else
            return jsonb_build_object('which', jsonb_path_query_array(found_ones, '$[*].name'));
    end case;
end
$$;
comment on function agent_tools.open_interview(jsonb) is
'The lead wants to answer a survey now: {"project"?: its name}. With the turn''s commit its first question follows the reply. Where several run, they are named and nothing begins.';

insert into public.tools (name, description, function_name, parameters_schema) values (
    'open_interview', 'Começa agora uma pesquisa que a pessoa quer responder. A primeira pergunta é enviada depois da sua resposta.', 'open_interview',
    '{"type": "object", "properties": {"project": {"type": "string", "maxLength": 200, "description": "O nome da pesquisa, se houver mais de uma."}}}'
) on conflict (name) do nothing;
