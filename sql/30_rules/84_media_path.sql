create or replace function private.media_path(media public.media) returns text
language sql immutable set search_path = ''
as $$
    select media.client_id || '/' || media.lead_id || '/' || media.id;
$$;
comment on function private.media_path(public.media) is 'Where a file lies in its bucket: whose it is comes first, which is what Storage''s policy asks; nothing in it is the sender''s.';
