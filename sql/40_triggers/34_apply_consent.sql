create or replace function private.apply_consent() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    -- The lead's own word is answered by a turn, whose goodbye ends the interview; who withdraws in another way ends it here.
    -- Lock order: interviews, threads (by their trigger), leads.
    if not new.granted and coalesce(new.evidence ->> 'source', '') not in ('message', 'agent') then
        perform private.end_interview(t.interview_id, 'opted_out')
        from private.threads as t
        where t.client_id = new.client_id and t.lead_id = new.lead_id and t.interview_id is not null;
    end if;
    update public.leads as l
    set opted_out_at = case when new.granted then null else coalesce(l.opted_out_at, new.created_at) end
    where l.id = new.lead_id and (l.opted_out_at is null) is distinct from new.granted;
    return null;
end
$$;
comment on function private.apply_consent() is 'Trigger: leads.opted_out_at follows the newest row of the consent ledger, and the live interviews of a lead that opted out end.';

create or replace trigger _500_apply_consent after insert on public.consents
for each row execute function private.apply_consent();
