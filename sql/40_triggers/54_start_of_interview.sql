create or replace function private.start_of_interview() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    insert into private.project_changes (project_id) values (new.project_id);
    return null;
end
$$;
comment on function private.start_of_interview() is 'Trigger: a lead''s first answer changes its project''s figures.';

create or replace trigger _900_start_of_interview after update of status on public.interviews
for each row when (new.status = 'in_progress' and old.status = 'pending') execute function private.start_of_interview();
