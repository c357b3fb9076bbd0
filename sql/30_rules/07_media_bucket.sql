create or replace function private.media_bucket() returns text
language sql stable security definer set search_path = ''
as $$
    select private.setting('media_bucket') #>> '{}';
$$;
comment on function private.media_bucket() is 'The bucket that leads'' files are fetched into; null where none is configured.';
