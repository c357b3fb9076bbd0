create or replace function private.owner_of_client() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    update public.clients as c
    set profile_id = (
        select m.profile_id from public.client_members as m
        where m.client_id = c.id and m.role = 'owner' and m.status = 'active'
        order by m.created_at, m.id
        limit 1
    )
    where c.id = coalesce(new.client_id, old.client_id);
    return null;
end
$$;
comment on function private.owner_of_client() is 'Trigger on client_members: clients.profile_id is the first active owner.';

create or replace trigger _500_owner_of_client
after insert or update of status, role, profile_id or delete on public.client_members
for each row execute function private.owner_of_client();
