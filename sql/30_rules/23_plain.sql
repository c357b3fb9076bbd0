create or replace function private.plain(txt text) returns text
language sql immutable set search_path = ''
as $$
    select btrim(regexp_replace(
        translate(lower(normalize(plain.txt, nfc)), 'áàâãäéèêëíìîïóòôõöúùûüçñ', 'aaaaaeeeeiiiiooooouuuucn'),
        '[^a-z0-9]+', ' ', 'g'
    ));
$$;
comment on function private.plain(text) is 'Words without case, accents and punctuation, for comparing what people type.';
