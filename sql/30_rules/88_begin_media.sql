create or replace function private.begin_media(tasks jsonb, visibility_s integer) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    task record;
    m public.media;
    granted jsonb := '[]';
begin
    for task in
        select (x ->> 'id')::uuid as id, (x ->> 'msg_id')::bigint as msg_id
        from jsonb_array_elements(tasks) as x
        order by 1
    loop
        select * into m from public.media as x where x.id = task.id for update skip locked;
        if not found then
            -- Locked by whoever is finishing it, or deleted: look again in a second.
            if exists (select from public.media as x where x.id = task.id) then
                perform pgmq.set_vt('default', task.msg_id, 1);
            else
                perform pgmq.delete('default', task.msg_id);
            end if;
            continue;
        end if;
        if m.task_id is distinct from task.msg_id then
            perform pgmq.delete('default', task.msg_id);
            continue;
        end if;
        if m.due_at > clock_timestamp() + interval '500 milliseconds' then
            -- Claimed by another instance, or put off.
            perform pgmq.set_vt('default', task.msg_id, ceil(extract(epoch from m.due_at - clock_timestamp()))::integer);
            continue;
        end if;
        if private.media_bucket() is null then
            perform private.end_media(m.id, 'kept', null);
            continue;
        end if;
        if m.fetch_before <= clock_timestamp() then
            perform private.end_media(
                m.id, 'expired', jsonb_build_object('code', 'expired', 'message', 'the provider has deleted the file', 'last', m.error)
            );
            continue;
        end if;
        if m.claim is not null then
            -- Its instance died. That was an attempt.
            perform private.retry_media(m.id, '{"code": "no_result", "message": "the attempt came back with no result"}', true);
            continue;
        end if;
        perform pgmq.set_vt('default', task.msg_id, visibility_s);
        update public.media as x
        set claim = gen_random_uuid(), attempts = x.attempts + 1, due_at = clock_timestamp() + make_interval(secs => visibility_s)
        where x.id = m.id
        returning * into m;
        granted := granted || jsonb_build_object(
            'task', 'media', 'queue', 'default', 'msg_id', m.task_id, 'id', m.id, 'client_id', m.client_id, 'attempt', m.attempts, 'claim', m.claim, 'wait_ms', 0,
            'work', jsonb_build_object(
                'id', m.id, 'channel_account_id', m.channel_account_id, 'provider_media_id', m.provider_media_id, 'provider_url', m.provider_url,
                'mime_type', m.mime_type, 'sha256', m.sha256, 'bucket', private.media_bucket(), 'path', private.media_path(m),
                'max_bytes', private.setting_int('media_max_bytes')
            )
        );
    end loop;
    return granted;
end
$$;
comment on function private.begin_media(jsonb, integer) is
'Claims the files of tasks just read: sorts out what is done, busy, gone at the provider or exhausted, and returns the rest as tasks. Never waits for a lock.';
