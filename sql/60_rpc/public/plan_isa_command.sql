create or replace function public.plan_isa_command(command_id uuid, acts jsonb) returns jsonb
language plpgsql set search_path = ''
as $$
declare
    planned jsonb;
    problems jsonb;
    plan jsonb;
    token record;
begin
    perform private.isa_admin();
    if jsonb_typeof(plan_isa_command.acts) is distinct from 'array' or jsonb_array_length(plan_isa_command.acts) not between 1 and 20 then
        raise exception 'acts must be a list of 1 to 20' using errcode = '22023';
    end if;
    -- The same act twice is one.
    select jsonb_agg(a.act order by a.ord) filter (where not a.act ? 'problem'), jsonb_agg(a.act -> 'problem' order by a.ord) filter (where a.act ? 'problem')
    into planned, problems
    from (
        select p.act, min(g.ord) as ord
        from jsonb_array_elements(plan_isa_command.acts) with ordinality as g (given, ord)
        cross join lateral private.plan_isa_act(g.given) as p (act)
        group by p.act
    ) as a;
    -- All of it or none: half of what was asked for might be the wrong half.
    if problems is not null then
        return jsonb_build_object('plan', null, 'problems', problems, 'token', null, 'expires_at', null);
    end if;
    plan := jsonb_build_object('acts', planned, 'text', 'Vou ' || (
        select string_agg(a.act ->> 'text', '; ' order by a.ord) from jsonb_array_elements(planned) with ordinality as a (act, ord)
    ) || '.');
    select t.token, t.expires_at into token from private.issue_isa_token(plan_isa_command.command_id, plan) as t;
    perform private.note_isa_result(
        plan_isa_command.command_id, jsonb_build_object('outcome', 'planned', 'plan', plan),
        (planned #>> '{0,target_type}')::public.isa_target_type, (planned #>> '{0,target_id}')::uuid, false
    );
    return jsonb_build_object('plan', plan, 'problems', '[]'::jsonb, 'token', token.token, 'expires_at', token.expires_at);
end
$$;
comment on function public.plan_isa_command(uuid, jsonb) is
'Admins, through the function isa: what a command of the own would change, resolved to rows, and a token that confirms just that within five minutes. Changes nothing else. acts: a list of what private.plan_isa_act takes. Returns {"plan": {"acts", "text"}, "problems": [], "token", "expires_at"}; where one act cannot be done, nothing is planned: plan and token are null and problems says why. A second plan of a command voids the token of the first.';
