create or replace function private.end_media(media_id uuid, status public.media_status, error jsonb) returns void
language plpgsql security definer set search_path = ''
as $$
declare
    m public.media;
begin
    select * into strict m from public.media as x where x.id = end_media.media_id;
    update public.media as x
    set status = end_media.status, error = end_media.error, claim = null, task_id = null,
        storage_path = case when end_media.status = 'stored' then private.media_path(m) end,
        stored_at = case when end_media.status = 'stored' then now() end
    where x.id = m.id;
    if m.task_id is not null then
        perform pgmq.delete('default', m.task_id);
    end if;
    update public.failed_tasks as f
    set status = 'resolved', resolved_at = now()
    where f.task_row_id = m.id and f.status = 'replayed' and end_media.status <> 'failed';
end
$$;
comment on function private.end_media(uuid, public.media_status, jsonb) is 'Ends the fetching of a file: stored, or expired or failed with why. Its task leaves the queue.';
