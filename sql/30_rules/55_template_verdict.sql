create or replace function private.template_verdict(d public.deliveries, out verdict text, out until timestamptz, out reason text)
language plpgsql stable security definer set search_path = ''
as $$
declare
    found_status public.template_status;
begin
    select t.status into found_status
    from public.message_templates as t
    where t.client_id = d.client_id and t.name = d.content ->> 'name' and t.language = d.content ->> 'language'
        and (t.channel_account_id is null or t.channel_account_id = d.channel_account_id)
    order by t.channel_account_id is null
    limit 1;
    verdict := case when found_status = 'approved' then 'go' when found_status in ('pending', 'paused') then 'wait' else 'cancel' end;
    if verdict <> 'go' then
        reason := format('the template %s is %s', d.content ->> 'name', coalesce(found_status::text, 'not there'));
    end if;
    if verdict = 'wait' then
        -- A provider pauses for hours, and its word arrives by webhook or synchronisation.
        until := private.now() + interval '15 minutes';
    end if;
end
$$;
comment on function private.template_verdict(public.deliveries, out text, out timestamptz, out text) is
'Whether the template of a delivery may be used now: go, wait while it is pending or paused, cancel when it is rejected, disabled or gone. Read-only.';
