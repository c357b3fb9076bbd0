create or replace function private.owned_client_ids() returns setof uuid
language plpgsql stable security definer set search_path = ''
as $$
begin
    if private.is_admin() then
        return query select c.id from public.clients as c;
    else
        return query
        select m.client_id
        from public.client_members as m
        join public.clients as c on c.id = m.client_id
        where m.profile_id = private.current_profile_id()
            and m.status = 'active' and m.role = 'owner' and c.status = 'active';
    end if;
end
$$;
comment on function private.owned_client_ids() is 'The clients whose people and channel accounts the request may manage: all for an admin, else the active ones it owns.';
