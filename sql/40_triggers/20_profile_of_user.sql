create or replace function private.profile_of_user() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    insert into public.profiles as p (id, email, full_name, phone)
    values (new.id, lower(new.email), nullif(left(btrim(new.raw_user_meta_data ->> 'full_name'), 200), ''), private.normalize_phone(coalesce(new.phone, new.raw_user_meta_data ->> 'phone')))
    on conflict (id) do update set email = excluded.email;
    -- SECURITY: only an address that its owner confirmed opens a client's door.
    if new.email_confirmed_at is not null then
        update public.client_members as m
        set profile_id = new.id, status = 'active'
        where m.email = lower(new.email) and m.status = 'invited'
            -- Who is there already, under an earlier address, stays there as who they are.
            and not exists (select from public.client_members as o where o.client_id = m.client_id and o.profile_id = new.id);
    end if;
    return new;
end
$$;
comment on function private.profile_of_user() is 'Trigger on auth.users: one profile for each user; invitations to its e-mail address are taken up once the address is confirmed.';

create or replace trigger _900_profile_of_user
after insert or update of email, email_confirmed_at on auth.users
for each row execute function private.profile_of_user();
