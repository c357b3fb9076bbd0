create or replace function private.account_refusal(agent_type public.agent_type, channel_account_id uuid) returns text
language sql stable security definer set search_path = ''
as $$
    select case
        when k.official_only and not p.official then format('an agent of type %s writes over official accounts only', k.agent_type)
        when k.needs_accepted_risk and p.official
            and not exists (select from public.risk_acceptances as r where r.client_id = a.client_id and r.agent_type = k.agent_type)
            then format('an agent of type %s writes over an official account only once an admin has accepted the risk in writing', k.agent_type)
    end
    from private.policy_packs as k
    join public.channel_accounts as a on a.id = account_refusal.channel_account_id
    join private.providers as p on p.provider = a.provider and p.channel = a.channel
    where k.agent_type = account_refusal.agent_type;
$$;
comment on function private.account_refusal(public.agent_type, uuid) is 'Why an agent of this type may not write over an account, as a sentence; null if it may.';
