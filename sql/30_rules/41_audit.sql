create or replace function private.audit(client_id uuid, action text, subject_type text, subject_id uuid, details jsonb default '{}') returns void
language sql security definer set search_path = ''
as $$
    insert into public.audit_log (client_id, actor_id, action, subject_type, subject_id, details)
    values (
        -- The functions' key has no person.
        audit.client_id, (select p.id from public.profiles as p where p.id = private.current_profile_id()),
        audit.action, audit.subject_type, audit.subject_id, coalesce(audit.details, '{}')
    );
$$;
comment on function private.audit(uuid, text, text, uuid, jsonb) is
'Writes one line of the audit log in the name of whoever''s request it is (none: the engine). details: ids and figures, nothing that a person said or is called.';
