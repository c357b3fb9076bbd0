create or replace function private.read_answer(question jsonb, proposed jsonb, out value jsonb, out problem text)
language plpgsql immutable set search_path = ''
as $$
declare
    kind text := question ->> 'type';
    rules jsonb := coalesce(question -> 'validation', '{}');
    txt text := btrim(proposed #>> '{}', E' \t\r\n');
    n numeric;
begin
    if txt is null or txt = '' then
        problem := 'Não consegui entender a resposta.';
    elsif kind in ('number', 'scale') then
        -- As Brazilians write numbers: 1.500 is fifteen hundred, 1,5 one and a half.
        if jsonb_typeof(proposed) = 'string' and txt ~ '^[+-]?[1-9][0-9]{0,2}([.][0-9]{3})+(,[0-9]+)?$' then
            txt := replace(txt, '.', '');
        end if;
        txt := replace(txt, ',', '.');
        n := case when txt ~ '^[+-]?[0-9]{1,15}(\.[0-9]{1,9})?$' then txt::numeric end;
        if n is null
            or n < (rules ->> 'min')::numeric or n > (rules ->> 'max')::numeric
            or ((rules ->> 'integer')::boolean and n <> trunc(n)) then
            problem := 'Preciso de um número'
            || case when (rules ->> 'integer')::boolean then ' inteiro' else '' end
            || case
                when rules ? 'min' and rules ? 'max' then format(' de %s a %s', rules ->> 'min', rules ->> 'max')
                when rules ? 'min' then format(' a partir de %s', rules ->> 'min')
                when rules ? 'max' then format(' até %s', rules ->> 'max')
                else ''
            end || '.';
        else
            value := to_jsonb(trim_scale(n));
        end if;
    elsif kind = 'yes_no' then
        value := case
            when jsonb_typeof(proposed) = 'boolean' then proposed
            when private.plain(txt) in ('sim', 's', 'yes', 'true') then 'true'::jsonb
            when private.plain(txt) in ('nao', 'n', 'no', 'false') then 'false'::jsonb
        end;
        problem := case when value is null then 'Pode me responder com sim ou não?' end;
    elsif kind = 'choice' then
        select to_jsonb(o.label) into value
        from jsonb_array_elements_text(question -> 'options') as o (label)
        where private.plain(o.label) = private.plain(txt) and private.plain(txt) <> '' or o.label = txt
        limit 1;
        problem := case when value is null then
            'Pode escolher uma destas opções? ' || (select string_agg(o.label, ', ' order by o.ord) from jsonb_array_elements_text(question -> 'options') with ordinality as o (label, ord)) || '.'
        end;
    elsif char_length(txt) < (rules ->> 'min_length')::integer then
        problem := 'Pode escrever um pouco mais?';
    elsif char_length(txt) > coalesce((rules ->> 'max_length')::integer, 10000) then
        problem := 'A resposta ficou longa demais. Pode resumir?';
    else
        value := to_jsonb(txt);
    end if;
end
$$;
comment on function private.read_answer(jsonb, jsonb) is
'The answer that a proposed value is to a question, in its stored form, or (problem) why it is none, in the words the lead will read.';
