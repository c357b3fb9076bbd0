create or replace function private.awaits_file(path text) returns boolean
language sql stable security definer set search_path = ''
as $$
    select exists (
        select from public.media as m
        where m.id = case
                when split_part(awaits_file.path, '/', 3) ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then split_part(awaits_file.path, '/', 3)::uuid
            end
            and private.media_path(m) = awaits_file.path
            and m.status = 'waiting' and m.claim is not null
    );
$$;
comment on function private.awaits_file(text) is 'Whether somebody is fetching the file of this path just now: the only paths that the functions may write to.';
