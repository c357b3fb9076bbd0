create or replace function worker.save_media(media_id uuid, claim uuid, size bigint, mime_type text, sha256 text) returns jsonb
language plpgsql security definer set search_path = ''
as $$
begin
    update public.media as m
    set size = save_media.size, mime_type = coalesce(save_media.mime_type, m.mime_type), sha256 = save_media.sha256
    where m.id = save_media.media_id and m.claim = save_media.claim and m.status = 'waiting';
    if not found then
        return '{"verdict": "stale"}';
    end if;
    perform private.end_media(save_media.media_id, 'stored', null);
    perform private.admit_media(m.client_id) from public.media as m where m.id = save_media.media_id;
    return '{"verdict": "saved"}';
end
$$;
comment on function worker.save_media(uuid, uuid, bigint, text, text) is
'A claimed file lies in storage: {"verdict": "saved" | "stale"}. stale: the claim was lost. Lets the client''s next file into the queue. Idempotent by the claim.';
