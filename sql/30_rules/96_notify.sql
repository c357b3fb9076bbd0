create or replace function private.notify(client_id uuid, event text, interview_id uuid, txt text, subject text default null) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
    told integer;
begin
    insert into public.notifications (client_id, profile_id, event, interview_id, text, subject)
    select notify.client_id, m.profile_id, notify.event, notify.interview_id, notify.txt, about.subject
    from public.client_members as m
    -- Without anything to go by, the same words are said once a day.
    cross join (
        select coalesce(notify.subject, notify.interview_id::text, md5(notify.txt) || to_char(private.now() at time zone 'America/Sao_Paulo', ' YYYY-MM-DD')) as subject
    ) as about
    where m.client_id = notify.client_id and m.role = 'owner' and m.status = 'active'
        -- on conflict would wait for whoever is just telling of it: the sweep, which holds much else.
        and not exists (
            select from public.notifications as n
            where n.client_id = m.client_id and n.profile_id = m.profile_id and n.event = notify.event and n.subject = about.subject
        )
    order by m.profile_id
    on conflict on constraint a_person_is_told_once do nothing;
    get diagnostics told = row_count;
    return told;
end
$$;
comment on function private.notify(uuid, text, uuid, text, text) is
'Writes down that a client''s owners are to be told of an event, each once per subject (by default the interview, or else the same words on the same day). Returns how many were not yet. Only inserts, so that a commit that ends an interview waits for nobody (call it where the row that subject names is locked); the sweep sends.';
