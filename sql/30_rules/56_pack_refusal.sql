create or replace function private.pack_refusal(d public.deliveries, lead public.leads) returns text
language sql stable security definer set search_path = ''
as $$
    select r.reason
    from private.packs_of(d) as k
    cross join lateral (
        select coalesce(
            private.account_refusal(k.agent_type, d.channel_account_id),
            case when k.needs_consent and not private.has_consent(lead) then 'the lead has not consented' end,
            -- The first message that reaches the lead, be it a reminder by another channel or one that a person writes.
            case when d.kind = 'invitation' or (d.kind = 'reminder' and not exists (
                select from public.deliveries as e
                where e.client_id = d.client_id and e.interview_id = d.interview_id and e.id <> d.id and e.status in ('sent', 'delivered', 'read')
            )) or (d.kind = 'message' and not exists (
                select from public.deliveries as e
                where e.client_id = d.client_id and e.lead_id = d.lead_id and e.id <> d.id and e.status in ('sent', 'delivered', 'read')
            ) and not exists (
                select from private.threads as t
                where t.client_id = d.client_id and t.lead_id = d.lead_id and t.last_inbound_at is not null
            )) then private.invitation_refusal(k.agent_type, d.content ->> 'text', c.company_name) end,
            case when d.kind in ('invitation', 'reminder') then
                coalesce(private.question_refusal(k.agent_type, p.config), private.asking_refusal(k.agent_type, d.content ->> 'text'))
            end,
            case when d.kind = 'reply' then private.reply_refusal(k.agent_type, d.content ->> 'text') end
        ) as reason
        from public.clients as c
        left join public.interviews as i on i.id = d.interview_id
        left join public.projects as p on p.id = i.project_id
        where c.id = d.client_id
    ) as r
    where r.reason is not null
    limit 1;
$$;
comment on function private.pack_refusal(public.deliveries, public.leads) is 'Why the packs of a delivery''s agent do not let it go to this lead, as a sentence; null if they do.';
