create or replace function private.question_text(question jsonb) returns text
language sql immutable set search_path = ''
as $$
    select (question ->> 'text') || case when question ->> 'type' = 'choice'
        then E'\n' || (select string_agg('• ' || o.label, E'\n' order by o.ord) from jsonb_array_elements_text(question -> 'options') with ordinality as o (label, ord))
        else '' end;
$$;
comment on function private.question_text(jsonb) is 'A question as the lead reads it: its text, and a line for each option.';
