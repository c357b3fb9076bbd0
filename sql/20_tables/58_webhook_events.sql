create table public.webhook_events (
    id uuid primary key default gen_random_uuid(),
    client_id uuid not null references public.clients (id),
    channel_account_id uuid not null,
    provider_id text not null,
    kind text not null,
    outcome public.event_outcome not null,
    payload jsonb not null,
    reason text,
    received_at timestamptz not null default now(),
    field text,
    constraint a_providers_item_is_taken_once unique (channel_account_id, provider_id),
    foreign key (client_id, channel_account_id) references public.channel_accounts (client_id, id)
);
create index idx_webhook_events_client_id on public.webhook_events (client_id, received_at);
create index idx_webhook_events_channel_account_id on public.webhook_events (client_id, channel_account_id);
create index idx_webhook_events_received_at on public.webhook_events using brin (received_at);
comment on table public.webhook_events is 'Every item a provider sent, raw, once. What makes a repeated webhook harmless.';
comment on column public.webhook_events.field is 'What the provider calls an item that is neither message nor status: account_update, smb_message_echoes, …';
