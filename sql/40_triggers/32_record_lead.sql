create or replace function private.record_lead() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    -- Whoever has the old number now is somebody else.
    if tg_op = 'UPDATE' then
        delete from public.lead_identities as i
        using new_rows as n
        where i.client_id = n.client_id and i.lead_id = n.id and i.kind = 'phone' and i.value is distinct from private.phone_key(n.phone);
    end if;
    insert into public.lead_identities (client_id, lead_id, kind, value)
    select n.client_id, n.id, 'phone', private.phone_key(n.phone)
    from new_rows as n
    where n.phone is not null
    order by n.client_id, private.phone_key(n.phone)
    on conflict on constraint an_identity_is_one_lead_of_a_client do nothing;
    if tg_op = 'INSERT' then
        insert into public.consents (client_id, lead_id, granted, legal_basis, evidence)
        select n.client_id, n.id, true, n.consent_basis,
            -- What public.import_leads was told, for the rows of its own statement.
            jsonb_build_object('source', 'import', 'recorded_by', private.current_profile_id())
            || coalesce(nullif(current_setting('renum.consent_evidence', true), '')::jsonb, '{}')
        from new_rows as n
        where n.consent_basis <> 'not_informed';
        perform private.add_interviews(p.id, array(select n.id from new_rows as n))
        from public.projects as p
        where p.client_id in (select n.client_id from new_rows as n) and p.status = 'active' and p.config #> '{audience,join_later}' = 'true';
    end if;
    return null;
end
$$;
comment on function private.record_lead() is 'Trigger: a new lead''s identity by phone, its consent basis in the ledger, and its place in running projects that take later leads.';

create or replace trigger _500_record_new_lead after insert on public.leads
referencing new table as new_rows
for each statement execute function private.record_lead();

create or replace trigger _500_record_changed_lead after update on public.leads
referencing new table as new_rows
for each statement execute function private.record_lead();
