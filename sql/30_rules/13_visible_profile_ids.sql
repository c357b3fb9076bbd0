create or replace function private.visible_profile_ids() returns setof uuid
language plpgsql stable security definer set search_path = ''
as $$
begin
    if private.is_admin() then
        return query select p.id from public.profiles as p;
    else
        return query
        select private.current_profile_id()
        union
        select m.profile_id
        from public.client_members as m
        where m.client_id in (select private.visible_client_ids()) and m.profile_id is not null and m.status = 'active';
    end if;
end
$$;
comment on function private.visible_profile_ids() is 'The people the request may see: oneself and the members of one''s clients; all for an admin.';
