create or replace function private.follow_template(channel_account_id uuid, event jsonb) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
    account public.channel_accounts;
    news jsonb := coalesce(event -> 'template', event);
    said_at timestamptz := coalesce((event ->> 'occurred_at')::timestamptz, clock_timestamp());
    followed integer;
begin
    select * into account from public.channel_accounts as a where a.id = follow_template.channel_account_id;
    update public.message_templates as t
    set status = case
            when news ->> 'status' = any (enum_range(null::public.template_status)::text[]) then (news ->> 'status')::public.template_status
            else t.status
        end,
        reason = case when news ->> 'status' is null then t.reason when news ->> 'status' <> 'approved' then left(news ->> 'reason', 500) end,
        category = case when news ->> 'category' in ('marketing', 'utility', 'authentication') then news ->> 'category' else t.category end,
        synced_at = greatest(said_at, t.synced_at + interval '1 microsecond')
    where t.client_id = account.client_id and t.name = news ->> 'name' and t.language = news ->> 'language'
        and (
            -- Numbers of one WhatsApp Business account share its templates.
            t.channel_account_id is null
            or t.channel_account_id in (
                select a.id
                from public.channel_accounts as a
                where a.client_id = account.client_id and a.provider = account.provider
                    and (a.id = account.id or a.config ->> 'waba_id' = account.config ->> 'waba_id')
            )
        )
        -- Webhooks come in any order; a minute for clocks that differ.
        and (t.synced_at is null or said_at >= t.synced_at - interval '1 minute');
    get diagnostics followed = row_count;
    return followed;
end
$$;
comment on function private.follow_template(uuid, jsonb) is
'Takes a provider''s news of a template, an event {"occurred_at", "template": {"name", "language", "status"?, "category"?, "reason"?}}: called by worker.ingest. Older news than what is known changes nothing. Returns how many rows followed; 0 for a template nobody uses here. Idempotent.';
