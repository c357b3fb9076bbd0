create or replace function private.check_consent() returns trigger
language plpgsql set search_path = ''
as $$
declare
    opted_out boolean;
begin
    if current_user not in ('authenticated', 'service_role') then
        return new;
    end if;
    -- Under the asker's rights: of another client's lead it learns nothing.
    opted_out := exists (select from public.leads as l where l.client_id = new.client_id and l.id = new.lead_id and l.opted_out_at is not null);
    if opted_out and new.granted and (new.legal_basis <> 'consent' or new.evidence - array['source', 'recorded_by'] = '{}') then
        raise exception 'a lead who opted out comes back by its consent only, and with evidence of it'
            using errcode = '22023', hint = 'For example {"legal_basis": "consent", "evidence": {"text": "asked for it at the counter on 3 March"}}.';
    end if;
    -- SECURITY: nobody records a word of the lead's, or a provider's, that never came.
    new.evidence := new.evidence || jsonb_build_object(
        'source', case when new.evidence ->> 'source' = 'import' and not opted_out then 'import' else 'person' end, 'recorded_by', private.current_profile_id()
    );
    return new;
end
$$;
comment on function private.check_consent() is
'Trigger: what people add to the ledger is marked as theirs, and takes back an opt-out only as an explicit consent with its evidence.';

create or replace trigger _100_check_consent before insert on public.consents
for each row execute function private.check_consent();
