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
            -- <client_id>/<lead_id>/<id>: what came before its lead's data was erased is nobody's to read any more.
            and not exists (
                select from public.erasures as e
                join public.media as m on m.client_id = e.client_id and m.lead_id = e.lead_id and m.created_at <= e.done_at
                where e.done_at is not null and e.lead_id::text = split_part(objects.name, '/', 2) and m.id::text = split_part(objects.name, '/', 3)
            )
        );
    end if;
end
$$;
