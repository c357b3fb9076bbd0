create or replace function private.visible_client_ids() returns setof uuid
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
        where m.profile_id = private.current_profile_id() and m.status = 'active' and c.status = 'active';
    end if;
end
$$;
comment on function private.visible_client_ids() is
'The clients whose rows the request may see: all for an admin, else the active ones it is an active member of. What every tenant policy asks.';
