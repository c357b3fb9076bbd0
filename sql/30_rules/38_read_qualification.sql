create or replace function private.read_qualification(
    config jsonb, known jsonb, proposed jsonb, turn uuid, max_tries integer, out answers jsonb, out problems jsonb
)
language plpgsql immutable set search_path = ''
as $$
declare
    item record;
    given jsonb;
    read record;
    earlier jsonb;
    address text;
    tries integer;
begin
    answers := known;
    problems := '{}';
    for item in
        select p.key, p.value, q.v as question
        from jsonb_each(proposed) as p
        left join jsonb_array_elements(config #> '{qualification,questions}') with ordinality as q (v, ord) on q.v ->> 'key' = p.key
        order by q.ord, p.key
    loop
        given := case when jsonb_typeof(item.value) = 'object' then item.value else jsonb_build_object('value', item.value) end;
        earlier := answers -> item.key;
        if item.question is null then
            problems := problems || jsonb_build_object(left(item.key, 60), 'Esta pergunta não existe.');
            continue;
        elsif given -> 'refused' = 'true' then
            answers := answers || jsonb_build_object(item.key, '{"status": "refused"}'::jsonb);
            continue;
        elsif coalesce(given -> 'value', 'null') = 'null' then
            continue;
        end if;
        select * into read from private.read_answer(item.question, given -> 'value');
        if read.value is not null and item.key = config #>> '{conversion,email}' then
            -- The address in what was said, which may be a whole sentence.
            address := lower(rtrim(substring(read.value #>> '{}' from '[^\s,;:<>()"''@]+@[^\s,;:<>()"''@]+\.[^\s,;:<>()"''@]+'), '.!?'));
            read.value := case when private.is_email(address) then to_jsonb(address) end;
            read.problem := case when read.value is null then 'Pode me passar um e-mail completo, como nome@empresa.com.br?' end;
        end if;
        if read.value is not null then
            answers := answers || jsonb_build_object(item.key, jsonb_strip_nulls(jsonb_build_object(
                'status', 'answered', 'value', read.value, 'quote', left(given ->> 'quote', 2000)
            )));
            continue;
        end if;
        problems := problems || jsonb_build_object(item.key, read.problem);
        -- What is settled stays settled unless something better comes; asked twice in one turn is one try.
        if coalesce(earlier ->> 'status', 'invalid') = 'invalid' then
            tries := coalesce((earlier ->> 'tries')::integer, 0) + case when earlier ->> 'turn' = turn::text then 0 else 1 end;
            answers := answers || jsonb_build_object(item.key, jsonb_build_object(
                'status', case when tries >= max_tries then 'refused' else 'invalid' end, 'tries', tries, 'turn', turn
            ));
        end if;
    end loop;
end
$$;
comment on function private.read_qualification(jsonb, jsonb, jsonb, uuid, integer, out jsonb, out jsonb) is
'Adds proposed answers ({question key: value | {"value", "quote"?} | {"refused": true}}) to those of a qualification, each read as its question wants it, and says what is wrong with the others. After max_tries turns with nothing valid a question counts as refused.';
