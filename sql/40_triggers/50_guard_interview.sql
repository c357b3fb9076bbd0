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
    -- Not a constraint: the engine adds its own notes, and must not fail for the length of people's.
    if current_user = 'authenticated' and new.metadata is distinct from old.metadata
        and (octet_length(new.metadata::text) > 65536 or new.metadata @? '$.**{20}') then
        raise exception 'metadata has at most 64 kilobytes and 20 levels' using errcode = '22023';
    end if;
    return new;
end
$$;
comment on function private.guard_interview() is 'Trigger: people may cancel a running interview and keep notes in metadata; everything else is the agent''s doing.';

create or replace trigger _100_guard_interview before update on public.interviews
for each row execute function private.guard_interview();
