create or replace function private.stop_reminding() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    perform private.stop_reminders(n.client_id, n.interview_id, 'the lead answered', false)
    from (
        select distinct r.client_id, r.interview_id from new_rows as r
        where r.role = 'user' and private.needs_answer(r.metadata, r.content)
        order by r.interview_id
    ) as n;
    return null;
end
$$;
comment on function private.stop_reminding() is 'Trigger: whoever has answered is reminded no more. After count_inbound, under whose thread locks it works.';

create or replace trigger _910_stop_reminding after insert on public.interview_messages
referencing new table as new_rows
for each statement execute function private.stop_reminding();
