create or replace function private.csv_rows(csv text, max_rows integer) returns table (line integer, content jsonb, problem text)
language plpgsql immutable rows 10000 set search_path = ''
as $$
#variable_conflict use_column
declare
    -- Without a byte order mark, with one kind of line end, and of the control characters only tab and line end.
    txt text := translate(
        replace(replace(ltrim(csv_rows.csv, E'\uFEFF'), E'\r\n', E'\n'), E'\r', E'\n') || E'\n',
        E'\x01\x02\x03\x04\x05\x06\x07\x08\x0B\x0C\x0E\x0F\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1A\x1B\x1C\x1D\x1E\x1F\x7F', repeat(' ', 29)
    );
    first_line text := regexp_replace(substring(txt from '^\s*([^\n]*)'), '"(?:[^"]|"")*"', '', 'g');
    separator text;
    cells text[];
    lines integer[];
    places integer[];
    headers text[];
    header_line integer;
    twice text;
begin
    -- Excel may name its separator in a line of its own (sep=;); otherwise it is what stands most often in the header.
    separator := coalesce(substring(first_line from '^sep=([,;\t|])$'), (
        select s.c from unnest(array[';', ',', E'\t', '|']) with ordinality as s (c, ord)
        order by length(first_line) - length(replace(first_line, s.c, '')) desc, s.ord
        limit 1
    ));
    -- Each cell with what ends it. A quote that nothing closes right before a separator is a character like others: it harms its own line only.
    select array_agg(u.cell order by u.ord), array_agg(u.line order by u.ord), array_agg(u.place order by u.ord)
    into cells, lines, places
    from (
        select p.ord, p.line, row_number() over (partition by p.line order by p.ord)::integer as place,
            case
                when p.written like '"%"' and length(p.written) > 1 then btrim(replace(substr(p.written, 2, length(p.written) - 2), '""', '"'), E' \n\t')
                else p.written
            end as cell
        from (
            select t.ord, btrim(left(t.cell, -1), E' \t') as written,
                (1 + count(*) filter (where right(t.cell, 1) = E'\n') over (order by t.ord rows between unbounded preceding and 1 preceding))::integer as line
            from (
                select m.found[1] as cell, m.ord
                from regexp_matches(txt, replace('[ ]*"(?:[^"]|"")*"[ ]*[;\n]|[^;\n]*[;\n]', ';', separator), 'g') with ordinality as m (found, ord)
            ) as t
        ) as p
    ) as u;
    select min(c.line) into header_line
    from unnest(cells, lines) as c (cell, line)
    where c.cell <> '' and c.cell !~ '^sep=[,;\t|]?$';
    if header_line is null then
        raise exception 'the file is empty' using errcode = '22023', hint = 'Its first line names the columns, e.g. nome;telefone;email.';
    end if;
    headers := array(
        -- A column without a name keeps its place as one.
        select case c.cell when '' then 'column ' || c.place else c.cell end
        from unnest(cells, lines, places) as c (cell, line, place)
        where c.line = header_line
        order by c.place
    );
    select h.name into twice from unnest(headers) as h (name) group by h.name having count(*) > 1 limit 1;
    if twice is not null then
        raise exception 'the file has two columns named %', quote_literal(left(twice, 100)) using errcode = '22023', hint = 'Give each column its own name.';
    end if;
    if not exists (select from unnest(headers) as h (name) where private.lead_column(h.name) like 'phone%') then
        raise exception 'the file has no column for the phone; its columns are %', left(array_to_string(headers, ', '), 500)
            using errcode = '22023', hint = 'Name it whatsapp, celular, telefone or phone, in the first line.';
    end if;
    if (select count(distinct c.line) from unnest(cells, lines) as c (cell, line) where c.cell <> '') > csv_rows.max_rows + 1 then
        raise exception 'the file has more than % rows', csv_rows.max_rows using errcode = '22023', hint = 'Import it in several files.';
    end if;
    return query
    select c.line, coalesce(jsonb_object_agg(headers[c.place], c.cell) filter (where c.cell <> '' and c.place <= cardinality(headers)), '{}'),
        case when bool_or(c.cell <> '' and c.place > cardinality(headers))
            then format('the line has %s cells where the header has %s', max(c.place) filter (where c.cell <> ''), cardinality(headers)) end
    from unnest(cells, lines, places) as c (cell, line, place)
    where c.line > header_line
    group by c.line
    having bool_or(c.cell <> '');
end
$$;
comment on function private.csv_rows(text, integer) is
'The rows of a list of leads as a CSV file (RFC 4180; separated by comma, semicolon, tab or bar; byte order mark and Excel''s sep= line known) as objects by column name, without empty cells and empty rows. line is the row''s number as a spreadsheet shows it. problem: why the row cannot be read. Raises 22023 when the file as a whole cannot be read.';
