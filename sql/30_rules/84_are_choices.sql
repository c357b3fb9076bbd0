create or replace function private.are_choices(given jsonb, most integer) returns boolean
language sql immutable set search_path = ''
as $$
    select case when jsonb_typeof(are_choices.given) = 'array' then (
        select count(*) between 1 and are_choices.most and bool_and(coalesce(
            jsonb_typeof(c.v -> 'id') = 'string' and char_length(c.v ->> 'id') between 1 and 200
            and jsonb_typeof(c.v -> 'title') = 'string' and btrim(c.v ->> 'title') <> '' and char_length(c.v ->> 'title') <= 24, false
        ))
        from jsonb_array_elements(are_choices.given) as c (v)
    ) else false end;
$$;
comment on function private.are_choices(jsonb, integer) is 'Whether this is a list of 1 to so many choices {"id", "title"}. Each provider''s own limits are its adapter''s to check.';
