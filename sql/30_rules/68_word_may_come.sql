create or replace function private.word_may_come(delivery public.deliveries) returns boolean
language sql stable security definer set search_path = ''
as $$
    select p.reports_delivery and not p.idempotent
        and delivery.begun_at > private.now() - make_interval(secs => private.setting_int('unknown_patience_s'))
        -- Its provider has told us nothing since: then it could not have told us of this one either.
        and not exists (
            select from public.webhook_events as e
            where e.client_id = delivery.client_id and e.received_at > now() - make_interval(secs => private.setting_int('unknown_grace_s'))
                and e.channel_account_id = delivery.channel_account_id
        )
    from public.channel_accounts as a
    join private.providers as p on p.provider = a.provider and p.channel = a.channel
    where a.id = delivery.channel_account_id;
$$;
comment on function private.word_may_come(public.deliveries) is
'Whether waiting longer than the grace period may still bring the provider''s word of a send: as long as no webhook of its account has come in at all, up to unknown_patience_s after the send. Read-only.';
