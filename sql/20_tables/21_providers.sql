create table private.providers (
    provider text not null,
    channel public.channel not null,
    title text not null,
    official boolean not null,
    window_hours integer,
    templates boolean not null,
    text_limit integer not null,
    pair_interval_ms integer,
    pair_burst integer not null default 1,
    reports_delivery boolean not null,
    idempotent boolean not null,
    credentials text[] not null,
    primary key (provider, channel)
);
comment on table private.providers is 'What RENUM knows of each provider: whose adapter is in functions/renum/channels.';
comment on column private.providers.official is 'Whether sending in this way keeps to the channel''s own terms: a gateway over WhatsApp Web does not.';
comment on column private.providers.window_hours is 'Free text is taken for so long after the person''s last message; null: always.';
comment on column private.providers.templates is 'Whether whoever writes first needs a template that the provider approved. Elsewhere a template''s text is sent as it reads.';
comment on column private.providers.text_limit is 'Characters of one text; a longer one is sent in parts.';
comment on column private.providers.pair_interval_ms is 'Least time between two messages to one person, over time; pair_burst of them may come at once. null: no limit.';
comment on column private.providers.reports_delivery is 'Whether it says later what became of a message: what a send whose answer got lost can be known by.';
comment on column private.providers.idempotent is 'Whether the same send, repeated, goes out once.';
comment on column private.providers.credentials is 'Names of the credentials that the adapter cannot work without.';

-- Limits from the providers' own pages: WhatsApp Cloud API (throughput, error codes), Twilio (Message resource: 1600 characters), Zenvia (SMS API v2), Resend (Send email).
insert into private.providers (
    provider, channel, title, official, window_hours, templates, text_limit, pair_interval_ms, pair_burst, reports_delivery, idempotent, credentials
) values
('whatsapp_cloud', 'whatsapp', 'WhatsApp Cloud API', true, 24, true, 4096, 6000, 45, true, false, '{access_token,app_secret,verify_token}'),
('twilio', 'whatsapp', 'Twilio WhatsApp', true, 24, true, 1600, 6000, 45, true, false, '{account_sid,auth_token}'),
('evolution', 'whatsapp', 'Evolution API', false, null, false, 4096, 1000, 5, true, false, '{api_key,webhook_secret}'),
('zapi', 'whatsapp', 'Z-API', false, null, false, 4096, 1000, 5, true, false, '{instance_token,client_token,webhook_secret}'),
('twilio', 'sms', 'Twilio SMS', true, null, false, 1600, null, 1, true, false, '{account_sid,auth_token}'),
('zenvia', 'sms', 'Zenvia SMS', true, null, false, 1600, null, 1, true, false, '{api_token,webhook_secret}'),
('smtp', 'email', 'SMTP', true, null, false, 100000, null, 1, false, false, '{username,password}'),
('resend', 'email', 'Resend', true, null, false, 100000, null, 1, true, true, '{api_key,webhook_secret}');
