create or replace function private.tell_of_callbacks() returns integer
language plpgsql security definer set search_path = ''
as $$
declare
    b public.callbacks;
    told integer := 0;
begin
    for b in
        select x.* from public.callbacks as x
        where x.status = 'open' and x.told_at is null and x.due_at <= private.now()
        order by x.id
        limit 100
        for update skip locked
    loop
        perform private.notify(b.client_id, 'callback_due', null, (
            select format('Está na hora de retornar para %s%s.', coalesce(l.name, l.phone, 'um contato'), coalesce(': ' || rtrim(b.note, '.'), ''))
            from public.leads as l where l.id = b.lead_id
        ), 'callback ' || b.id || ' ' || b.due_at);
        update public.callbacks as x set told_at = private.now() where x.id = b.id;
        told := told + 1;
    end loop;
    return told;
end
$$;
comment on function private.tell_of_callbacks() is 'Has the owners told of callbacks that are due, each once for each time it was set to. Returns how many. Called by the sweep.';
