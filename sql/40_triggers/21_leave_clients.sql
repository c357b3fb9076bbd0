create or replace function private.leave_clients() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    update public.client_members as m set status = 'removed' where m.profile_id = old.id and m.status = 'active';
    return old;
end
$$;
comment on function private.leave_clients() is 'Trigger: whose account is deleted works nowhere any more. The membership stays, as removed, without the person.';

create or replace trigger _100_leave_clients before delete on public.profiles
for each row execute function private.leave_clients();
