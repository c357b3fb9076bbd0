create or replace function private.isa_admin() returns uuid
language plpgsql stable set search_path = ''
as $$
begin
    if not private.is_admin() then
        raise exception 'only an admin commands ISA' using errcode = '42501';
    end if;
    return private.current_profile_id();
end
$$;
comment on function private.isa_admin() is 'The admin who asks; raises 42501 for everybody else. What each of ISA''s RPCs begins with.';
