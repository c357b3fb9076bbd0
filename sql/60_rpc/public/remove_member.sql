create or replace function public.remove_member(member_id uuid) returns public.client_members
language plpgsql security definer set search_path = ''
as $$
declare
    member public.client_members;
begin
    -- One change of a client's people at a time, as in private.add_member.
    perform from public.clients as c
    where c.id = (select m.client_id from public.client_members as m where m.id = remove_member.member_id)
    for no key update;
    select m.* into member
    from public.client_members as m
    where m.id = remove_member.member_id
        and (
            m.client_id in (select private.owned_client_ids())
            -- Nobody is held where somebody else's invitation put them.
            or (m.profile_id = private.current_profile_id() and m.client_id in (select private.visible_client_ids()))
        )
    for update;
    if not found then
        raise exception 'there is no such member of a client you own' using errcode = 'PT404';
    end if;
    if member.role = 'owner' and member.status = 'active' and not exists (
        select from public.client_members as m
        where m.client_id = member.client_id and m.id <> member.id and m.role = 'owner' and m.status = 'active'
    ) then
        raise exception 'a client keeps at least one owner' using errcode = '22023';
    end if;
    update public.client_members as m set status = 'removed' where m.id = member.id returning * into member;
    return member;
end
$$;
comment on function public.remove_member(uuid) is 'Owners and admins: takes a person''s access to a client away, at once; a member may leave so, too. The last owner cannot be removed. Idempotent for owners and admins; who has left is answered as anybody who is no member.';
