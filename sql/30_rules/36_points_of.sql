create or replace function private.points_of(question jsonb, value jsonb) returns numeric
language sql immutable set search_path = ''
as $$
    select coalesce(sum((s.rule ->> 'points')::numeric) filter (where private.fits_rule(s.rule -> 'if', points_of.value)), 0)
    from jsonb_array_elements(case jsonb_typeof(question -> 'score') when 'array' then question -> 'score' else '[]' end) as s (rule);
$$;
comment on function private.points_of(jsonb, jsonb) is 'The points that an answer brings: those of every rule of its question''s score that it fits, together.';
