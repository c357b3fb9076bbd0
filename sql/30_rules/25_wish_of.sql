create or replace function private.wish_of(event jsonb) returns boolean
language sql immutable set search_path = ''
as $$
    select case
        when 'out' = any (w.wishes) then false
        when 'in' = any (w.wishes) then true
    end
    from (
        select array_agg(case
            when private.is_opt_out(s.txt) then 'out'
            when private.is_opt_in(s.txt) then 'in'
        end) as wishes
        -- What was written, the title of the button, and what we named the button: {"payload"} or {"button_reply": {"id"}}, {"list_reply": {"id"}}.
        from (values
            (event #>> '{message,text}'), (event #>> '{message,payload,payload}'), (event #>> '{message,payload,id}'),
            (event #>> '{message,payload,button_reply,id}'), (event #>> '{message,payload,list_reply,id}')
        ) as s (txt)
        where s.txt <> ''
    ) as w;
$$;
comment on function private.wish_of(jsonb) is 'Whether an inbound event asks to be left alone (false) or for messages again (true), by a word or by a button; null if neither.';
