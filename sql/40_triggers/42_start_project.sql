create or replace function private.start_project() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
    -- Here, not in _100_check_project: policies have let the row pass, so that no count tells of another client's leads.
    problem text := private.start_problem(new);
begin
    if problem is not null then
        raise exception '%', problem using errcode = '22023', hint = 'Set config.stretch to true to spread it over several days, or make the audience smaller.';
    end if;
    perform private.add_interviews(new.id);
    perform private.invite_next(new.client_id);
    perform private.ring('deliver');
    return null;
end
$$;
comment on function private.start_project() is 'Trigger: a project that becomes active, and may, gets the interviews of its audience, set-based and each once, and its first invitations; the sweep goes on with the rest.';

create or replace trigger _900_start_project_inserted after insert on public.projects
for each row when (new.status = 'active') execute function private.start_project();

create or replace trigger _900_start_project after update of status on public.projects
for each row when (new.status = 'active' and old.status <> 'active') execute function private.start_project();
