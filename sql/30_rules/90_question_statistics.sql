create or replace function private.question_statistics(project_id uuid, question jsonb) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
    k text := question ->> 'key';
    kind text := question ->> 'type';
    result jsonb;
    answered integer;
begin
    select jsonb_build_object(
        'key', k, 'text', question ->> 'text', 'type', kind,
        'answered', count(*) filter (where a.status = 'answered'), 'refused', count(*) filter (where a.status = 'refused'), 'skipped', count(*) filter (where a.status = 'skipped')
    ), count(*) filter (where a.status = 'answered')
    into result, answered
    from public.interviews as i
    join public.interview_answers as a on a.client_id = i.client_id and a.interview_id = i.id and a.question_key = k
    where i.project_id = question_statistics.project_id;

    if kind in ('number', 'scale') then
        result := result || (
            select jsonb_build_object(
                'mean', round(avg(v.n), 2), 'median', percentile_cont(0.5) within group (order by v.n), 'min', min(v.n), 'max', max(v.n),
                'distribution', coalesce((
                    select jsonb_agg(jsonb_build_object('value', d.n, 'count', d.times) order by d.n)
                    from (
                        select (a.value)::numeric as n, count(*) as times
                        from private.answered(question_statistics.project_id, k) as a
                        where jsonb_typeof(a.value) = 'number'
                        group by 1
                    ) as d
                ), '[]')
            ) || case when (question ->> 'nps')::boolean and count(*) > 0 then jsonb_build_object('nps', jsonb_build_object(
                'promoters', count(*) filter (where v.n >= 9), 'passives', count(*) filter (where v.n >= 7 and v.n < 9), 'detractors', count(*) filter (where v.n < 7),
                'score', round(100.0 * (count(*) filter (where v.n >= 9) - count(*) filter (where v.n < 7)) / count(*))
            )) else '{}' end
            from (
                select (a.value)::numeric as n
                from private.answered(question_statistics.project_id, k) as a
                -- The question may have been of another type when it was answered.
                where jsonb_typeof(a.value) = 'number'
            ) as v
        );
    elsif kind in ('yes_no', 'choice') then
        result := result || jsonb_build_object('distribution', (
            select jsonb_agg(jsonb_build_object(
                'value', o.v, 'count', coalesce(d.times, 0), 'percent', case when answered = 0 then 0 else round(100.0 * coalesce(d.times, 0) / answered, 1) end
            ) order by o.ord)
            from jsonb_array_elements(case kind when 'choice' then question -> 'options' else '[true, false]' end) with ordinality as o (v, ord)
            left join (
                select a.value, count(*) as times
                from private.answered(question_statistics.project_id, k) as a
                group by a.value
            ) as d on d.value = o.v
        ));
    else
        result := result || jsonb_build_object('quotes', coalesce((
            select jsonb_agg(q.txt order by q.updated_at, q.id)
            from (
                select a.value #>> '{}' as txt, a.updated_at, a.id
                from private.answered(question_statistics.project_id, k) as a
                order by a.updated_at, a.id
                limit 50
            ) as q
        ), '[]'));
    end if;
    return result;
end
$$;
comment on function private.question_statistics(uuid, jsonb) is
'One question''s figures over a project: counts, and by type mean, median, distribution, NPS, or up to 50 answers in words.';
