create or replace function private.keep_consents() returns trigger
language plpgsql set search_path = ''
as $$
begin
    raise exception 'consents are append-only: add a row that withdraws or grants' using errcode = '42501';
end
$$;
comment on function private.keep_consents() is 'Trigger: the consent ledger is append-only.';

create or replace trigger _100_keep_consents before update on public.consents
for each row execute function private.keep_consents();
