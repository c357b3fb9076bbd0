create or replace function private.policy_verdict(d public.deliveries, out verdict text, out until timestamptz, out reason text)
language plpgsql volatile security definer set search_path = ''
as $$
declare
    right_now timestamptz := private.now();
    provider private.providers;
    lead public.leads;
    heard_at timestamptz;
    begins boolean;
    rules public.sending_rules;
    open_at timestamptz;
begin
    verdict := 'cancel';
    select p.* into provider
    from public.channel_accounts as a
    join private.providers as p on p.provider = a.provider and p.channel = a.channel
    where a.id = d.channel_account_id;

    if d.lead_id is not null then
        select * into lead from public.leads as l where l.id = d.lead_id;
        heard_at := (select t.last_inbound_at from private.threads as t where t.lead_id = d.lead_id and t.channel_account_id = d.channel_account_id);
        -- The business begins, unless it goes on with somebody who wrote within a day.
        begins := d.kind in ('invitation', 'reminder')
            or (d.kind in ('message', 'reply') and coalesce(heard_at <= right_now - make_interval(hours => coalesce(provider.window_hours, 24)), true));
        reason := case
            when lead.status = 'blocked' then 'the lead is blocked'
            when d.kind = 'goodbye' then private.goodbye_refusal(d, lead)
            when lead.opted_out_at is not null or private.opted_out_as_another(lead) then 'the lead opted out'
            when lead.status = 'inactive' and begins then 'the lead is inactive'
            else private.pack_refusal(d, lead)
        end;
        if reason is not null then
            return;
        end if;
    end if;

    if d.content ->> 'type' <> 'template' then
        if provider.window_hours is not null and coalesce(heard_at <= right_now - make_interval(hours => provider.window_hours), true) then
            reason := format('free text is outside WhatsApp''s %s-hour window', provider.window_hours);
            return;
        end if;
    elsif provider.templates then
        select t.verdict, t.until, t.reason into verdict, until, reason from private.template_verdict(d) as t;
        if verdict <> 'go' then
            return;
        end if;
    end if;

    verdict := 'go';
    if begins then
        rules := private.sending_rules_of(d.client_id);
        open_at := private.next_open(rules, private.zone_of(lead), right_now);
        if open_at is distinct from right_now then
            verdict := 'wait';
            until := coalesce(open_at, right_now + interval '1 day');
            reason := 'it is outside the hours at which the lead may be written to';
            return;
        end if;
        select c.until, c.reason into until, reason from private.free_of_caps(d, rules) as c;
        if until is not null then
            verdict := 'wait';
            until := coalesce(private.next_open(rules, private.zone_of(lead), until), until);
        end if;
    end if;
end
$$;
comment on function private.policy_verdict(public.deliveries, out text, out timestamptz, out text) is
'Whether a delivery is allowed now: go, wait (until, reason) or cancel (reason). Consent, blocked and inactive leads, the rules of the agent''s trade, the 24-hour window and the state of templates, hours and holidays where the lead lives, how often it was written to. What a lead just asked for, and news for staff, wait for no hour. Asked when a delivery is made and at every claim.';
