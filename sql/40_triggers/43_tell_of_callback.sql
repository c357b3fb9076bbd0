create or replace function private.tell_of_callback() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    perform private.notify(new.client_id, 'callback_requested', null, (
        select format(
            '%s pediu um retorno em %s%s.', coalesce(l.name, l.phone, 'Um contato'),
            to_char(new.due_at at time zone 'America/Sao_Paulo', 'DD/MM/YYYY "às" HH24:MI'), coalesce(': ' || rtrim(new.note, '.'), '')
        )
        from public.leads as l
        where l.id = new.lead_id
    ), 'callback ' || new.id || ' ' || new.due_at);
    if new.told_at is not null then
        update public.callbacks as b set told_at = null where b.id = new.id;
    end if;
    return null;
end
$$;
comment on function private.tell_of_callback() is 'Trigger: the owners are told when a lead asks to be called back, or for another time.';

create or replace trigger _900_tell_of_callback_made after insert on public.callbacks
for each row when (new.status = 'open') execute function private.tell_of_callback();

create or replace trigger _900_tell_of_callback after update of due_at on public.callbacks
for each row when (new.status = 'open' and new.due_at is distinct from old.due_at) execute function private.tell_of_callback();
