create or replace function private.governor_verdict(delivery public.deliveries, out verdict text, out until timestamptz, out reason text)
language plpgsql security definer set search_path = ''
as $$
declare
    a public.channel_accounts;
    provider private.providers;
    pace private.account_paces;
    right_now timestamptz := private.now();
    -- Rates are the provider's, and go by its clock.
    tick timestamptz := clock_timestamp();
    free_at timestamptz;
begin
    select * into strict a from public.channel_accounts as x where x.id = delivery.channel_account_id;
    select * into strict provider from private.providers as p where p.provider = a.provider and p.channel = a.channel;
    verdict := 'wait';
    if a.status <> 'active' then
        reason := case a.status when 'disconnected' then 'the channel account is disconnected' else 'the channel account is paused' end;
        until := right_now + interval '1 minute';
        -- News for staff take another way instead.
        verdict := case delivery.kind when 'notification' then 'cancel' else 'wait' end;
        return;
    end if;
    if exists (select from public.clients as c where c.id = delivery.client_id and c.status <> 'active') then
        reason := 'the client is suspended';
        until := right_now + interval '1 minute';
        return;
    end if;
    if delivery.kind in ('invitation', 'reminder') and exists (
        select from public.interviews as i join public.projects as p on p.id = i.project_id where i.id = delivery.interview_id and p.status <> 'active'
    ) then
        reason := 'the project is paused';
        until := right_now + interval '1 minute';
        return;
    end if;
    -- What is only answered goes on: replies that were made are sent.
    if delivery.kind in ('invitation', 'reminder')
        and private.budget_verdict(delivery.client_id, (select i.project_id from public.interviews as i where i.id = delivery.interview_id)) = 'pause' then
        reason := 'the budget is used up';
        until := right_now + interval '1 minute';
        return;
    end if;
    select * into pace from private.account_paces as p where p.channel_account_id = a.id;
    if pace.not_before > tick then
        reason := coalesce(pace.reason, 'the provider asked for a pause');
        until := right_now + (pace.not_before - tick);
        return;
    end if;
    if provider.pair_interval_ms is not null and a.throughput is not null then
        select max(d.pair_at) into free_at
        from public.deliveries as d
        where d.client_id = delivery.client_id and d.channel_account_id = a.id and d.pair_at > tick
            and case when delivery.thread_id is not null then d.thread_id = delivery.thread_id
                when delivery.lead_id is not null then d.lead_id = delivery.lead_id else d.profile_id = delivery.profile_id end;
        free_at := free_at - make_interval(secs => provider.pair_interval_ms * (provider.pair_burst - 1) / 1000.0);
        if free_at > tick then
            reason := 'too many messages to one person in a short time';
            until := right_now + (free_at - tick);
            return;
        end if;
    end if;
    if delivery.initiated and a.daily_limit is not null then
        -- One at a time decides for a portfolio; who comes meanwhile looks again in a second.
        if not pg_try_advisory_xact_lock(hashtextextended('reach ' || a.client_id || coalesce(a.portfolio_id, a.id::text), 0)) then
            reason := 'another send to somebody new is being decided';
            until := right_now + interval '1 second';
            return;
        end if;
        free_at := private.reach_again_at(delivery, a);
        if free_at is not null then
            reason := format('the account''s limit of %s people in 24 hours is reached', a.daily_limit);
            until := free_at;
            return;
        end if;
    end if;
    if a.throughput is not null then
        -- Four fifths evenly, one fifth at once: no second sees more than the throughput.
        free_at := pace.next_at - make_interval(secs => (greatest(a.throughput / 5, 1) - 1) / (0.8 * a.throughput));
        if free_at > tick then
            reason := 'the account''s throughput is reached';
            until := right_now + (free_at - tick);
            return;
        end if;
    end if;
    verdict := 'go';
end
$$;
comment on function private.governor_verdict(public.deliveries, out text, out timestamptz, out text) is
'Whether a delivery that policy allows fits into what its account may do now: go, wait (until, reason) or cancel (reason). Stopped accounts, suspended clients, paused projects, used-up budgets that pause, the rate for one person, people in 24 hours, messages per second. The caller holds the account''s pace (private.lock_paces).';
