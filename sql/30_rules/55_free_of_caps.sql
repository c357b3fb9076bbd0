create or replace function private.free_of_caps(delivery public.deliveries, rules public.sending_rules, out until timestamptz, out reason text)
language plpgsql volatile security definer set search_path = ''
as $$
declare
    right_now timestamptz := private.now();
    cap record;
    oldest timestamptz;
begin
    if num_nonnulls(rules.daily_cap, rules.weekly_cap) = 0 then
        return;
    end if;
    -- One at a time decides for a lead, whatever account it goes by; who comes meanwhile looks again in a second.
    if not pg_try_advisory_xact_lock(hashtextextended('caps ' || delivery.lead_id, 0)) then
        until := right_now + interval '1 second';
        reason := 'another message to the lead is being decided';
        return;
    end if;
    for cap in
        select c.most, c.span, c.told
        from (values (rules.daily_cap, interval '24 hours', '24 hours'), (rules.weekly_cap, interval '7 days', '7 days')) as c (most, span, told)
        where c.most is not null
    loop
        -- The most-th newest: when it is out of the span, there is room.
        oldest := (
            select d.begun_at
            from public.deliveries as d
            where d.client_id = delivery.client_id and d.lead_id = delivery.lead_id and d.id <> delivery.id and d.initiated
                and d.begun_at > right_now - cap.span and d.status in ('sending', 'unknown', 'sent', 'delivered', 'read')
            order by d.begun_at desc
            offset cap.most - 1
            limit 1
        );
        if oldest + cap.span > coalesce(until, right_now) then
            until := oldest + cap.span;
            reason := format('the lead was written to %s within %s', case cap.most when 1 then 'once' else cap.most || ' times' end, cap.told);
        end if;
    end loop;
end
$$;
comment on function private.free_of_caps(public.deliveries, public.sending_rules, out timestamptz, out text) is
'Until when a delivery that begins something waits because its lead was written to often enough, and why; nulls if it need not. Counts what began and was not refused, whatever the account. Holds the lead''s count for the transaction.';
