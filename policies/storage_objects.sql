-- SECURITY: what the functions write files with is no key of theirs to the database: renum_files reads nothing, and may add just the files
-- that are being fetched at that moment. It inherits from anon, which has nothing of ours, its way into schema storage:
-- https://supabase.com/docs/guides/storage/schema/custom-roles
grant renum_files to authenticator;
grant anon to renum_files;
grant usage on schema private to renum_files;
grant execute on function private.media_bucket() to renum_files, authenticated;
grant execute on function private.awaits_file(text) to renum_files;

-- Where Storage is not installed there is nothing to open.
do $$
begin
    if to_regclass('storage.objects') is not null then
        drop policy if exists renum_media_insert on storage.objects;
        create policy renum_media_insert on storage.objects for insert to renum_files
        with check (bucket_id = (select private.media_bucket()) and private.awaits_file(name));

        -- A client's people read their own files: the first folder of a path says whose it is.
        drop policy if exists renum_media_select on storage.objects;
        create policy renum_media_select on storage.objects for select to authenticated
        using (
            bucket_id = (select private.media_bucket())
            and (storage.foldername(name))[1] = any(array(select v.id::text from private.visible_client_ids() as v (id)))
        );
    end if;
end
$$;
