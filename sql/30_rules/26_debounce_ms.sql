create or replace function private.debounce_ms(metadata jsonb, content text, question_type text) returns integer
language sql stable set search_path = ''
as $$
    select case
        when s.pause = 0 then 0
        -- A tap is a whole answer, and who wants to be left alone is not kept waiting.
        when coalesce(debounce_ms.metadata ->> 'type', 'text') in ('button', 'list', 'flow') or private.is_opt_out(debounce_ms.content) then 0
        -- One word answers a closed question, unless it is a "mas" or a "porque". One or two letters are an option's.
        when debounce_ms.question_type in ('number', 'scale', 'yes_no', 'choice') and btrim(debounce_ms.content) ~ '^\S+$'
            and (length(btrim(debounce_ms.content)) <= 2 or not private.looks_unfinished(debounce_ms.content)) then 0
        when private.looks_unfinished(debounce_ms.content) then greatest(s.pause, private.setting_int('debounce_unfinished_ms'))
        else s.pause
    end
    from (select private.setting_int('debounce_ms') as pause) as s;
$$;
comment on function private.debounce_ms(jsonb, text, text) is
'Milliseconds to wait for more after this message (metadata, content) of a lead who was last asked a question of that type (null: none). None after a tap, an opt-out or one word to a closed question; longer after what looks unfinished.';
