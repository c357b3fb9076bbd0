create or replace function private.question_refusal(agent_type public.agent_type, config jsonb) returns text
language sql stable security definer set search_path = ''
as $$
    select format('question %s asks what an agent of type %s may not ask', q.v ->> 'key', k.agent_type)
    from private.policy_packs as k
    cross join lateral jsonb_array_elements(
        case jsonb_typeof(config #> '{questionnaire,questions}') when 'array' then config #> '{questionnaire,questions}' else '[]' end
    ) with ordinality as q (v, ord)
    where k.agent_type = question_refusal.agent_type
        and exists (
            select from unnest(k.refused_questions) as r (pattern)
            where private.plain(concat_ws(' ', q.v ->> 'text', q.v ->> 'options')) ~ r.pattern
        )
    order by q.ord
    limit 1;
$$;
comment on function private.question_refusal(public.agent_type, jsonb) is 'Why an agent of this type may not ask a project''s questions, as a sentence; null if it may.';
