create or replace function private.guard_client() returns trigger
language plpgsql set search_path = ''
as $$
begin
    -- SECURITY: RLS lets a client's people change their company's row; not what they pay for, nor whose it is.
    if current_user = 'authenticated' and not private.is_admin()
        and (new.plan, new.status, new.profile_id, new.is_house) is distinct from (old.plan, old.status, old.profile_id, old.is_house) then
        raise exception 'only an admin changes a client''s plan, status or owner' using errcode = '42501';
    end if;
    return new;
end
$$;
comment on function private.guard_client() is 'Trigger: tenants cannot change plan, status or ownership.';

create or replace trigger _100_guard_client before update on public.clients
for each row execute function private.guard_client();
