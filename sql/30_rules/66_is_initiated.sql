create or replace function private.is_initiated(delivery public.deliveries) returns boolean
language sql stable security definer set search_path = ''
as $$
    select delivery.kind in ('invitation', 'reminder', 'message', 'notification')
        and not exists (
            select from private.threads as t
            where t.id = delivery.thread_id
                and t.last_inbound_at > private.now() - make_interval(hours => coalesce((
                    select p.window_hours from private.providers as p
                    join public.channel_accounts as a on a.provider = p.provider and a.channel = p.channel
                    where a.id = delivery.channel_account_id
                ), 24))
        );
$$;
comment on function private.is_initiated(public.deliveries) is
'Whether a delivery starts something with its recipient, rather than go on with somebody who wrote in the last 24 hours. Daily limits and frequency caps count these. Read-only.';
