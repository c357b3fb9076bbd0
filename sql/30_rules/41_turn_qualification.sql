create or replace function private.turn_qualification() returns jsonb
language sql stable security definer set search_path = ''
as $$
    select jsonb_strip_nulls(case q.status
        when 'open' then jsonb_build_object(
            'status', q.status, 'problems', q.problems,
            'question', private.asked_question(r.config, (select v.next_key from private.qualification_verdict(r.config -> 'qualification', q.answers) as v))
        )
        else jsonb_build_object('status', q.status, 'score', trim_scale(q.score), 'reason', case when q.status = 'not_qualified' then q.reason end)
    end)
    from private.qualification_of(private.turn_lead_id()) as q
    join public.renus_config as r on r.id = q.renus_config_id
    where q.id is not null;
$$;
comment on function private.turn_qualification() is
'What the tool qualify answers about the lead whose turn it works in: {"status": "open", "question", "problems"} | {"status": "qualified", "score"} | {"status": "not_qualified", "score", "reason"}; null where nothing is under way.';
