create or replace function private.apply_consent() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
    source text := coalesce(new.evidence ->> 'source', '');
begin
    -- The lead's own word is answered by a turn, whose goodbye ends the interview; who withdraws in another way ends it here.
    -- Lock order: interviews, threads, leads. One after the other, as they end, they would be locked crosswise with a webhook of the lead's.
    if not new.granted and source not in ('message', 'agent') then
        perform private.lock_threads(array(select t.id from private.threads as t where t.client_id = new.client_id and t.lead_id = new.lead_id));
        perform private.end_interview(t.interview_id, 'opted_out')
        from private.threads as t
        where t.client_id = new.client_id and t.lead_id = new.lead_id and t.interview_id is not null;
    end if;
    -- An opt-out is taken back explicitly or not at all: not by a list, and by a provider's "resume" only if it was its own "stop".
    -- What a person adds was checked before the row (private.check_consent), and may have been overtaken by an opt-out since.
    if new.granted and (source = 'import' or (
        source = 'person' and (new.legal_basis <> 'consent' or new.evidence - array['source', 'recorded_by'] = '{}')
    ) or (source = 'provider' and exists (
        select from (
            select c.evidence ->> 'source' as source from public.consents as c
            where c.client_id = new.client_id and c.lead_id = new.lead_id and not c.granted
            order by c.created_at desc
            limit 1
        ) as w
        where w.source is distinct from 'provider'
    ))) then
        return null;
    end if;
    update public.leads as l
    set opted_out_at = case when new.granted then null else coalesce(l.opted_out_at, new.created_at) end
    where l.id = new.lead_id and (l.opted_out_at is null) is distinct from new.granted;
    if new.granted then
        -- Data that an opt-out alone would have had erased.
        delete from public.erasures as e where e.client_id = new.client_id and e.lead_id = new.lead_id and e.requested_by is null and e.done_at is null;
    else
        insert into public.erasures (client_id, lead_id, reason, requested_by, due_at)
        select new.client_id, new.lead_id, 'opt-out', null, private.now() + make_interval(hours => min(k.erase_after_hours))
        from public.renus_config as r
        join private.policy_packs as k on k.agent_type = r.agent_type
        -- Of an agent that was switched off since, the leads it talked with.
        where r.client_id = new.client_id and (r.active or exists (
            select from public.interviews as i join public.projects as p on p.id = i.project_id
            where i.client_id = new.client_id and i.lead_id = new.lead_id and p.renus_config_id = r.id
        )) and k.erase_after_hours is not null and source <> 'erasure'
        having count(*) > 0
        on conflict (lead_id) where done_at is null do nothing;
    end if;
    return null;
end
$$;
comment on function private.apply_consent() is
'Trigger: leads.opted_out_at follows the newest row of the consent ledger that may speak for the lead, the live interviews of a lead that opted out end, and its data is erased where the client''s agents are bound to.';

create or replace trigger _500_apply_consent after insert on public.consents
for each row execute function private.apply_consent();
