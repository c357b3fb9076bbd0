create or replace function private.leaks_prompt(said text, prompts text[]) returns boolean
language sql immutable set search_path = ''
as $$
    -- What stands in quotes is meant to be said. Of the rest, so many words in a row are no coincidence.
    select exists (
        select
        from (select ' ' || private.plain(leaks_prompt.said) || ' ' as txt) as reply
        cross join unnest(leaks_prompt.prompts) as p (txt)
        cross join lateral regexp_split_to_array(
            private.plain(regexp_replace(p.txt, '"[^"]*"|“[^”]*”|«[^»]*»', ' zzquotedzz ', 'g')), ' '
        ) as w (words)
        cross join lateral generate_series(1, greatest(cardinality(w.words) - 11, 1)) as s (i)
        where cardinality(w.words) >= 6 and strpos(reply.txt, ' ' || array_to_string(w.words[s.i:s.i + 11], ' ') || ' ') > 0
    );
$$;
comment on function private.leaks_prompt(text, text[]) is
'Whether a text repeats twelve words in a row, or all of a shorter one, of what an agent was instructed with, whatever a lead talked the model into. Text in quotes is left out: it is there to be said.';
