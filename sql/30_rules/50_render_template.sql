create or replace function private.render_template(body text, parameters text[]) returns text
language plpgsql immutable set search_path = ''
as $$
declare
    result text := body;
begin
    for i in 1..coalesce(cardinality(parameters), 0) loop
        result := replace(result, '{{' || i || '}}', parameters[i]);
    end loop;
    return result;
end
$$;
comment on function private.render_template(text, text[]) is 'A template''s body with its parameters put in.';
