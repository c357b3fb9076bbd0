create or replace function private.keep_media(items jsonb) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
    waiting integer;
begin
    with
    sent as (
        select x.event, x.client_id, x.lead_id, t.channel_account_id, t.interview_id, t.conversation_id
        from jsonb_to_recordset(items) as x (thread_id uuid, lead_id uuid, client_id uuid, event jsonb)
        join private.threads as t on t.id = x.thread_id
        where x.event #>> '{message,media,id}' is not null
    ),
    said as (
        -- now() is when this transaction began: the rows it has just stored.
        select s.*, m.id as message_id, 'interview_messages' as message_kind
        from sent as s
        join public.interview_messages as m
            on m.interview_id = s.interview_id and m."timestamp" >= now() and m.metadata ->> 'provider_id' = s.event ->> 'provider_id'
        union all
        select s.*, m.id, 'messages'
        from sent as s
        join public.messages as m
            on m.conversation_id = s.conversation_id and m."timestamp" >= now() and m.metadata ->> 'provider_id' = s.event ->> 'provider_id'
        where s.interview_id is null
    ),
    made as (
        insert into public.media (
            client_id, lead_id, channel_account_id, message_id, message_kind, type, provider_media_id, provider_url, mime_type, file_name, sha256,
            fetch_before, status
        )
        select s.client_id, s.lead_id, s.channel_account_id, s.message_id, s.message_kind, s.event #>> '{message,media,type}',
            s.event #>> '{message,media,id}', s.event #>> '{message,media,url}', s.event #>> '{message,media,mime_type}',
            s.event #>> '{message,media,file_name}', s.event #>> '{message,media,sha256}',
            least(coalesce((s.event ->> 'occurred_at')::timestamptz, now()), now())
                + make_interval(secs => coalesce((s.event #>> '{message,media,keeps_s}')::double precision, 86400)),
            case when private.media_bucket() is null then 'kept' else 'waiting' end::public.media_status
        from said as s
        returning status
    )
    select count(*) filter (where m.status = 'waiting') into waiting from made as m;
    return waiting;
end
$$;
comment on function private.keep_media(jsonb) is
'Writes down the files of messages just stored, with what is needed to fetch each in time. Returns how many wait to be fetched: none where no bucket is configured. The caller holds the threads'' locks.';
