create or replace function agent_tools.qualify(arguments jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    given jsonb := coalesce(arguments -> 'answers', '{}');
    known_as text := private.turn_qualification() ->> 'status';
begin
    if known_as is null then
        insert into public.qualifications as q (client_id, lead_id, proposed)
        values (private.turn_client_id(), private.turn_lead_id(), given)
        -- In another thread of the same lead it may have begun this moment.
        on conflict (lead_id) where status in ('open', 'qualified') do update set proposed = excluded.proposed;
    elsif known_as = 'open' then
        update public.qualifications as q set proposed = given
        where q.lead_id = private.turn_lead_id() and q.status = 'open';
    end if;
    return private.turn_qualification();
end
$$;
comment on function agent_tools.qualify(jsonb) is
'Records what the lead answered to the qualification''s questions: {"answers": {key: value | {"value", "quote"?} | {"refused": true}}}; {} begins. Says what is next, or what it came to, by rules in SQL (private.judge_qualification). What follows happens with the turn''s commit.';

insert into public.tools (name, description, function_name, parameters_schema) values (
    'qualify', 'Registra o que a pessoa interessada respondeu às perguntas de qualificação e diz qual é a próxima. Sem respostas, começa.', 'qualify',
    '{"type": "object", "properties": {"answers": {
        "type": "object", "maxProperties": 30, "additionalProperties": true,
        "description": "Para cada pergunta respondida, pela chave: o valor, ou {\"value\", \"quote\": as palavras da pessoa}, ou {\"refused\": true} se ela não quer responder."
    }}}'
) on conflict (name) do nothing;
