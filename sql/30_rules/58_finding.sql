create or replace function private.finding(item text, ok boolean, txt text, todo text) returns jsonb
language sql immutable set search_path = ''
as $$
    select jsonb_build_object('item', finding.item, 'ok', finding.ok, 'text', finding.txt, 'todo', finding.todo);
$$;
comment on function private.finding(text, boolean, text, text) is 'One thing that a check of a channel account found: {"item", "ok", "text", "todo": what its owner can do, null when all is well}.';
