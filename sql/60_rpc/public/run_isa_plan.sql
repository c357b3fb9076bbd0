create or replace function public.run_isa_plan(token text) returns jsonb
language plpgsql set search_path = ''
as $$
declare
    taken record;
    act jsonb;
    outcome jsonb;
    outcomes jsonb := '[]';
    result jsonb;
begin
    perform private.isa_admin();
    select t.command_id, t.plan into taken from private.take_isa_token(run_isa_plan.token) as t;
    for act in select a.act from jsonb_array_elements(taken.plan -> 'acts') with ordinality as a (act, ord) order by a.ord
    loop
        begin
            outcome := private.do_isa_act(act);
        exception when others then
            -- What is about the moment is for the caller to try again: the token comes back with the transaction. A rule that speaks against an
            -- act is its answer, and the other acts are done all the same.
            if sqlstate ~ '^(08|40|53|55|57|58|XX)' then
                raise;
            end if;
            outcome := jsonb_build_object('act', act -> 'act', 'done', false, 'text', format('Não foi possível %s: %s.', act ->> 'text', rtrim(sqlerrm, '.')));
        end;
        outcomes := outcomes || jsonb_build_array(outcome);
    end loop;
    result := jsonb_build_object(
        'outcome', case when outcomes @> '[{"done": true}]' then 'done' else 'unchanged' end, 'plan', taken.plan, 'acts', outcomes,
        'text', (select string_agg(o.outcome ->> 'text', ' ' order by o.ord) from jsonb_array_elements(outcomes) with ordinality as o (outcome, ord))
    );
    perform private.note_isa_result(
        taken.command_id, result, (taken.plan #>> '{acts,0,target_type}')::public.isa_target_type, (taken.plan #>> '{acts,0,target_id}')::uuid, true
    );
    return jsonb_build_object('id', taken.command_id) || (result - 'plan');
end
$$;
comment on function public.run_isa_plan(text) is
'Admins: does what a confirmed token''s plan says, once, in one transaction and under the caller''s own rights, and writes what came of it into the command''s row. Returns {"id", "outcome": done | unchanged, "acts": [{"act", "done", "text"}], "text"}. Refuses a token that is not the caller''s (403), was used (409) or is late (410); repeated after a lost answer it says used, and isa_commands has the result.';
