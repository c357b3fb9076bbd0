create or replace function private.gate(delivery public.deliveries, out verdict text, out until timestamptz, out reason text)
language plpgsql security definer set search_path = ''
as $$
begin
    select p.verdict, p.until, p.reason into verdict, until, reason from private.policy_verdict(delivery) as p;
    if verdict <> 'cancel' and delivery.kind in ('invitation', 'reminder')
        and exists (select from public.interviews as i where i.id = delivery.interview_id and i.end_reason is not null) then
        verdict := 'cancel';
        reason := 'the interview has ended';
    end if;
    if verdict = 'go' then
        select g.verdict, g.until, g.reason into verdict, until, reason from private.governor_verdict(delivery) as g;
    end if;
    -- News for staff take another way instead of waiting for a template, for tomorrow's room or out a long pause.
    if verdict = 'wait' and delivery.kind = 'notification' and until > private.now() + interval '10 minutes' then
        verdict := 'cancel';
    end if;
end
$$;
comment on function private.gate(public.deliveries, out text, out timestamptz, out text) is
'Whether a delivery may leave now: go, wait (until, reason) or cancel (reason). First whether it is allowed, then whether it fits. Asked at every claim; delivery.initiated is to be set (private.is_initiated).';
