create or replace function private.merged_memory(memory jsonb, news jsonb) returns jsonb
language sql immutable set search_path = ''
as $$
    -- {"shared" | sub-agent: {word: text}}; what is too much is not kept, what was kept before stays.
    select case when octet_length(m.merged::text) <= 16384 then m.merged else merged_memory.memory end
    from (
        select merged_memory.memory || coalesce(jsonb_object_agg(s.key, coalesce(merged_memory.memory -> s.key, '{}') || (
            select coalesce(jsonb_object_agg(left(w.key, 60), left(w.value #>> '{}', 500)), '{}')
            from jsonb_each(s.value) as w
            where jsonb_typeof(w.value) in ('string', 'number', 'boolean')
        )), '{}') as merged
        from jsonb_each(case jsonb_typeof(merged_memory.news) when 'object' then merged_memory.news else '{}' end) as s
        where jsonb_typeof(s.value) = 'object'
    ) as m;
$$;
comment on function private.merged_memory(jsonb, jsonb) is
'What agents keep of a conversation with what a turn adds: scope by scope, word by word, the newest text of each. Past 16 kilobytes nothing is added.';
