create or replace function private.policy_verdict(d public.deliveries, out verdict text, out until timestamptz, out reason text)
language plpgsql stable security definer set search_path = ''
as $$
begin
    reason := (
        select private.delivery_refusal(d.kind, d.content, l, t.last_inbound_at)
        from public.leads as l
        left join private.threads as t on t.id = d.thread_id
        where l.id = d.lead_id
    );
    verdict := case when reason is null then 'go' else 'cancel' end;
end
$$;
comment on function private.policy_verdict(public.deliveries, out text, out timestamptz, out text) is 'Whether a delivery is allowed now: go, wait (until, reason) or cancel (reason).';
