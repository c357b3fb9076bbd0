create or replace function private.admit_media(client_id uuid) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
    free integer;
    ids uuid[];
    msg_ids bigint[];
begin
    select private.setting_int('admitted_media') - count(*) into free
    from public.media as m
    where m.client_id = admit_media.client_id and m.status = 'waiting' and m.task_id is not null;
    ids := array(
        select m.id
        from public.media as m
        where m.client_id = admit_media.client_id and m.status = 'waiting' and m.task_id is null and m.due_at <= now()
        -- What the provider deletes first.
        order by m.fetch_before, m.id
        limit greatest(free, 0)
        for update of m skip locked
    );
    if cardinality(ids) = 0 then
        return 0;
    end if;
    msg_ids := array(
        select s.id
        from pgmq.send_batch('default', array(
            select private.task_message('media', u.id, admit_media.client_id, 1) from unnest(ids) with ordinality as u (id, ord) order by u.ord
        ), 0) as s (id)
    );
    update public.media as m
    set task_id = u.msg_id
    from unnest(ids, msg_ids) as u (id, msg_id)
    where m.id = u.id;
    return cardinality(ids);
end
$$;
comment on function private.admit_media(uuid) is
'Puts a client''s files that wait into the queue default, as far as its share (admitted_media) goes. Returns how many. A share of their own: behind a long campaign they would be gone at the provider.';
