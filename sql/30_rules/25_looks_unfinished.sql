create or replace function private.looks_unfinished(txt text) returns boolean
language sql immutable set search_path = ''
as $$
    select coalesce(
        btrim(looks_unfinished.txt) ~ '([,;:…(]|\.\.|[^-]-)$'
        -- The last word asks for another: a conjunction, a preposition, an article. "é" is "yes" as often as it is a beginning, so accents count.
        or lower(normalize(btrim(looks_unfinished.txt), nfc)) ~ concat(
            '(^|\s)(e|mas|porque|pq|por causa|que|se|quando|ou|com|sem|para|pra|pro|de|do|da|dos|das|em|no|na|nos|nas',
            '|o|a|os|as|um|uma|tipo|então|entao|além disso|alem disso)$'
        )
        -- Not said yet, only announced.
        or private.plain(looks_unfinished.txt) in ('pera', 'perai', 'espera', 'espera ai', 'calma', 'so um momento', 'um momento', 'um minuto', 'so um minuto', 'deixa eu ver', 'deixa eu pensar', 'ja respondo'),
        false
    );
$$;
comment on function private.looks_unfinished(text) is
'Whether what a lead wrote breaks off in the middle or only announces that more will come: then its burst is waited for longer.';
