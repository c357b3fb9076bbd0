create or replace function private.read_queue(queue text, max integer, visibility_s integer) returns jsonb
language sql volatile security definer set search_path = ''
as $$
    select coalesce(jsonb_agg(r.message || jsonb_build_object('msg_id', r.msg_id, 'queue', read_queue.queue)), '[]')
    from pgmq.read(read_queue.queue, read_queue.visibility_s, read_queue.max) as r;
$$;
comment on function private.read_queue(text, integer, integer) is 'Reads a queue''s messages as tasks that know their queue and msg_id.';
