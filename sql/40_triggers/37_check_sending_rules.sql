create or replace function private.check_sending_rules() returns trigger
language plpgsql set search_path = ''
as $$
declare
    problem text := private.hours_problem(new.hours);
begin
    if problem is not null then
        raise exception '%', problem using errcode = '22023';
    end if;
    return new;
end
$$;
comment on function private.check_sending_rules() is 'Trigger: the hours of sending_rules are checked when they are written.';

create or replace trigger _100_check_sending_rules before insert or update of hours on public.sending_rules
for each row execute function private.check_sending_rules();
