create or replace function private.plain(txt text) returns text
language sql immutable set search_path = ''
as $$
    -- Letters in bold or full width are letters, and accents go whatever their letter (NFKD); what has no width is nothing, be it in the middle of a word.
    select btrim(regexp_replace(
        regexp_replace(lower(normalize(plain.txt, nfkd)), U&'[\0300-\036F\00AD\034F\061C\180E\200B-\200F\202A-\202E\2060-\2064\FE00-\FE0F\FEFF]+', '', 'g'),
        '[^a-z0-9]+', ' ', 'g'
    ));
$$;
comment on function private.plain(text) is
'Words without case, accents, decoration and punctuation, for comparing what people type. What cannot be seen does not part a word.';
