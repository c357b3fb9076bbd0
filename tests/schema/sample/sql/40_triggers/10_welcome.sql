create or replace function private.welcome() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    insert into public.pets (name, born) values (new.email, current_date);
    return new;
end
$$;
comment on function private.welcome() is 'Trigger: everybody who signs up gets a pet.';

create trigger _100_welcome after insert on auth.users for each row execute function private.welcome();
