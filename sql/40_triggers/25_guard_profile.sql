create or replace function private.guard_profile() returns trigger
language plpgsql set search_path = ''
as $$
begin
    -- SECURITY: nobody makes himself an admin.
    if current_user = 'authenticated' and not private.is_admin() and (new.role, new.email) is distinct from (old.role, old.email) then
        raise exception 'only an admin changes a person''s role; the e-mail address changes with the account' using errcode = '42501';
    end if;
    if new.phone is distinct from old.phone then
        new.phone := private.checked_phone(new.phone);
    end if;
    return new;
end
$$;
comment on function private.guard_profile() is 'Trigger: people cannot change their own role; phones are normalised.';

create or replace trigger _100_guard_profile before update on public.profiles
for each row execute function private.guard_profile();
