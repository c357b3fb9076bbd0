-- SECURITY: the functions may add just the files that are being fetched at that moment; a client's people read their own.
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
