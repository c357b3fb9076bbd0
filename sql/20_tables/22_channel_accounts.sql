create table public.channel_accounts (
    id uuid primary key default gen_random_uuid(),
    client_id uuid not null references public.clients (id),
    channel public.channel not null default 'whatsapp',
    provider text not null,
    name text not null,
    external_id text not null,
    display_phone text,
    app_id text,
    config jsonb not null default '{}',
    status public.channel_account_status not null default 'active',
    throughput integer default 80,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    portfolio_id text,
    daily_limit integer,
    stopped_reason text,
    unique (client_id, id),
    constraint a_number_is_once_an_account_of_a_client unique (client_id, provider, channel, external_id),
    constraint provider_is_known check (provider in ('whatsapp_cloud', 'twilio', 'evolution', 'zapi', 'zenvia', 'smtp', 'resend')),
    constraint provider_offers_the_channel check (case channel
        when 'whatsapp' then provider in ('whatsapp_cloud', 'twilio', 'evolution', 'zapi')
        when 'sms' then provider in ('twilio', 'zenvia')
        when 'email' then provider in ('smtp', 'resend')
    end),
    constraint throughput_is_positive check (throughput > 0),
    constraint config_is_an_object check (jsonb_typeof(config) = 'object'),
    constraint portfolio_id_has_1_to_200_characters check (btrim(portfolio_id) <> '' and char_length(portfolio_id) <= 200),
    constraint daily_limit_is_positive check (daily_limit > 0),
    constraint name_has_1_to_200_characters check (btrim(name) <> '' and char_length(name) <= 200),
    constraint external_id_has_1_to_200_characters check (btrim(external_id) <> '' and char_length(external_id) <= 200),
    constraint app_id_has_at_most_200_characters check (char_length(app_id) <= 200),
    constraint display_phone_has_at_most_50_characters check (char_length(display_phone) <= 50),
    constraint config_has_at_most_64_kilobytes_and_20_levels check (octet_length(config::text) <= 65536 and not config @? '$.**{20}')
);
comment on table public.channel_accounts is 'A client''s accounts with providers. Their credentials are in private.channel_credentials, encrypted.';
comment on column public.channel_accounts.external_id is 'The provider''s name of the number or sender: phone_number_id (WhatsApp Cloud API), instance (Evolution, Z-API), E.164 number (Twilio, Zenvia), sender''s address (SMTP, Resend).';
comment on column public.channel_accounts.app_id is 'Accounts of one client with one app id may receive each other''s webhook items.';
comment on column public.channel_accounts.throughput is 'Messages per second, to and from, that the provider allows; null: no limit, nor one for how many one person gets.';
comment on column public.channel_accounts.portfolio_id is 'The WhatsApp business portfolio: accounts of a client with the same one share one daily_limit. null: the account is alone in its own.';
comment on column public.channel_accounts.daily_limit is 'People who may be written to outside an open window in any 24 hours, as the provider''s tier says; null: no limit.';
comment on column public.channel_accounts.stopped_reason is 'Why the engine stopped the account (status paused or disconnected); null when a person did.';
