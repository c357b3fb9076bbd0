create or replace function private.words_of(content jsonb) returns text
language sql immutable set search_path = ''
as $$
    select concat_ws(
        ' ', content ->> 'subject', content ->> 'text', content ->> 'button', content ->> 'file_name',
        (
            select string_agg(concat_ws(' ', c.v ->> 'title', c.v ->> 'description'), ' ')
            from (
                select b.v, 0 as part from jsonb_path_query(content, '$.buttons[*]') as b (v)
                union all
                select r.v, 1 from jsonb_path_query(content, '$.rows[*]') as r (v)
            ) as c
        )
    );
$$;
comment on function private.words_of(jsonb) is 'Everything that the recipient of a delivery''s content reads: text, subject, choices, the name of a file.';
