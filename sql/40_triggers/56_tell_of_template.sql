create or replace function private.tell_of_template() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    if new.purpose <> 'other' or exists (
        select from public.projects as p
        where p.client_id = new.client_id and p.status = 'active' and p.config #>> '{invitation,template}' = new.name
    ) then
        perform private.notify(new.client_id, 'template_stopped', null, format('Atenção: %s. Até que isso mude, ele não é enviado.', private.template_problem(new, true)));
    end if;
    return null;
end
$$;
comment on function private.tell_of_template() is 'Trigger: a client''s owners are told, once a day, that a template in use was paused, rejected or disabled by its provider.';

create or replace trigger _900_tell_of_template after update of status on public.message_templates
for each row when (old.status = 'approved' and new.status in ('paused', 'rejected', 'disabled') and new.synced_at is not null)
execute function private.tell_of_template();
