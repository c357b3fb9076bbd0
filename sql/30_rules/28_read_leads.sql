create or replace function private.read_leads(csv text, list jsonb, max_rows integer)
returns table (line integer, phone text, name text, email text, metadata jsonb, column_name text, value text, reason text)
language plpgsql immutable rows 10000 set search_path = ''
as $$
#variable_conflict use_column
begin
    if jsonb_array_length(read_leads.list) > read_leads.max_rows then
        raise exception 'the list has more than % rows', read_leads.max_rows using errcode = '22023', hint = 'Import it in several lists.';
    end if;
    return query
    with
    given as materialized (
        select r.line, r.content, r.problem from private.csv_rows(read_leads.csv, read_leads.max_rows) as r where read_leads.csv is not null
        union all
        select e.ord::integer, e.content, case when jsonb_typeof(e.content) <> 'object' then 'a row must be an object' end
        from jsonb_array_elements(read_leads.list) with ordinality as e (content, ord)
    ),
    cells as materialized (
        select g.line, c.key, c.value, case when jsonb_typeof(c.value) not in ('object', 'array') then btrim(c.value #>> '{}', E' \t\n') end as txt
        from given as g
        cross join lateral jsonb_each(case jsonb_typeof(g.content) when 'object' then g.content else '{}' end) as c
        where jsonb_typeof(c.value) <> 'null'
    ),
    columns as materialized (
        select k.key, split_part(private.lead_column(k.key), ' ', 1) as kind, private.lead_column(k.key) as ranked
        from (select distinct c.key from cells as c) as k
    ),
    -- Of several numbers the likeliest to be WhatsApp's counts; the others are kept like what has no column of its own.
    placed as (
        select c.*, k.kind, row_number() over (partition by c.line, k.kind order by k.ranked, c.key) as place
        from cells as c
        join columns as k on k.key = c.key
        where c.txt is distinct from ''
    ),
    rows as (
        select p.line,
            max(p.key) filter (where p.kind = 'phone' and p.place = 1) as phone_column,
            max(p.txt) filter (where p.kind = 'phone' and p.place = 1) as phone,
            max(p.key) filter (where p.kind = 'name' and p.place = 1) as name_column,
            nullif(btrim(regexp_replace(max(p.txt) filter (where p.kind = 'name' and p.place = 1), '[[:cntrl:]]+', ' ', 'g')), '') as name,
            max(p.key) filter (where p.kind = 'email' and p.place = 1) as email_column,
            max(p.txt) filter (where p.kind = 'email' and p.place = 1) as email,
            min(p.key) filter (where p.kind in ('phone', 'name', 'email') and p.place = 1 and p.txt is null) as no_text_column,
            jsonb_agg(p.value) filter (where p.kind = 'metadata' and p.place = 1) -> 0 as metadata,
            jsonb_object_agg(p.key, p.value) filter (where p.kind is null or p.place > 1) as others,
            -- The sign for what could not be read, and what UTF-8 looks like when it is read as Latin-1: Ã and a sign after it.
            (array_agg(array[p.key, p.txt]) filter (where p.txt ~ '\uFFFD|\u00C3[\u0080-\u009F\u00A1-\u00BF]'))[1:1] as garbled
        from placed as p
        group by p.line
    ),
    judged as (
        select g.line, r.phone, r.name, r.email, r.phone_column, r.name_column, r.email_column, r.no_text_column, n.phone as number,
            coalesce(r.others, '{}') || case jsonb_typeof(r.metadata) when 'object' then r.metadata else '{}' end as metadata,
            case
                when g.problem is not null then array[null, null, g.problem]
                when r.no_text_column is not null then array[r.no_text_column, null, 'must be a text']
                when r.garbled is not null
                    then array[r.garbled[1][1], r.garbled[1][2], 'the text is garbled: the file was read in a wrong encoding; save it as CSV UTF-8']
                when r.phone is null then array[coalesce(r.phone_column, 'phone'), null, 'the phone is missing']
                when r.phone ~* '^[0-9]+([.,][0-9]+)?E[+]?[0-9]+$'
                    then array[r.phone_column, r.phone, 'the spreadsheet has rounded the number: format the column as text and export it again']
                when n.phone is null and regexp_replace(r.phone, '[^0-9]', '', 'g') ~ '^[2-9][0-9]{7,8}$' and r.phone !~ '^\s*(\+|00)'
                    then array[r.phone_column, r.phone, 'the number has no area code: write it like (11) 98765-4321']
                when n.phone is null
                    then array[r.phone_column, r.phone, 'cannot be a telephone number: write it like (11) 98765-4321, or like +351 912 345 678 for another country']
                when char_length(r.name) > 200 then array[r.name_column, r.name, 'the name has more than 200 characters']
                when not private.is_email(r.email) then array[r.email_column, r.email, 'is not an e-mail address']
                when jsonb_typeof(r.metadata) <> 'object' then array['metadata', r.metadata #>> '{}', 'must be an object']
                -- As the table says. The two parts together are never longer than apart.
                when coalesce(octet_length(r.others::text), 0) + coalesce(octet_length(r.metadata::text), 0) > 65536
                    then array[null, null, 'the row has more than 64 kilobytes']
                when r.others @? '$.**{20}' or r.metadata @? '$.**{20}' then array[null, null, 'the row is nested more than 20 levels deep']
            end as problem
        from given as g
        left join rows as r on r.line = g.line
        cross join lateral private.normalize_phone(regexp_replace(r.phone, '\.0$', '')) as n (phone)
    )
    select j.line, j.number, j.name, lower(j.email), j.metadata,
        case when j.problem is null then j.phone_column else j.problem[1] end,
        left(regexp_replace(case when j.problem is null then j.phone else j.problem[2] end, '[[:cntrl:]]+', ' ', 'g'), 100),
        j.problem[3]
    from judged as j;
end
$$;
comment on function private.read_leads(text, jsonb, integer) is
'Reads a list of leads, a CSV file or a list of objects: every row with its lead as it would be stored and, where it is refused, the reason. column_name and value are what the reason is about, else the phone as written. Columns are known by private.lead_column, the others go into metadata. Pure.';
