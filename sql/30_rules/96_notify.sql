create or replace function private.notify(client_id uuid, event text, interview_id uuid, txt text) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
    told integer;
begin
    insert into public.notifications (client_id, profile_id, event, interview_id, text)
    select notify.client_id, m.profile_id, notify.event, notify.interview_id, notify.txt
    from public.client_members as m
    where m.client_id = notify.client_id and m.role = 'owner' and m.status = 'active'
    order by m.profile_id
    on conflict on constraint a_person_is_told_once do nothing;
    get diagnostics told = row_count;
    return told;
end
$$;
comment on function private.notify(uuid, text, uuid, text) is
'Writes down that a client''s owners are to be told of an event, each once. Only inserts, so that a commit that ends an interview waits for nobody; the sweep sends.';
