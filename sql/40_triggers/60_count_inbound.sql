create or replace function private.count_inbound() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
    said jsonb := (
        select jsonb_agg(jsonb_build_object('thread_id', t.id, 'seq', n.seq, 'metadata', n.metadata - 'payload', 'content', n.content))
        from new_rows as n
        join private.threads as t on t.client_id = n.client_id and t.interview_id = n.interview_id
        where n.role = 'user'
    );
begin
    if said is not null then
        perform private.count_said(said);
    end if;
    return null;
end
$$;
comment on function private.count_inbound() is 'Trigger: what leads said in interviews is counted on their threads, and has a turn (private.count_said).';

create or replace trigger _900_count_inbound after insert on public.interview_messages
referencing new table as new_rows
for each statement execute function private.count_inbound();
