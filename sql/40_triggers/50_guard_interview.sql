create or replace function private.guard_interview() returns trigger
language plpgsql set search_path = ''
as $$
begin
    if current_user = 'authenticated' and new.status is distinct from old.status then
        if new.status <> 'cancelled' or old.status not in ('pending', 'in_progress') then
            raise exception 'an interview can only be cancelled, and only while it runs' using errcode = '42501';
        end if;
        new.end_reason := 'cancelled';
        new.current_question := null;
    end if;
    return new;
end
$$;
comment on function private.guard_interview() is 'Trigger: people may cancel a running interview; everything else is the agent''s doing.';

create or replace trigger _100_guard_interview before update on public.interviews
for each row execute function private.guard_interview();
