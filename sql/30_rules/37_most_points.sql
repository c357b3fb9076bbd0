create or replace function private.most_points(question jsonb) returns numeric
language sql immutable set search_path = ''
as $$
    -- Between the values that its rules speak of, the points do not change: they, their nearest neighbours and the ends of the range are every case.
    with rules as (
        select coalesce(question -> 'validation', '{}') as validation, case jsonb_typeof(question -> 'score') when 'array' then question -> 'score' else '[]' end as score
    ),
    named as (
        select v.value
        from rules as r
        cross join jsonb_array_elements(r.score) as s (rule)
        cross join lateral jsonb_array_elements(
            case jsonb_typeof(s.rule #> '{if,value}') when 'array' then s.rule #> '{if,value}' else jsonb_build_array(s.rule #> '{if,value}') end
        ) as v (value)
    ),
    possible as (
        select o.value
        from jsonb_array_elements(case when question ->> 'type' = 'choice' then question -> 'options' else '[]' end) as o (value)
        union all
        select b.value
        from (values ('true'::jsonb), ('false'::jsonb)) as b (value)
        where question ->> 'type' = 'yes_no'
        union all
        select t.value
        from (select n.value from named as n union all select '""'::jsonb) as t (value)
        where question ->> 'type' = 'text'
        union all
        select to_jsonb(x.n)
        from rules as r
        cross join lateral (
            select (e.value)::numeric + d.delta as n
            from (
                select n.value from named as n
                union all
                select v.value from jsonb_each(r.validation) as v where v.key in ('min', 'max')
                union all
                select '0'::jsonb
            ) as e (value)
            cross join (values (0), (1), (-1), (0.000000001), (-0.000000001)) as d (delta)
            where jsonb_typeof(e.value) = 'number'
        ) as x
        where question ->> 'type' in ('number', 'scale')
            and x.n >= coalesce((r.validation ->> 'min')::numeric, x.n) and x.n <= coalesce((r.validation ->> 'max')::numeric, x.n)
            and (x.n = trunc(x.n) or (r.validation ->> 'integer')::boolean is not true)
    )
    select greatest(0, max(private.points_of(question, p.value)))
    from possible as p;
$$;
comment on function private.most_points(jsonb) is
'The most points that an answer to a question of a qualification can bring; 0 where it brings none, for nobody has to answer.';
