create or replace function private.add_member(client_id uuid, email text, role public.member_role) returns public.client_members
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
    address text := lower(btrim(add_member.email));
    member public.client_members;
    is_owner boolean;
    -- SECURITY: an address counts once its owner confirmed it, here as in private.profile_of_user.
    person uuid := (select u.id from auth.users as u where lower(u.email) = address and u.email_confirmed_at is not null);
begin
    if private.is_email(address) is not true then
        raise exception 'email % is not an e-mail address', coalesce(quote_literal(left(address, 100)), 'null') using errcode = '22023';
    end if;
    -- One change of a client's people at a time, or two of its owners could each take the other's place away.
    perform from public.clients as c where c.id = add_member.client_id for no key update;
    -- Who has another address by now keeps the one place.
    if exists (select from public.client_members as m where m.client_id = add_member.client_id and m.profile_id = person and m.email <> address) then
        delete from public.client_members as m where m.client_id = add_member.client_id and m.email = address and m.profile_id is null;
        update public.client_members as m set email = address where m.client_id = add_member.client_id and m.profile_id = person;
    end if;
    is_owner := exists (
        select from public.client_members as m
        where m.client_id = add_member.client_id and m.email = address and m.role = 'owner' and m.status = 'active'
    );
    insert into public.client_members as m (client_id, email, role, profile_id, status, invited_by)
    values (
        add_member.client_id, address, coalesce(add_member.role, 'staff'), person, case when person is null then 'invited' else 'active' end::public.member_status,
        private.current_profile_id()
    )
    on conflict (client_id, email) do update
    set role = excluded.role,
        profile_id = coalesce(excluded.profile_id, m.profile_id),
        status = case when m.status = 'active' then m.status else excluded.status end
    returning * into member;
    if member.role <> 'owner' and not exists (
        select from public.client_members as m
        where m.client_id = add_member.client_id and m.role = 'owner'
            -- An invitation that nobody took up yet is no owner to leave the client to.
            and (m.status = 'active' or (m.status = 'invited' and not is_owner))
    ) then
        raise exception 'a client keeps at least one owner' using errcode = '22023';
    end if;
    return member;
end
$$;
comment on function private.add_member(uuid, text, public.member_role) is
'Invites an e-mail address to a client; active at once where somebody has confirmed that address already. A removed member is invited anew. Idempotent.';
