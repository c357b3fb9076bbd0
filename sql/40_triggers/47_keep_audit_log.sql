create or replace function private.keep_audit_log() returns trigger
language plpgsql set search_path = ''
as $$
begin
    raise exception 'the audit log is append-only' using errcode = '42501';
end
$$;
comment on function private.keep_audit_log() is 'Trigger: nothing in the audit log is changed or removed.';

create or replace trigger _100_keep_audit_log before update or delete on public.audit_log
for each row execute function private.keep_audit_log();
