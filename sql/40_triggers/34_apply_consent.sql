create or replace function private.apply_consent() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    update public.leads as l
    set opted_out_at = case when new.granted then null else coalesce(l.opted_out_at, new.created_at) end
    where l.id = new.lead_id and (l.opted_out_at is null) is distinct from new.granted;
    return null;
end
$$;
comment on function private.apply_consent() is 'Trigger: leads.opted_out_at follows the newest row of the consent ledger.';

create or replace trigger _500_apply_consent after insert on public.consents
for each row execute function private.apply_consent();
