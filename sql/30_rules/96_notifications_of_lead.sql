create or replace function private.notifications_of_lead(lead_id uuid) returns setof public.notifications
language sql stable security definer set search_path = ''
as $$
    with l as materialized (
        select x.client_id, x.id from public.leads as x where x.id = notifications_of_lead.lead_id
    )
    select n.*
    from public.notifications as n
    join l on n.client_id = l.client_id
    where n.interview_id in (select i.id from public.interviews as i where i.client_id = l.client_id and i.lead_id = l.id)
        -- Without an interview, the subject says what it is about: a word, an id, perhaps more.
        or (n.interview_id is null and split_part(n.subject, ' ', 2) in (
            select l.id::text
            union all
            select c.id::text from public.conversations as c where c.client_id = l.client_id and c.lead_id = l.id
            union all
            select b.id::text from public.callbacks as b where b.client_id = l.client_id and b.lead_id = l.id
            union all
            select q.id::text from public.qualifications as q where q.client_id = l.client_id and q.lead_id = l.id
        ));
$$;
comment on function private.notifications_of_lead(uuid) is 'What a client''s people were told, or are to be told, about a lead: of its interviews, replies, conversations, callbacks and qualifications.';
