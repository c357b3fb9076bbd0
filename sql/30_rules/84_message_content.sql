create or replace function private.message_content(content jsonb, channel public.channel) returns jsonb
language sql immutable set search_path = ''
as $$
    select case
        when x.kind = 'media' and coalesce(char_length(x.text), 0) <= 10000 and content ->> 'media' in ('image', 'audio', 'video', 'document')
            and char_length(content ->> 'link') <= 2048 and content ->> 'link' ~ '^https?://[^[:space:]/?#]+[^[:space:]]*$' then
            jsonb_strip_nulls(jsonb_build_object(
                'type', 'media', 'media', content -> 'media', 'link', content -> 'link', 'text', coalesce(x.text, ''),
                'file_name', left(content ->> 'file_name', 240), 'size', case when jsonb_typeof(content -> 'size') = 'number' then content -> 'size' end
            ))
        when coalesce(btrim(x.text), '') = '' or char_length(x.text) > 10000 then null
        when x.kind = 'text' then jsonb_build_object('type', 'text', 'text', x.text)
        when x.kind = 'buttons' and private.are_choices(content -> 'buttons', 3) then
            jsonb_build_object('type', 'buttons', 'text', x.text, 'buttons', content -> 'buttons')
        when x.kind = 'list' and private.are_choices(content -> 'rows', 10) and btrim(content ->> 'button') <> '' then
            jsonb_build_object('type', 'list', 'text', x.text, 'button', content -> 'button', 'rows', content -> 'rows')
    end || case
        when channel <> 'email' or content -> 'subject' is null then '{}'
        -- A line break would let the writer add headers of his own.
        when jsonb_typeof(content -> 'subject') = 'string' and char_length(content ->> 'subject') <= 200 and content ->> 'subject' !~ '[[:cntrl:]]' then
            jsonb_build_object('subject', content -> 'subject')
    end
    from (select content ->> 'type' as kind, case when jsonb_typeof(content -> 'text') = 'string' then content ->> 'text' end as text) as x;
$$;
comment on function private.message_content(jsonb, public.channel) is
'What a person or a tool wants to send a lead in words of its own, without what nobody knows: text, buttons {"text", "buttons"}, list {"text", "button", "rows"}, media {"media", "link", "text"?, "file_name"?, "size"?}; in e-mails with a subject of one line. null for what cannot be sent.';
