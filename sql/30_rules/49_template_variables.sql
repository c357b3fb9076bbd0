create or replace function private.template_variables(body text) returns integer
language sql immutable set search_path = ''
as $$
    select coalesce(max((m.n)[1]::integer), 0) from regexp_matches(template_variables.body, '\{\{\s*(\d{1,3})\s*\}\}', 'g') as m (n);
$$;
comment on function private.template_variables(text) is 'The highest n of a body''s variables {{n}}: how many parameters it takes.';
