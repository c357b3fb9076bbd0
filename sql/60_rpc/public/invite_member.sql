create or replace function public.invite_member(client_id uuid, email text, role public.member_role default 'staff')
returns public.client_members
language plpgsql security definer set search_path = ''
as $$
begin
    -- SECURITY: null is in no set, and not "not in" it either.
    if (invite_member.client_id in (select private.owned_client_ids())) is not true then
        raise exception 'only an owner of the client, or an admin, invites people' using errcode = '42501';
    end if;
    return private.add_member(invite_member.client_id, invite_member.email, invite_member.role);
end
$$;
comment on function public.invite_member(uuid, text, public.member_role) is
'Owners and admins: invites a person by e-mail address; the membership becomes active when the person confirms that address. Idempotent.';
