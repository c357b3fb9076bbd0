-- Made by `renum migration` from sql/ and policies/. Frozen once it is listed in migrations.lock.

-- source: sql/10_types/reminder_status.sql sha256:f1e6142063895a4898a47b4682ab28ecd580f284ef9f77031244db312007aaf8
create type public.reminder_status as enum ('waiting', 'sent', 'skipped', 'cancelled', 'expired');
comment on type public.reminder_status is 'Life of a reminder. skipped: it could not be sent, cancelled: it need not be, see reason; expired: the end of the ladder was reached.';

-- source: sql/20_tables/05_settings.sql sha256:679c0a3d87d76a0aab774f7cbe7d0d536247426a8534b6a7e0bcd623c6334775 by hand
insert into private.settings (key, value, comment) values
('public_url', 'null', 'Where providers reach the functions, without a slash at the end. null: at functions_url.'),
('unknown_patience_s', '120', 'How long it waits at most, where no webhook of its account comes in at all: an outage holds the provider''s word up, too.'),
('unknown_repeats', '1', 'How often a delivery is sent again of which nobody knows whether it left.'),
('notification_burst', '5', 'Notifications that one person gets one by one within notification_window_s; where more wait, they become one message.'),
('notification_window_s', '600', 'Seconds since the last notification after which one person is told again what has gathered meanwhile.'),
('failed_invitation_hours', '24', 'How long an interview whose invitation could not be sent by any channel waits for a replay; then it is cancelled.'),
('sending_hours', '{
    "monday": ["08:00", "20:00"], "tuesday": ["08:00", "20:00"], "wednesday": ["08:00", "20:00"], "thursday": ["08:00", "20:00"],
    "friday": ["08:00", "20:00"], "saturday": ["09:00", "14:00"]
}', 'When a client without sending_rules of its own may begin with a lead, by the lead''s clock.'),
('sending_holidays', 'false', 'Whether such a client may do so on Brazil''s national holidays.'),
('sending_caps', '{"day": 3, "week": 10}', 'How often such a client may write first to one lead within 24 hours and within 7 days; null: no limit.'),
('clock_offset_s', '0', 'Seconds that private.now() is ahead of the clock: for tests and demonstrations of what waits for days. 0 in production.')
on conflict (key) do nothing;

-- source: sql/20_tables/06_now.sql sha256:2054a0c57c97eb6cdcad743a8b0ae6fe5378871658fc69f8d146ee4ef4cb1b23
create or replace function private.now() returns timestamptz
language plpgsql stable security definer set search_path = ''
as $$
begin
    return clock_timestamp() + make_interval(secs => (select (s.value #>> '{}')::double precision from private.settings as s where s.key = 'clock_offset_s'));
end
$$;
comment on function private.now() is
'The time that everything which waits for a time of day, for hours or for days goes by: the clock, moved by the setting clock_offset_s. Leases, claims and queues go by the clock itself. Read-only.';

-- source: sql/20_tables/10_profiles.sql sha256:8cd1766f0c8c0c7b3c239187007ab0fd0bdad0547aa7e8a38e93160501b626b6 by hand
alter table public.profiles
add column notification_channels public.channel[] not null default '{whatsapp,sms,email}',
add column muted_events text[] not null default '{}',
add constraint a_channel_is_named_once check (
        cardinality(array_positions(notification_channels, 'whatsapp')) <= 1
        and cardinality(array_positions(notification_channels, 'sms')) <= 1
        and cardinality(array_positions(notification_channels, 'email')) <= 1
        and array_position(notification_channels, null) is null
    ),
add constraint muted_events_are_at_most_50_words check (
        cardinality(muted_events) <= 50 and octet_length(array_to_string(muted_events, '')) <= 3200 and array_position(muted_events, null) is null
    );
comment on column public.profiles.notification_channels is 'The channels this person is told by, in the order they are tried. {}: by none.';
comment on column public.profiles.muted_events is 'Events (notifications.event) this person is not told of.';

-- source: sql/20_tables/16_leads.sql sha256:73fcb8a35f25548ddfaf51a6d019deff25712c745db5df6639a2af17cd995ca8 by hand
alter table public.leads
add column time_zone text,
add constraint time_zone_is_a_name_such_as_america_sao_paulo check (time_zone ~ '^[A-Za-z]+(/[A-Za-z0-9_+-]+)+$' and char_length(time_zone) <= 100);
comment on column public.leads.time_zone is 'IANA name. null: by the area code of the phone, else America/Sao_Paulo (private.zone_of).';

-- source: sql/20_tables/20_consents.sql sha256:3bcd80fdbf5930cfd070363e5382fca2c0eff2e43b381ece0661d01c590898e2 by hand
alter table public.consents
add column purpose text not null default 'mensagens',
add constraint purpose_has_1_to_200_characters check (btrim(purpose) <> '' and char_length(purpose) <= 200);
comment on column public.consents.purpose is 'What for the lead may be written to, in words.';
comment on column public.consents.text_version is 'Which wording of the consent was shown.';
comment on column public.consents.evidence is '{"source": import | message | agent | provider | erasure | person, "recorded_by", …}: how it can be proved. source is the engine''s to say.';

-- source: sql/20_tables/21_providers.sql sha256:7e3552d7cab8572368ae724f99020e83a904e817cbe59d90bcea64153df0f318
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

-- source: sql/20_tables/22_channel_accounts.sql sha256:e626809522910c7d7a0ee2081a39ef7aa2623b568cc3df5356c0f140862ff4e5 by hand
alter table public.channel_accounts
drop constraint if exists provider_is_known,
add column portfolio_id text,
add column daily_limit integer,
add column stopped_reason text,
add constraint provider_is_known check (provider in ('whatsapp_cloud', 'twilio', 'evolution', 'zapi', 'zenvia', 'smtp', 'resend')),
add constraint provider_offers_the_channel check (case channel
        when 'whatsapp' then provider in ('whatsapp_cloud', 'twilio', 'evolution', 'zapi')
        when 'sms' then provider in ('twilio', 'zenvia')
        when 'email' then provider in ('smtp', 'resend')
    end),
add constraint portfolio_id_has_1_to_200_characters check (btrim(portfolio_id) <> '' and char_length(portfolio_id) <= 200),
add constraint daily_limit_is_positive check (daily_limit > 0);
comment on column public.channel_accounts.external_id is 'The provider''s name of the number or sender: phone_number_id (WhatsApp Cloud API), instance (Evolution, Z-API), E.164 number (Twilio, Zenvia), sender''s address (SMTP, Resend).';
comment on column public.channel_accounts.throughput is 'Messages per second, to and from, that the provider allows; null: no limit, nor one for how many one person gets.';
comment on column public.channel_accounts.portfolio_id is 'The WhatsApp business portfolio: accounts of a client with the same one share one daily_limit. null: the account is alone in its own.';
comment on column public.channel_accounts.daily_limit is 'People who may be written to outside an open window in any 24 hours, as the provider''s tier says; null: no limit.';
comment on column public.channel_accounts.stopped_reason is 'Why the engine stopped the account (status paused or disconnected); null when a person did.';

-- source: sql/20_tables/23_account_paces.sql sha256:77f60a8541d5b678a5d99b76ee57acb7c67197c5818fc1c28b18212e6e74ad02
create table private.account_paces (
    channel_account_id uuid primary key,
    client_id uuid not null,
    next_at timestamptz not null default clock_timestamp(),
    not_before timestamptz,
    reason text,
    foreign key (client_id, channel_account_id) references public.channel_accounts (client_id, id) on delete cascade
) with (fillfactor = 50);
create index idx_account_paces_client_id on private.account_paces (client_id, channel_account_id);
comment on table private.account_paces is 'How fast each account has sent lately. One row for each account that has a throughput, or whose provider asked for a pause.';
comment on column private.account_paces.next_at is 'When the next send would be due if all were spread evenly (a virtual scheduling clock).';
comment on column private.account_paces.not_before is 'Until when the provider wants nothing from this account.';

-- source: sql/20_tables/23_prices.sql sha256:0c7a0fc9db49c53f3c8693274f287ccb491534bcbc282ffe4dd014fdf98f1d8e
create table private.prices (
    provider text not null,
    item text not null,
    currency text not null,
    amount numeric(12, 6) not null,
    valid_from date not null,
    primary key (provider, item, valid_from),
    constraint amount_is_not_negative check (amount >= 0),
    constraint currency_is_a_code_of_three_letters check (currency ~ '^[A-Z]{3}$')
);
comment on table private.prices is 'What a provider takes for one message to Brazil, for previews: an operator keeps it up to date. The bill is the provider''s.';
comment on column private.prices.item is 'A template''s category (marketing, utility, authentication), or service: free text in an open window.';

-- Meta's rate card for Brazil from 1 October 2026, when service messages became billable
-- (https://huggingface.co/datasets/tobachat/whatsapp-api-rates: AED 0.2295 and 0.025). Sources differ by up to half; the rate card of
-- the account's own currency counts: https://developers.facebook.com/docs/whatsapp/pricing
insert into private.prices (provider, item, currency, amount, valid_from) values
('whatsapp_cloud', 'marketing', 'USD', 0.0625, '2026-10-01'),
('whatsapp_cloud', 'utility', 'USD', 0.0068, '2026-10-01'),
('whatsapp_cloud', 'service', 'USD', 0.0068, '2026-10-01');

-- source: sql/20_tables/26_message_templates.sql sha256:8b4bfcfd43998f93f766524eaa90a658239d2f8e9525bb3422a5f36621e18416 by hand
alter table public.message_templates
add column provider_id text,
add column reason text,
add column components jsonb,
add column synced_at timestamptz,
add constraint reason_has_at_most_500_characters check (char_length(reason) <= 500),
add constraint components_are_a_list_of_at_most_64_kilobytes check (jsonb_typeof(components) = 'array' and octet_length(components::text) <= 65536);
comment on column public.message_templates.channel_account_id is 'Whose template it is; null: any account''s of the client, until that account''s own list was fetched.';
comment on column public.message_templates.provider_id is 'The provider''s id of it.';
comment on column public.message_templates.reason is 'Why it is not approved, in the provider''s words.';
comment on column public.message_templates.components is 'Header, body, footer and buttons as the provider keeps them; null: written here, a body alone.';
comment on column public.message_templates.synced_at is 'As of when status, category and body are the provider''s word; null: never, they are what people wrote.';

-- source: sql/20_tables/36_projects.sql sha256:81ca6308e703aad9bb5a3a04509800d79a7f53dcaaa5707e3bc60637f12a3b19 by hand
comment on column public.projects.config is 'goal, audience, questionnaire, invitation, reminders, expire_after, stretch (spread over days what the account''s daily limit does not take at once): checked by private.project_config_problem.';

-- source: sql/20_tables/38_threads.sql sha256:4ef1e3611dcbe5b87b78e7b0ed0cedbff8fc31496af6e5a81b82a8b5b3013daf by hand
create index idx_threads_lease on private.threads (lease) where lease is not null;
comment on column private.threads.address is 'How the lead wrote last, verbatim: {"wa_id", "bsuid", "lid"?, "phone"?}, phone being an SMS sender''s number. Replies go there.';

-- source: sql/20_tables/40_interviews.sql sha256:b7ee754b5ccd9f41c5bb37eef98b4bb4a9d8268fac764e559fb657001bff5113 by hand
--   --- before
--   +++ now
--   @@ -32,2 +32,3 @@
--    create index idx_interviews_to_invite on public.interviews (project_id, created_at, id) where status = 'pending' and invited_at is null;
--   +create index idx_interviews_running on public.interviews (project_id, lead_id) where status in ('pending', 'in_progress');
--    comment on table public.interviews is 'One lead''s interview in one project.';
create index idx_interviews_running on public.interviews (project_id, lead_id) where status in ('pending', 'in_progress');

-- source: sql/20_tables/50_deliveries.sql sha256:af4f088ba7df64aa3a910911be1360a1f804774ab3165df458fae2d2f188acac by hand
--   --- before
--   +++ now
--   @@ -17,3 +17,3 @@
--        attempts integer not null default 0,
--   -    due_at timestamptz not null default now(),
--   +    due_at timestamptz not null default private.now(),
--        task_id bigint,
--   @@ -28,2 +28,8 @@
--        read_at timestamptz,
--   +    begun_at timestamptz,
--   +    initiated boolean not null default false,
--   +    pair_at timestamptz,
--   +    throttles integer not null default 0,
--   +    repeats integer not null default 0,
--   +    released_by uuid,
--        unique (client_id, id),
--   @@ -46,2 +52,3 @@
--    create index idx_deliveries_admitted on public.deliveries (queue, client_id, due_at) where task_id is not null;
--   +create index idx_deliveries_initiated on public.deliveries (client_id, begun_at) where initiated;
--    create unique index a_provider_message_is_one_delivery on public.deliveries (channel_account_id, provider_message_id);
--   @@ -51 +58,7 @@
--    comment on column public.deliveries.task_id is 'Its task in pgmq; null: not admitted yet, or done.';
--   +comment on column public.deliveries.begun_at is 'When its last attempt was let go, by private.now().';
--   +comment on column public.deliveries.initiated is 'Whether it went, or goes, to somebody outside an open window: what daily limits and frequency caps count.';
--   +comment on column public.deliveries.pair_at is 'Until when the pair of sender and recipient has used up its rate by this message (a virtual scheduling clock).';
--   +comment on column public.deliveries.throttles is 'How often in a row the provider sent it away for going too fast.';
--   +comment on column public.deliveries.repeats is 'How often it was sent again because nobody said what became of it.';
--   +comment on column public.deliveries.released_by is 'The claim whose completion claimed this one: that completion, repeated, hands it out again.';
alter table public.deliveries
alter column due_at set default private.now(),
add column begun_at timestamptz,
add column initiated boolean not null default false,
add column pair_at timestamptz,
add column throttles integer not null default 0,
add column repeats integer not null default 0,
add column released_by uuid;
create index idx_deliveries_initiated on public.deliveries (client_id, begun_at) where initiated;
comment on column public.deliveries.begun_at is 'When its last attempt was let go, by private.now().';
comment on column public.deliveries.initiated is 'Whether it went, or goes, to somebody outside an open window: what daily limits and frequency caps count.';
comment on column public.deliveries.pair_at is 'Until when the pair of sender and recipient has used up its rate by this message (a virtual scheduling clock).';
comment on column public.deliveries.throttles is 'How often in a row the provider sent it away for going too fast.';
comment on column public.deliveries.repeats is 'How often it was sent again because nobody said what became of it.';
comment on column public.deliveries.released_by is 'The claim whose completion claimed this one: that completion, repeated, hands it out again.';

-- source: sql/20_tables/54_notifications.sql sha256:935955d05754555ee8bcb8fd2c5ddf468ac5c14d6e0333eedcbcedb56bd5a195 by hand
--   --- before
--   +++ now
--   @@ -12,7 +12,13 @@
--        updated_at timestamptz not null default now(),
--   -    constraint a_person_is_told_once unique (profile_id, event, interview_id),
--   +    subject text not null default '',
--   +    attempts jsonb not null default '[]',
--   +    sender_client_id uuid,
--   +    told_at timestamptz,
--   +    constraint a_person_is_told_once unique (profile_id, client_id, event, subject),
--        foreign key (client_id, interview_id) references public.interviews (client_id, id),
--   -    foreign key (client_id, delivery_id) references public.deliveries (client_id, id),
--   -    constraint event_is_known check (event in ('interview_completed')),
--   -    constraint skipped_and_failed_ones_have_a_reason check (status not in ('skipped', 'failed') or reason is not null)
--   +    constraint the_delivery_is_the_senders foreign key (sender_client_id, delivery_id) references public.deliveries (client_id, id),
--   +    constraint event_is_a_word check (event ~ '^[a-z][a-z_]{0,62}$'),
--   +    constraint skipped_and_failed_ones_have_a_reason check (status not in ('skipped', 'failed') or reason is not null),
--   +    constraint a_delivery_has_its_sender check ((delivery_id is null) = (sender_client_id is null)),
--   +    constraint attempts_are_a_list check (jsonb_typeof(attempts) = 'array')
--    );
--   @@ -20,4 +26,14 @@
--    create index idx_notifications_interview_id on public.notifications (client_id, interview_id);
--   -create index idx_notifications_delivery_id on public.notifications (client_id, delivery_id);
--   -create index idx_notifications_to_send on public.notifications (created_at) where status = 'queued' and delivery_id is null;
--   -comment on table public.notifications is 'What a client''s people were told: one row for each event and person.';
--   +create index idx_notifications_delivery_id on public.notifications (sender_client_id, delivery_id);
--   +create index idx_notifications_to_send on public.notifications (profile_id, client_id, created_at) where status = 'queued';
--   +create index idx_notifications_told on public.notifications (profile_id, client_id, told_at) where told_at is not null;
--   +comment on table public.notifications is
--   +'What a client''s people were told: one row for each event and person. Several may share one delivery, where many came at once.';
--   +comment on column public.notifications.event is 'interview_completed, project_completed, person_needed, account_stopped, task_failed, …: private.notification_words has their words.';
--   +comment on column public.notifications.subject is 'What the event is about: nobody is told twice of the same event about the same thing.';
--   +comment on column public.notifications.attempts is
--   +'The channels tried so far, in order: [{"channel", "delivery_id", "reason"}]. reason: why it did not get through; without a delivery_id nothing was sent by that channel.';
--   +comment on column public.notifications.delivery_id is 'The delivery under way, or the one that got through.';
--   +comment on column public.notifications.sender_client_id is
--   +'Whose account sends: the client''s own, or the house client''s, where the client has none for that channel. The message and its delivery are the sender''s rows.';
--   +comment on column public.notifications.told_at is 'When its first delivery was made, by private.now().';
drop index if exists public.idx_notifications_delivery_id;
drop index if exists public.idx_notifications_to_send;
alter table public.notifications
add column subject text not null default '',
add column attempts jsonb not null default '[]',
add column sender_client_id uuid,
add column told_at timestamptz;
-- What was told already was told by the client's own accounts, once for each interview.
update public.notifications as n
set subject = coalesce(n.interview_id::text, n.id::text), sender_client_id = case when n.delivery_id is not null then n.client_id end,
    attempts = case when n.delivery_id is null then '[]' else jsonb_build_array(jsonb_build_object('channel', 'whatsapp', 'delivery_id', n.delivery_id)) end;
alter table public.notifications
drop constraint if exists a_person_is_told_once,
drop constraint if exists notifications_client_id_delivery_id_fkey,
drop constraint if exists event_is_known,
add constraint a_person_is_told_once unique (profile_id, client_id, event, subject),
add constraint the_delivery_is_the_senders foreign key (sender_client_id, delivery_id) references public.deliveries (client_id, id),
add constraint event_is_a_word check (event ~ '^[a-z][a-z_]{0,62}$'),
add constraint a_delivery_has_its_sender check ((delivery_id is null) = (sender_client_id is null)),
add constraint attempts_are_a_list check (jsonb_typeof(attempts) = 'array');
create index idx_notifications_delivery_id on public.notifications (sender_client_id, delivery_id);
create index idx_notifications_to_send on public.notifications (profile_id, client_id, created_at) where status = 'queued';
create index idx_notifications_told on public.notifications (profile_id, client_id, told_at) where told_at is not null;
comment on table public.notifications is
'What a client''s people were told: one row for each event and person. Several may share one delivery, where many came at once.';
comment on column public.notifications.event is 'interview_completed, project_completed, person_needed, account_stopped, task_failed, …: private.notification_words has their words.';
comment on column public.notifications.subject is 'What the event is about: nobody is told twice of the same event about the same thing.';
comment on column public.notifications.attempts is
'The channels tried so far, in order: [{"channel", "delivery_id", "reason"}]. reason: why it did not get through; without a delivery_id nothing was sent by that channel.';
comment on column public.notifications.delivery_id is 'The delivery under way, or the one that got through.';
comment on column public.notifications.sender_client_id is
'Whose account sends: the client''s own, or the house client''s, where the client has none for that channel. The message and its delivery are the sender''s rows.';
comment on column public.notifications.told_at is 'When its first delivery was made, by private.now().';

-- source: sql/20_tables/55_reminders.sql sha256:13519c505ddcd11d4847e1a6f3fb4b732b3465d893e4d3bb5327042ed74e7d20
create table public.reminders (
    id uuid primary key default gen_random_uuid(),
    client_id uuid not null references public.clients (id),
    interview_id uuid not null,
    step integer not null,
    channel public.channel,
    due_at timestamptz not null,
    status public.reminder_status not null default 'waiting',
    reason text,
    delivery_id uuid,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint an_interview_has_each_step_once unique (interview_id, step),
    foreign key (client_id, interview_id) references public.interviews (client_id, id),
    foreign key (client_id, delivery_id) references public.deliveries (client_id, id),
    constraint step_is_0_to_5 check (step between 0 and 5),
    constraint every_step_but_the_end_has_a_channel check ((step = 0) = (channel is null)),
    constraint skipped_and_cancelled_ones_have_a_reason check (status not in ('skipped', 'cancelled') or reason is not null)
);
create index idx_reminders_client_id on public.reminders (client_id, due_at);
create index idx_reminders_interview_id on public.reminders (client_id, interview_id);
create index idx_reminders_delivery_id on public.reminders (client_id, delivery_id);
create index idx_reminders_due on public.reminders (due_at) where status = 'waiting' and delivery_id is null;
comment on table public.reminders is
'The ladder of each invitation that went out: when the lead is reminded, by which channel, and when the interview expires. Made when the provider took the invitation, or could not.';
comment on column public.reminders.step is 'Which of projects.config.reminders, from 1. 0: the end of the ladder, when the interview expires.';
comment on column public.reminders.due_at is 'By private.now().';
comment on column public.reminders.delivery_id is 'What was sent, or is to be sent, for it.';

-- source: sql/20_tables/60_failed_tasks.sql sha256:bea6522c2d45f99013ed0ac302ac503d557b997c65139eb75b434e9ac911fe63 by hand
create index idx_failed_tasks_dead on public.failed_tasks (created_at) where status = 'dead';

-- source: sql/20_tables/61_sending_rules.sql sha256:ea315e9948eeba9dcf932802f779f7bc7dee224e170de0515f27672f21c3aa1d
create table public.sending_rules (
    id uuid primary key default gen_random_uuid(),
    client_id uuid not null references public.clients (id),
    hours jsonb not null,
    on_holidays boolean not null default false,
    closed_dates date[] not null default '{}',
    daily_cap integer,
    weekly_cap integer,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint a_client_has_its_rules_once unique (client_id),
    constraint closed_dates_are_at_most_100 check (cardinality(closed_dates) <= 100),
    constraint closed_dates_are_dates check (array_position(closed_dates, null) is null),
    constraint daily_cap_is_positive check (daily_cap > 0),
    constraint weekly_cap_is_positive check (weekly_cap > 0)
);
comment on table public.sending_rules is
'When and how often a client begins with its leads, by each lead''s own clock. A client without a row has the defaults of the settings sending_hours, sending_holidays and sending_caps.';
comment on column public.sending_rules.hours is '{"monday": ["08:00", "20:00"], …}: from when to when on each day of the week; a day that is missing is closed. ["00:00", "24:00"] is the whole day.';
comment on column public.sending_rules.on_holidays is 'Whether national holidays are days like others.';
comment on column public.sending_rules.closed_dates is 'Days of its own, a municipal holiday say, on which it does not begin anything.';
comment on column public.sending_rules.daily_cap is 'How often it writes first to one lead within 24 hours; null: no limit.';
comment on column public.sending_rules.weekly_cap is 'The same within 7 days.';

-- source: sql/20_tables/62_risk_acceptances.sql sha256:c0823384947df69a2a883aed22cc93005ad9ca9334ec8aa4e5161438bd006a95
create table public.risk_acceptances (
    id uuid primary key default gen_random_uuid(),
    client_id uuid not null references public.clients (id),
    agent_type public.agent_type not null,
    text text not null,
    accepted_by uuid not null references public.profiles (id),
    accepted_at timestamptz not null default now(),
    constraint text_has_20_to_4000_characters check (char_length(btrim(text)) >= 20 and char_length(text) <= 4000)
);
create index idx_risk_acceptances_client_id on public.risk_acceptances (client_id, agent_type);
create index idx_risk_acceptances_accepted_by on public.risk_acceptances (accepted_by);
comment on table public.risk_acceptances is
'What an admin accepted in writing for a client: that an agent of this type writes from an official account although the channel''s terms may have the account closed for it. Append-only.';

-- source: sql/20_tables/63_erasures.sql sha256:08363cebdc78f93db63d303fe0afb33975432576c97119b448645f97ba2b646a
create table public.erasures (
    id uuid primary key default gen_random_uuid(),
    client_id uuid not null references public.clients (id),
    lead_id uuid not null,
    reason text,
    requested_by uuid references public.profiles (id) on delete set null,
    due_at timestamptz not null default private.now() + interval '1 hour',
    done_at timestamptz,
    created_at timestamptz not null default now(),
    foreign key (client_id, lead_id) references public.leads (client_id, id) on delete cascade,
    constraint reason_has_at_most_1000_characters check (char_length(reason) <= 1000)
);
create index idx_erasures_client_id on public.erasures (client_id, created_at);
create index idx_erasures_lead_id on public.erasures (client_id, lead_id);
create index idx_erasures_requested_by on public.erasures (requested_by);
create index idx_erasures_due on public.erasures (due_at) where done_at is null;
create unique index a_lead_has_one_erasure_to_come on public.erasures (lead_id) where done_at is null;
comment on table public.erasures is
'Leads whose personal data is to be erased (LGPD art. 18 VI; TSE Res. 23.610/2019 art. 33: within 48 hours), and when that was done. Asked for by people, or by an opt-out where the agent''s pack says so. Append-only.';
comment on column public.erasures.due_at is 'When it is carried out: an hour after a person asked, so that a slip of the hand can still be told to an admin.';

-- source: sql/20_tables/64_policy_packs.sql sha256:7b78407d4654598bc8be9f63d68ae4b2e834106748154954f76097d14d90b94c
create table private.policy_packs (
    agent_type public.agent_type primary key,
    needs_consent boolean not null default false,
    official_only boolean not null default false,
    needs_accepted_risk boolean not null default false,
    names_its_sender boolean not null default false,
    offers_opt_out boolean not null default false,
    says_it_is_automated boolean not null default false,
    refused_questions text[] not null default '{}',
    refused_replies text[] not null default '{}',
    erase_after_hours integer,
    constraint erase_after_hours_is_positive check (erase_after_hours > 0)
);
comment on table private.policy_packs is 'What binds the agents of a trade beyond what binds all. By the type of the agent that a project runs; a type without a row has no rules of its own.';
comment on column private.policy_packs.needs_consent is 'Only leads whose ledger has a consent that stands; no other legal basis will do.';
comment on column private.policy_packs.official_only is 'Only over accounts whose provider keeps to the channel''s terms.';
comment on column private.policy_packs.needs_accepted_risk is 'Over an official account only once an admin accepted the risk in writing (public.risk_acceptances).';
comment on column private.policy_packs.refused_questions is 'Regular expressions over private.plain of a question and its options: a project with such a question is not written.';
comment on column private.policy_packs.refused_replies is 'The same over what the agent itself says: a reply is stopped, and the owners are told that a person is needed.';
comment on column private.policy_packs.erase_after_hours is 'How long after an opt-out a lead''s data is erased; null: only when somebody asks.';

insert into private.policy_packs (
    agent_type, needs_consent, official_only, needs_accepted_risk, names_its_sender, offers_opt_out, says_it_is_automated,
    refused_questions, refused_replies, erase_after_hours
) values
-- TSE Res. 23.610/2019 arts. 33 and 34: prior consent, the app's own tools, sender and unsubscribing in every message, erasure within 48 hours (half of
-- that, so that a day's outage breaks nothing). Res. 23.600 and Lei 9.504 art. 33: no poll that is not registered.
('vereador', true, true, false, true, true, false, array[
    '\m(intencao|intencoes) de voto\M',
    '\m(em quem|pra quem|para quem|em qual|voce|vc|voces|senhor|senhora)\M.*\m(vota|votam|votar|votaria|votara|votou|votei|votarei)\M',
    '\m(seu|teu|meu|o) voto\M',
    '\mvot(aria|arei|ara)\M',
    '\mcandidat(o|a|os|as|ura)\M',
    '\m(reeleg|eleger|elegeri|reeleic)[a-z]*\M'
], '{}', 24),
-- CFM Res. 2.454/2026: patients are told that it is a machine, and no diagnosis, prognosis or result reaches them without a person.
('clinica', false, false, false, false, false, true, '{}', array[
    '\m(exames?|resultados?|laudos?|biopsia|teste|hemograma|ultrassom|ultrassonografia|tomografia|ressonancia|mamografia|raio x)\M.{0,80}'
    || '\m(positivos?|negativos?|(nao )?reagentes?|alterad[oa]s?|malign[oa]s?|benign[oa]s?|normal|normais|indicam?|mostram?|mostrou|mostraram|apontam?'
    || '|apontou|confirmam?|confirmou|revelam?|revelou|constatou|detectou|acusou)\M',
    '\m(seu|teu|o) (diagnostico|prognostico) (provavel )?(e|foi|seria|indica|aponta)\M',
    '\m(diagnostico|prognostico) (de|confirmado|provavel|favoravel|desfavoravel|reservado)\M',
    '\m(voce|paciente|senhor|senhora)\M.{0,20}'
    || '\m(tem|esta com|possui|apresenta|sofre de|pode ter|pode estar com|deve ter|deve estar com|parece ter|parece estar com)\M.{0,40}'
    || '\m(diabetes|cancer|tumor|nodulo|dengue|covid|gripe|infeccao|pneumonia|hipertensao|pressao alta|depressao|enxaqueca|virose|fratura|hiv|sifilis'
    || '|tuberculose|trombose|endometriose|artrose|cirrose|anemia|leucemia|asma|hernia|colesterol alto'
    || '|(artr|bronqu|gastr|hepat|sinus|ot|rin|amigdal|cist|dermat|mening|apendic|tendin|conjuntiv|laring|faring|nefr|pancreat)ite'
    || '|(carcin|linf|glauc|melan|mi|aden|sarc)oma)\M'
], null),
('mmn', false, false, true, false, false, false, '{}', '{}', null);

-- source: sql/30_rules/10_current_profile_id.sql sha256:93ac2c880645d43fdbf08a65556ecfaff892fb4d9f121a7029717c1fdbef492f by hand
--   --- before
--   +++ now
--   @@ -7 +7,4 @@
--    comment on function private.current_profile_id() is 'The person whose token the request carries; null without one. Our own reading of the claims: roles of ours have no right to schema auth.';
--   +
--   +alter table public.risk_acceptances alter column accepted_by set default private.current_profile_id();
--   +alter table public.erasures alter column requested_by set default private.current_profile_id();
alter table public.risk_acceptances alter column accepted_by set default private.current_profile_id();
alter table public.erasures alter column requested_by set default private.current_profile_id();

-- source: sql/30_rules/15_default_client_id.sql sha256:f02e3c9c98accf3681fdf4203348a2aa6435a8c97e86ae290abac83fc5dbe20f by hand
--   --- before
--   +++ now
--   @@ -22,2 +22,5 @@
--    alter table public.renus_config alter column client_id set default private.default_client_id();
--   +alter table public.deliveries alter column client_id set default private.default_client_id();
--   +alter table public.sending_rules alter column client_id set default private.default_client_id();
--   +alter table public.erasures alter column client_id set default private.default_client_id();
--    alter table public.consents alter column client_id set default private.default_client_id();
alter table public.deliveries alter column client_id set default private.default_client_id();
alter table public.sending_rules alter column client_id set default private.default_client_id();
alter table public.erasures alter column client_id set default private.default_client_id();

-- source: sql/30_rules/17_turn_client_id.sql sha256:787a4b04c7370196d9ae7f2bd78172c950e7ddc1ef59135ba519c9d46edc15d4
create or replace function private.turn_client_id() returns uuid
language sql stable security definer set search_path = ''
as $$
    select t.client_id
    from private.threads as t
    -- A setting of that name may hold anything.
    where t.lease = (case when current_setting('renum.lease', true) ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then current_setting('renum.lease', true) end)::uuid
        and t.lease_until > clock_timestamp();
$$;
comment on function private.turn_client_id() is 'The client of the turn that an agent''s tool works in; null outside of a live turn. See private.turn_lead_id.';

-- source: sql/30_rules/17_turn_lead_id.sql sha256:d16bd60a55f11dafb83b448bd4a8761ddfdcec8cbc3f3dbe0d748c2a4419fa1a
create or replace function private.turn_lead_id() returns uuid
language sql stable security definer set search_path = ''
as $$
    select t.lead_id
    from private.threads as t
    -- A setting of that name may hold anything.
    where t.lease = (case when current_setting('renum.lease', true) ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then current_setting('renum.lease', true) end)::uuid
        and t.lease_until > clock_timestamp();
$$;
comment on function private.turn_lead_id() is
'The lead of the turn that an agent''s tool works in, by the turn''s lease in the local setting renum.lease, which nobody can guess; null outside of a live turn.';

-- source: sql/30_rules/24_is_opt_in.sql sha256:51abcdd70beb785037d5eba0cd3016504772ce93bc93034cf822a86873b5f45f
create or replace function private.is_opt_in(txt text) returns boolean
language sql immutable set search_path = ''
as $$
    select coalesce(char_length(is_opt_in.txt) <= 200 and private.plain(normalize(is_opt_in.txt, nfkc)) ~ (
        '^((oi|ola|bom dia|boa tarde|boa noite|por favor|eu) )*('
        || 'voltar|aceito|aceitar|reativar|recadastrar|start|unstop|optin|opt in'
        || '|(quero|queria|aceito|gostaria de|pode) (voltar a )?(receber|voltar)( (as|suas|essas|de novo|novamente|mensagem|mensagens|de voces))*'
        || '|(quero )?(me )?(recadastr(ar|e)|reativ(ar|e))( (as|o|meu))?( (mensagens|cadastro|recebimento))?'
        || ')( (por favor|obrigad[oa]|de novo|novamente|sim))*$'
    ), false);
$$;
comment on function private.is_opt_in(text) is
'Whether a whole message asks for messages again. It means something only from a lead who opted out.';

-- source: sql/30_rules/24_is_opt_out.sql sha256:2cc818a7b7cd4d2f62196829ca22665d1aad26763540a88e8290f1989fba4ea8
create or replace function private.is_opt_out(txt text) returns boolean
language sql immutable set search_path = ''
as $$
    -- The whole message, but for what is said out of politeness around it: "quero cancelar meu pedido" means something else.
    -- Letters in bold or full width are letters (NFKC); what has no width is nothing.
    select coalesce(char_length(is_opt_out.txt) <= 200 and private.plain(translate(normalize(is_opt_out.txt, nfkc), U&'\200B\200C\200D\2060\FEFF\00AD', '')) ~ (
        '^((oi|ola|opa|bom dia|boa tarde|boa noite|por favor|por gentileza|pfv|pf|favor|gente|moca|moco) )*('
        -- The word alone.
        || 'sair|parar|pare|parem|stop|stop all|stopall|cancelar|cancela|cancele|cancelem|descadastr(ar|e|a|em|o|amento)|remover|remova|remove|removam|unsubscribe|optout|opt out'
        || '|(quero|queria|gostaria de|desejo|preciso) (sair|parar|(me )?descadastrar|ser (removid[oa]|descadastrad[oa]|retirad[oa]))'
        -- Out of the list.
        || '|((eu )?(quero|queria|gostaria de|desejo) )?(sair|me (tir[ae]|remov[ae]|exclu[ia]|retir[ae]|descadastr[ae])m?|me (tirar|remover|excluir|retirar|descadastrar)|(tir[ae]|remov[ae]|exclu[ia]|retir[ae])m? (o )?meu (numero|nome|contato|telefone|cadastro)'
        || '|(tirar|remover|excluir|retirar) (o )?meu (numero|nome|contato|telefone|cadastro))( (da|dessa|desta|de sua|da sua|dai|daqui|do|desse|deste|de seu|do seu)( (lista|listas|cadastro|grupo|sistema|base|envio|envios|lista de transmissao|lista de contatos))?)'
        || '|me (descadastr[ae]|remov[ae]|exclu[ia])m?|(quero )?(cancelar|cancela|cancele|cancelem) (a |o |minha |meu |essa |esse |esta |este )?(inscricao|assinatura|cadastro|recebimento|envio|envios|mensagens)'
        -- No more messages.
        || '|((eu )?(quero|queria|gostaria de) )?(parar|pare|parem|para) (com )?(de )?((me )?(mandar|enviar|encher|escrever|receber|perturbar|incomodar|importunar) ?)?(as |essas |estas |suas |com )*(mensagem|mensagens|msg|msgs|isso|envios)'
        || '|(quero parar|pare|parem|para) de (me )?(mandar|enviar|encher|escrever|receber|perturbar|incomodar|importunar)'
        || '|(eu )?(nao|n|num) (quero|desejo|gostaria de) (mais )?receber( mais)?( nada| contato| contatos| isso)?( as| essas| estas| suas)?( mensagem| mensagens| msg| msgs)?( de voces| suas)?( mais)?'
        || '|nao (me )?(mand[ae]|envi[ae]|escrev[ae]|perturb[ae]|incomod[ae]|contat[ae]|procur[ae])(r|m)? mais( nada| mensagem| mensagens| msg| msgs| isso)?( pra mim| para mim)?'
        || '|nao me (mand[ae]|envi[ae]|escrev[ae]|perturb[ae]|incomod[ae]|contat[ae]|procur[ae])(r|m)?( nada| mensagem| mensagens| msg| msgs)?'
        || ')( (por favor|por gentileza|pfv|pf|favor|obrigad[oa]|obg|grat[oa]|ja|agora|imediatamente|urgente))*$'
    ), false);
$$;
comment on function private.is_opt_out(text) is
'Whether a whole message is one of the words that must always work to be left alone, whatever agent or model is running. Case, accents, punctuation, emoji and politeness make no difference.';

-- source: sql/30_rules/25_wish_of.sql sha256:931f4830daaa5b11c9ef051402e2b49a99cb5853356396a316af35755e3e316e
create or replace function private.wish_of(event jsonb) returns boolean
language sql immutable set search_path = ''
as $$
    select case
        when 'out' = any (w.wishes) then false
        when 'in' = any (w.wishes) then true
    end
    from (
        select array_agg(case
            when private.is_opt_out(s.txt) then 'out'
            when private.is_opt_in(s.txt) then 'in'
        end) as wishes
        -- What was written, the title of the button, and what we named the button: {"payload"} or {"button_reply": {"id"}}, {"list_reply": {"id"}}.
        from (values
            (event #>> '{message,text}'), (event #>> '{message,payload,payload}'), (event #>> '{message,payload,id}'),
            (event #>> '{message,payload,button_reply,id}'), (event #>> '{message,payload,list_reply,id}')
        ) as s (txt)
        where s.txt <> ''
    ) as w;
$$;
comment on function private.wish_of(jsonb) is 'Whether an inbound event asks to be left alone (false) or for messages again (true), by a word or by a button; null if neither.';

-- source: sql/30_rules/31_reminders_problem.sql sha256:0ae0209bfeac841653985caabff9a0b21f442ecf3867931e83ad2d053e430383
create or replace function private.reminders_problem(config jsonb) returns text
language plpgsql immutable set search_path = ''
as $$
declare
    steps jsonb := config -> 'reminders';
    step jsonb;
    n integer := 0;
    after jsonb;
    word text;
begin
    after := config -> 'expire_after';
    if config ? 'expire_after' and (case jsonb_typeof(after)
        when 'object' then not coalesce(
            after @? 'strict $.days ? (@.type() == "number" && @ >= 1 && @ <= 365 && @.floor() == @)' and after - 'days' = '{}', false
        )
        else true
    end) then
        return 'expire_after must be {"days": 1 to 365}';
    end if;
    if not config ? 'reminders' then
        return null;
    end if;
    if jsonb_typeof(steps) <> 'array' or jsonb_array_length(steps) > 5 then
        return 'reminders must be a list of at most 5 steps';
    end if;
    for step in select s.v from jsonb_array_elements(steps) as s (v) loop
        n := n + 1;
        after := step -> 'after';
        if jsonb_typeof(step) <> 'object' then
            return format('reminder %s must be an object', n);
        end if;
        word := (select k from jsonb_object_keys(step) as k where k not in ('after', 'channel', 'template', 'subject', 'text') order by k limit 1);
        if word is not null then
            return format('reminder %s has %s, which is none of after, channel, template, subject, text', n, word);
        end if;
        if (case jsonb_typeof(after)
            when 'object' then not coalesce(
                (after @? 'strict $.hours ? (@.type() == "number" && @ >= 1 && @ <= 720 && @.floor() == @)' and after - 'hours' = '{}')
                or (after @? 'strict $.days ? (@.type() == "number" && @ >= 1 && @ <= 90 && @.floor() == @)' and after - 'days' = '{}'), false
            )
            else after is distinct from '"next_morning"'
        end) then
            return format('reminder %s: after must be "next_morning", {"hours": 1 to 720} or {"days": 1 to 90}', n);
        end if;
        if step ? 'channel' and coalesce(step ->> 'channel', '') not in ('whatsapp', 'sms', 'email') then
            return format('reminder %s: channel must be whatsapp, sms or email', n);
        end if;
        if step ? 'template' and (jsonb_typeof(step -> 'template') <> 'string' or coalesce(step ->> 'channel', 'whatsapp') <> 'whatsapp') then
            return format('reminder %s: template must be the name of one, by WhatsApp only', n);
        end if;
        if step ? 'subject' and (jsonb_typeof(step -> 'subject') <> 'string' or step ->> 'subject' !~ '^[^[:cntrl:]]{1,150}$') then
            return format('reminder %s: subject must be one line of at most 150 characters', n);
        end if;
        if step ? 'text' and (jsonb_typeof(step -> 'text') <> 'string' or btrim(step ->> 'text') = '' or char_length(step ->> 'text') > 1000) then
            return format('reminder %s: text must have 1 to 1000 characters', n);
        end if;
        word := (
            select m.found[1]
            from regexp_matches(coalesce(step ->> 'text', ''), '\{\{([^{}]*)\}\}', 'g') as m (found)
            where m.found[1] not in ('lead.name', 'lead.first_name', 'client.company_name', 'project.name', 'whatsapp.link')
            limit 1
        );
        if word is not null then
            return format('reminder %s: text has {{%s}}; known are lead.name, lead.first_name, client.company_name, project.name, whatsapp.link', n, word);
        end if;
    end loop;
    return null;
end
$$;
comment on function private.reminders_problem(jsonb) is
'What is wrong with reminders and expire_after in projects.config, as a sentence; null if nothing.';

-- source: sql/30_rules/32_project_config_problem.sql sha256:f2ea1881ab84b2c60b26ee6f802dd8d42b25d7e49f5eb9733d79a677e9f2c529
create or replace function private.project_config_problem(config jsonb) returns text
language plpgsql immutable set search_path = ''
as $$
declare
    audience jsonb := config -> 'audience';
    questions jsonb := config #> '{questionnaire,questions}';
    question jsonb;
    keys text[] := '{}';
    problem text;
begin
    if jsonb_typeof(config) is distinct from 'object' then
        -- The table's own constraints say so.
        return null;
    end if;
    if config ? 'goal' and (jsonb_typeof(config -> 'goal') not in ('string', 'null') or char_length(config ->> 'goal') > 10000) then
        return 'goal must be a text of at most 10000 characters';
    end if;
    if config ? 'audience' then
        if jsonb_typeof(audience) <> 'object' or (select count(*) from jsonb_object_keys(audience) as k where k <> 'join_later') <> 1
            or not coalesce(
                audience -> 'all' = 'true', jsonb_typeof(audience -> 'lead_ids') = 'array', jsonb_typeof(audience -> 'metadata') = 'object', false
            ) then
            return 'audience must be one of {"all": true}, {"lead_ids": [...]}, {"metadata": {...}}';
        end if;
        if audience ? 'join_later' and jsonb_typeof(audience -> 'join_later') <> 'boolean' then
            return 'audience.join_later must be true or false';
        end if;
        if exists (
            select from jsonb_array_elements(case jsonb_typeof(audience -> 'lead_ids') when 'array' then audience -> 'lead_ids' else '[]' end) as l (v)
            where coalesce(l.v #>> '{}', '') !~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
        ) then
            return 'audience.lead_ids must be ids of leads';
        end if;
    end if;
    if config ? 'invitation' and (
        jsonb_typeof(config -> 'invitation') <> 'object'
        or coalesce(jsonb_typeof(config #> '{invitation,template}'), 'string') <> 'string'
    ) then
        return 'invitation must be {"template": name}';
    end if;
    if config ? 'stretch' and jsonb_typeof(config -> 'stretch') <> 'boolean' then
        return 'stretch must be true or false';
    end if;
    problem := private.reminders_problem(config);
    if problem is not null then
        return problem;
    end if;
    if not config ? 'questionnaire' then
        return null;
    end if;
    if jsonb_typeof(questions) is distinct from 'array' or jsonb_array_length(questions) not between 1 and 100 then
        return 'questionnaire.questions must be a list of 1 to 100 questions';
    end if;
    if coalesce(jsonb_typeof(config #> '{questionnaire,closing}'), 'string') <> 'string' or char_length(config #>> '{questionnaire,closing}') > 1000 then
        return 'questionnaire.closing must be a text of at most 1000 characters';
    end if;
    for question in select q.v from jsonb_array_elements(questions) as q (v) loop
        problem := private.question_problem(question);
        if problem is not null then
            return problem;
        end if;
        if question ->> 'key' = any (keys) then
            return format('question key %s is used twice', question ->> 'key');
        end if;
        if question ? 'skip_if' and question -> 'skip_if' <> 'null' then
            problem := private.skip_rule_problem(question -> 'skip_if', keys);
            if problem is not null then
                return format('question %s: %s', question ->> 'key', problem);
            end if;
        end if;
        keys := keys || (question ->> 'key');
    end loop;
    return null;
end
$$;
comment on function private.project_config_problem(jsonb) is
'What is wrong with projects.config, as a sentence; null if nothing. Keys this function does not know are left alone.';

-- source: sql/30_rules/49_template_gap.sql sha256:6a09ebfc0eb40b973719d5aa840b28628e9951e258e3c8d29e28374c0914c88f
create or replace function private.template_gap(name text, body text, parameters text[], in_portuguese boolean default false) returns text
language plpgsql immutable set search_path = ''
as $$
declare
    given integer := cardinality(parameters);
    needed integer;
    names text;
begin
    -- The message as it is sent fills the body's numbered variables and nothing else.
    select string_agg(distinct '{{' || (m.n)[1] || '}}', ', ') into names
    from regexp_matches(template_gap.body, '\{\{\s*(\w*[[:alpha:]_]\w*)\s*\}\}', 'g') as m (n);
    if names is not null then
        return format(
            case
                when in_portuguese then 'o modelo %s tem variáveis com nome (%s); só as numeradas, como {{1}}, podem ser preenchidas'
                else 'template %s has named variables (%s): only numbered ones, such as {{1}}, can be filled'
            end,
            template_gap.name, names
        );
    end if;
    needed := private.template_variables(template_gap.body);
    if given < needed then
        select string_agg('{{' || n || '}}', ', ' order by n) into names from generate_series(given + 1, needed) as n;
        return format(
            case
                when in_portuguese then 'o modelo %s não diz o que entra em %s: a lista parameters precisa de %s, e tem %s'
                else 'template %s does not say what stands for %s: parameters must name %s, and names %s'
            end,
            template_gap.name, names, needed, given
        );
    end if;
    if given > needed then
        return format(
            case
                when in_portuguese then 'o modelo %s tem %s no texto, mas a lista parameters tem %s'
                else 'template %s has %s in its body, but parameters names %s'
            end,
            template_gap.name,
            case needed
                when 0 then case when in_portuguese then 'nenhuma variável' else 'no variable' end
                else case when in_portuguese then 'variáveis só até {{' else 'variables up to {{' end || needed || '}}'
            end,
            given
        );
    end if;
    return null;
end
$$;
comment on function private.template_gap(text, text, text[], boolean) is
'What is amiss between a template''s body and its parameters, as a sentence without a full stop; null when there is exactly one parameter for each numbered variable.';

-- source: sql/30_rules/49_template_problem.sql sha256:2cc7e34100040fa19b2af7a98132e94fc810a9bcf011e111dc43316b9907a215
create or replace function private.template_problem(template public.message_templates, in_portuguese boolean default false) returns text
language plpgsql immutable set search_path = ''
as $$
declare
    gap text;
begin
    if template.status <> 'approved' then
        return format(
            case when in_portuguese then 'o modelo %s %s' else 'template %s %s' end,
            template.name,
            case template.status
                when 'pending' then case when in_portuguese then 'ainda não foi aprovado pelo provedor' else 'is not approved by the provider yet' end
                when 'paused' then case when in_portuguese then 'foi pausado pelo provedor' else 'is paused by the provider' end
                when 'rejected' then case when in_portuguese then 'foi recusado pelo provedor' else 'was rejected by the provider' end
                when 'disabled' then case when in_portuguese then 'foi desativado no provedor' else 'is disabled at the provider' end
            end
        ) || coalesce(' (' || template.reason || ')', '');
    end if;
    gap := private.template_gap(template.name, template.body, template.parameters, in_portuguese);
    if gap is not null then
        return gap;
    end if;
    if template.components @? '$[*] ? (@.type == "HEADER" && @.format != "TEXT")'
        or template.components @? '$[*] ? (@.type == "HEADER" && @.text like_regex "[{][{]")'
        or template.components @? '$[*].buttons[*] ? (@.url like_regex "[{][{]" || (@.type != "QUICK_REPLY" && @.type != "URL" && @.type != "PHONE_NUMBER"))'
        or template.components @? '$[*] ? (@.type != "HEADER" && @.type != "BODY" && @.type != "FOOTER" && @.type != "BUTTONS")' then
        return format(
            case
                when in_portuguese then 'o modelo %s tem um cabeçalho, botão ou outra parte que precisa de um valor a cada envio; só o texto pode ter variáveis'
                else 'template %s has a header, button or other part that wants a value with each message: only the body may have variables'
            end,
            template.name
        );
    end if;
    return null;
end
$$;
comment on function private.template_problem(public.message_templates, boolean) is
'Why a template cannot be sent, as a sentence without a full stop (in Portuguese for who runs an account, else English as the API''s errors); null if it can.';

-- source: sql/30_rules/49_template_variables.sql sha256:bf4ef19c71c7d47a0f35534d5156d0d88522f110dd3d92c44b7e5537f4d51194
create or replace function private.template_variables(body text) returns integer
language sql immutable set search_path = ''
as $$
    select coalesce(max((m.n)[1]::integer), 0) from regexp_matches(template_variables.body, '\{\{\s*(\d{1,3})\s*\}\}', 'g') as m (n);
$$;
comment on function private.template_variables(text) is 'The highest n of a body''s variables {{n}}: how many parameters it takes.';

-- source: sql/30_rules/52_follow_template.sql sha256:9307d31fb8e0876646d8676d6ebbe3963490118f5e8408c369061aec6dd4cf41
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

-- source: sql/30_rules/52_message_cost.sql sha256:6aa668abacde77daedb14a6568916d572f76d0b972691d8eb57d4ec96bd64682
create or replace function private.message_cost(provider text, item text, messages integer) returns jsonb
language sql stable security definer set search_path = ''
as $$
    select jsonb_build_object('currency', p.currency, 'amount', round(p.amount * message_cost.messages, 2), 'per_message', trim_scale(p.amount), 'category', p.item)
    from private.prices as p
    where p.provider = message_cost.provider and p.item = message_cost.item and p.valid_from <= private.now()::date
    order by p.valid_from desc
    limit 1;
$$;
comment on function private.message_cost(text, text, integer) is 'What so many messages of a category cost with a provider today: {"currency", "amount", "per_message", "category"}; null where no price is known.';

-- source: sql/30_rules/52_no_template.sql sha256:bcb8066d2b0e19d29040f13597b7e65c313ee07572ceed9d591877bd78cb1263
create or replace function private.no_template(client_id uuid, channel_account_id uuid, purpose public.template_purpose, name text) returns text
language sql stable set search_path = ''
as $$
    -- SECURITY: under the asker's rights, as private.template_for.
    select coalesce(
        (
            select private.template_problem(t)
            from public.message_templates as t
            where t.client_id = no_template.client_id
                and (t.channel_account_id is null or t.channel_account_id = no_template.channel_account_id)
                and (t.name = no_template.name or (no_template.name is null and t.purpose = no_template.purpose))
                and private.template_problem(t) is not null
            order by t.channel_account_id is null, t.language <> 'pt_BR', t.status <> 'approved', t.created_at, t.id
            limit 1
        ),
        'there is no approved template' || coalesce(' named ' || no_template.name, ' with purpose ' || no_template.purpose)
    );
$$;
comment on function private.no_template(uuid, uuid, public.template_purpose, text) is
'Why private.template_for finds nothing for the same arguments, as a sentence: what keeps the likeliest template from being used, or that there is none.';

-- source: sql/30_rules/52_template_for.sql sha256:c90368a68981f3e45f8726113f576f4520b99b54b7c74b3970c4d35b13350bd4
create or replace function private.template_for(client_id uuid, channel_account_id uuid, purpose public.template_purpose, name text)
returns public.message_templates
language sql stable set search_path = ''
as $$
    -- SECURITY: under the asker's rights, as private.account_for.
    select t
    from public.message_templates as t
    where t.client_id = template_for.client_id
        and (
            t.channel_account_id = template_for.channel_account_id
            -- Whose list was fetched has what is on it.
            or (t.channel_account_id is null and not exists (
                select from public.message_templates as o
                where o.client_id = template_for.client_id and o.channel_account_id = template_for.channel_account_id and o.synced_at is not null
            ))
        )
        and (t.name = template_for.name or (template_for.name is null and t.purpose = template_for.purpose))
        and private.template_problem(t) is null
    order by t.channel_account_id is null, t.language <> 'pt_BR', t.created_at, t.id
    limit 1;
$$;
comment on function private.template_for(uuid, uuid, public.template_purpose, text) is
'The template to use on an account, approved and with something for each of its variables: the one of that name, or without a name the oldest of that purpose, in Brazilian Portuguese before other languages. A row of nulls if there is none: private.no_template says why.';

-- source: sql/30_rules/53_account_for.sql sha256:376a8c50f3fc63af28d29d1d71ac170420eef7a0f6dfc4f1b98ea3621802adac
create or replace function private.account_for(client_id uuid, channel_account_id uuid) returns uuid
language sql stable set search_path = ''
as $$
    -- SECURITY: under the asker's rights. A trigger asks before the policies refuse a row in another client's name; its answer must not tell what that client has.
    select a.id
    from public.channel_accounts as a
    where a.client_id = account_for.client_id and a.status = 'active'
        and (a.id = account_for.channel_account_id or (account_for.channel_account_id is null and a.channel = 'whatsapp'))
    order by a.created_at, a.id
    limit 1;
$$;
comment on function private.account_for(uuid, uuid) is 'The account to write from: the one given, of whatever channel, or the client''s oldest for WhatsApp; active ones only. null if there is none.';

-- source: sql/30_rules/54_easter_of.sql sha256:837b58b53601a5f8d2166300abb7f977e8157aa7d02b7dc3ebec5b58873efdc1
create or replace function private.easter_of(year integer) returns date
language plpgsql immutable set search_path = ''
as $$
declare
    -- The anonymous Gregorian computus (Meeus, Astronomical Algorithms, chapter 8), in its author's letters.
    a integer := easter_of.year % 19;
    b integer := easter_of.year / 100;
    c integer := easter_of.year % 100;
    h integer := (19 * a + b - b / 4 - (b - (b + 8) / 25 + 1) / 3 + 15) % 30;
    l integer := (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7;
    m integer := (a + 11 * h + 22 * l) / 451;
    n integer := h + l - 7 * m + 114;
begin
    return make_date(easter_of.year, n / 31, n % 31 + 1);
end
$$;
comment on function private.easter_of(integer) is 'Easter Sunday of a year of the Gregorian calendar.';

-- source: sql/30_rules/54_for_a_person.sql sha256:210de09fea5de6203c1587ecf54a9af4b69185b74969a02b79c78f48ac7f8e18
create or replace function private.for_a_person() returns text
language sql immutable set search_path = ''
as $$
    select 'the reply says what only a person may say';
$$;
comment on function private.for_a_person() is 'The reason of a delivery that was stopped for a person to take over.';

-- source: sql/30_rules/54_goodbye.sql sha256:e84fe762919932a7e4b9bc80f5d2b550afe289c6823ecf0c5f3323c032e2f440
create or replace function private.goodbye() returns text
language sql immutable set search_path = ''
as $$
    select 'Tudo bem, você não vai mais receber mensagens nossas. Obrigado e até logo!';
$$;
comment on function private.goodbye() is 'What a lead who opted out is told, once.';

-- source: sql/30_rules/54_hours_problem.sql sha256:0dae8f2c8c7cb014e5fb671499b2737154e9e5eb8b389816fbbc471dde79df36
create or replace function private.hours_problem(hours jsonb) returns text
language plpgsql immutable set search_path = ''
as $$
declare
    day record;
begin
    if jsonb_typeof(hours) is distinct from 'object' or hours = '{}' then
        return 'hours must be an object of at least one day, such as {"monday": ["08:00", "20:00"]}';
    end if;
    for day in select e.key, e.value from jsonb_each(hours) as e loop
        if day.key not in ('monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday') then
            return format('hours: %s is no day of the week; they are monday to sunday', quote_literal(left(day.key, 50)));
        end if;
        if coalesce(case jsonb_typeof(day.value) when 'array' then jsonb_array_length(day.value) <> 2 else true end, true)
            or coalesce(day.value ->> 0, '') !~ '^([01][0-9]|2[0-3]):[0-5][0-9]$' or coalesce(day.value ->> 1, '') !~ '^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$'
            or day.value ->> 0 >= day.value ->> 1 then
            return format('hours of %s must be two times, the first before the second, such as ["08:00", "20:00"]', day.key);
        end if;
    end loop;
    return null;
end
$$;
comment on function private.hours_problem(jsonb) is 'What is wrong with sending_rules.hours, as a sentence; null if nothing.';

-- source: sql/30_rules/54_is_holiday.sql sha256:a90cb5586c896d3869af22647ab581cb53d321972e4a075c703d8351c5054271
create or replace function private.is_holiday(day date) returns boolean
language sql immutable set search_path = ''
as $$
    select to_char(is_holiday.day, 'MM-DD') in (
            -- Lei 662/1949 with Lei 10.607/2002, Lei 6.802/1980 (12 October) and Lei 14.759/2023 (20 November).
            '01-01', '04-21', '05-01', '09-07', '10-12', '11-02', '11-15', '11-20', '12-25'
        )
        -- By Easter: Carnival's Monday and Tuesday, Good Friday, Corpus Christi. By law only Good Friday is kept everywhere (Lei 9.093/1995); on the others banks, offices and
        -- most of the country are closed as well, and who is written to by a company takes it no better.
        or is_holiday.day - private.easter_of(extract(year from is_holiday.day)::integer) in (-48, -47, -2, 60);
$$;
comment on function private.is_holiday(date) is 'Whether a day is a national holiday of Brazil, or closed like one. Holidays of states and towns are a client''s own closed dates.';

-- source: sql/30_rules/54_next_open.sql sha256:1fbf1fcf27f01ff149d0f0f2af20d86921a4b3e518e34442b6dfbc6ac26a481b
create or replace function private.next_open(rules public.sending_rules, zone text, since timestamptz) returns timestamptz
language plpgsql stable set search_path = ''
as $$
declare
    first_day date := (since at time zone zone)::date;
    day date;
    span jsonb;
    closes timestamptz;
    opens timestamptz;
begin
    -- Long enough for a client that opens on one day of the week and has all its closed dates and every holiday on it.
    for ahead in 0..1500 loop
        day := first_day + ahead;
        span := rules.hours -> (array['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'])[extract(isodow from day)];
        continue when span is null or day = any (rules.closed_dates) or (not rules.on_holidays and private.is_holiday(day));
        opens := (day + (span ->> 0)::time) at time zone zone;
        closes := (day + (span ->> 1)::time) at time zone zone;
        if greatest(since, opens) < closes then
            return greatest(since, opens);
        end if;
    end loop;
    return null;
end
$$;
comment on function private.next_open(public.sending_rules, text, timestamptz) is
'The first moment, not before since, at which these rules let something begin with somebody who lives by this clock; since itself if they let it then. null if there is none in sight.';

-- source: sql/30_rules/54_sending_rules_of.sql sha256:5b9b1c79298d3e9f76faf5429a1f035761a9ab9cff32508088f7c95357610b0a
create or replace function private.sending_rules_of(client_id uuid) returns public.sending_rules
language plpgsql stable security definer set search_path = ''
as $$
declare
    rules public.sending_rules;
    caps jsonb;
begin
    select * into rules from public.sending_rules as r where r.client_id = sending_rules_of.client_id;
    if not found then
        caps := private.setting('sending_caps');
        rules.client_id := sending_rules_of.client_id;
        rules.hours := private.setting('sending_hours');
        rules.on_holidays := private.setting('sending_holidays') = 'true';
        rules.closed_dates := '{}';
        rules.daily_cap := (caps ->> 'day')::integer;
        rules.weekly_cap := (caps ->> 'week')::integer;
    end if;
    return rules;
end
$$;
comment on function private.sending_rules_of(uuid) is 'When and how often a client may begin with its leads: its own rules, or what the settings say for all. Read-only.';

-- source: sql/30_rules/54_zone_of.sql sha256:afd84e25f16b0b44452869512a8a91945e6646b7667decfa9a796c47ab211ba8
create or replace function private.zone_of(lead public.leads) returns text
language sql immutable set search_path = ''
as $$
    -- Area codes of Anatel's numbering plan (Resolução 749/2022) by state. Fernando de Noronha shares 81 with Recife, and the far west of Amazonas 97 with the rest of
    -- it: who lives there has leads.time_zone.
    select coalesce((lead).time_zone, case
        when (lead).phone ~ '^\+5568' then 'America/Rio_Branco'
        when (lead).phone ~ '^\+55(92|97)' then 'America/Manaus'
        when (lead).phone ~ '^\+5595' then 'America/Boa_Vista'
        when (lead).phone ~ '^\+5569' then 'America/Porto_Velho'
        when (lead).phone ~ '^\+55(65|66)' then 'America/Cuiaba'
        when (lead).phone ~ '^\+5567' then 'America/Campo_Grande'
        else 'America/Sao_Paulo'
    end);
$$;
comment on function private.zone_of(public.leads) is 'The time zone a lead lives by: its own, else that of its phone''s area code, else America/Sao_Paulo.';

-- source: sql/30_rules/55_account_refusal.sql sha256:62062c7eea4c445eda113e8c681e2f83b69a1c4a74b2a7e05d42a480ce31bf68
create or replace function private.account_refusal(agent_type public.agent_type, channel_account_id uuid) returns text
language sql stable security definer set search_path = ''
as $$
    select case
        when k.official_only and not p.official then format('an agent of type %s writes over official accounts only', k.agent_type)
        when k.needs_accepted_risk and p.official
            and not exists (select from public.risk_acceptances as r where r.client_id = a.client_id and r.agent_type = k.agent_type)
            then format('an agent of type %s writes over an official account only once an admin has accepted the risk in writing', k.agent_type)
    end
    from private.policy_packs as k
    join public.channel_accounts as a on a.id = account_refusal.channel_account_id
    join private.providers as p on p.provider = a.provider and p.channel = a.channel
    where k.agent_type = account_refusal.agent_type;
$$;
comment on function private.account_refusal(public.agent_type, uuid) is 'Why an agent of this type may not write over an account, as a sentence; null if it may.';

-- source: sql/30_rules/55_free_of_caps.sql sha256:938fa6ff8f9eaee65687571ee0defbe2e375756b5f91d97fa752e8dd6d7d88d6
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

-- source: sql/30_rules/55_goodbye_refusal.sql sha256:3fd758bdc8f3aa8c3d61bc7e6e12c653557c524d52a7e075758b4727621478f8
create or replace function private.goodbye_refusal(d public.deliveries, lead public.leads) returns text
language sql stable security definer set search_path = ''
as $$
    select case
        when (lead).opted_out_at is null then 'the lead has not opted out'
        when exists (
            select from public.deliveries as e
            where e.client_id = d.client_id and e.lead_id = d.lead_id and e.kind = 'goodbye' and e.id <> d.id
                and e.status not in ('cancelled', 'failed') and e.created_at >= (lead).opted_out_at and (e.created_at, e.id) < (d.created_at, d.id)
        ) then 'the lead was told goodbye already'
    end;
$$;
comment on function private.goodbye_refusal(public.deliveries, public.leads) is 'Why the confirmation of an opt-out may not go; null if it may: once after each opt-out.';

-- source: sql/30_rules/55_has_consent.sql sha256:bfe5d4c45679b7ce0a89993f383582e6c509f2b90209c75e0f17da745a3b6198
create or replace function private.has_consent(lead public.leads) returns boolean
language sql stable security definer set search_path = ''
as $$
    select (lead).opted_out_at is null and exists (
        select from public.consents as c
        where c.client_id = (lead).client_id and c.lead_id = (lead).id and c.granted and c.legal_basis = 'consent'
            and not exists (
                select from public.consents as w
                where w.client_id = c.client_id and w.lead_id = c.lead_id and not w.granted and w.created_at >= c.created_at
            )
    );
$$;
comment on function private.has_consent(public.leads) is 'Whether a lead consented and has not withdrawn since; another legal basis is no consent.';

-- source: sql/30_rules/55_invitation_refusal.sql sha256:cd46f90bf8551b54dd07958c4a35010e86bf38210142fced39639410d5bd3dce
create or replace function private.invitation_refusal(agent_type public.agent_type, txt text, company_name text) returns text
language sql stable security definer set search_path = ''
as $$
    select case
        when k.names_its_sender and strpos(said.txt, private.plain(company_name)) = 0 then 'the invitation must name its sender (client.company_name)'
        when k.offers_opt_out and said.txt !~ '\m(sair|parar|pare|cancelar|descadastrar|remover|stop)\M' then 'the invitation must say how to be left alone (SAIR)'
        when k.says_it_is_automated
            and said.txt !~ '\m((assistente|atendente) (virtual|automatic[oa]|digital)|(atendimento|mensagem|sistema) (automatic[oa]|automatizad[oa])|inteligencia artificial|robo|chatbot|ia)\M'
            then 'the invitation must say that an automated assistant writes (assistente virtual)'
    end
    from private.policy_packs as k
    cross join (select private.plain(invitation_refusal.txt) as txt) as said
    where k.agent_type = invitation_refusal.agent_type;
$$;
comment on function private.invitation_refusal(public.agent_type, text, text) is
'Why an agent of this type may not begin with these words, as a sentence; null if it may. company_name: who sends.';

-- source: sql/30_rules/55_packs_of.sql sha256:2775979860e42a97e8323f3c1b23bae715f329b48d2c4efb11db44917eb34d17
create or replace function private.packs_of(d public.deliveries) returns setof private.policy_packs
language sql stable security definer set search_path = ''
as $$
    select k.*
    from public.interviews as i
    join public.projects as p on p.id = i.project_id
    join public.renus_config as r on r.id = p.renus_config_id
    join private.policy_packs as k on k.agent_type = r.agent_type
    where i.id = d.interview_id
    union all
    -- What belongs to no interview could be any of the client's agents speaking.
    select k.*
    from private.policy_packs as k
    where d.interview_id is null
        and exists (select from public.renus_config as r where r.client_id = d.client_id and r.agent_type = k.agent_type and r.active);
$$;
comment on function private.packs_of(public.deliveries) is
'The packs that bind a delivery: of its project''s agent; outside of interviews, those of all the client''s active agents.';

-- source: sql/30_rules/55_question_refusal.sql sha256:6326df458700a31ec26377fbd5f7eaf6f45d77be97b6c201b923ec715e739da2
create or replace function private.question_refusal(agent_type public.agent_type, config jsonb) returns text
language sql stable security definer set search_path = ''
as $$
    select format('question %s asks what an agent of type %s may not ask', q.v ->> 'key', k.agent_type)
    from private.policy_packs as k
    cross join lateral jsonb_array_elements(
        case jsonb_typeof(config #> '{questionnaire,questions}') when 'array' then config #> '{questionnaire,questions}' else '[]' end
    ) with ordinality as q (v, ord)
    where k.agent_type = question_refusal.agent_type
        and exists (
            select from unnest(k.refused_questions) as r (pattern)
            where private.plain(concat_ws(' ', q.v ->> 'text', q.v ->> 'options')) ~ r.pattern
        )
    order by q.ord
    limit 1;
$$;
comment on function private.question_refusal(public.agent_type, jsonb) is 'Why an agent of this type may not ask a project''s questions, as a sentence; null if it may.';

-- source: sql/30_rules/55_reply_refusal.sql sha256:995311fba12d556ec0001528e6073c5a99c1540e30e4993d7fb30fa1c7964094
create or replace function private.reply_refusal(agent_type public.agent_type, txt text) returns text
language sql stable security definer set search_path = ''
as $$
    select private.for_a_person()
    from private.policy_packs as k
    where k.agent_type = reply_refusal.agent_type
        and exists (select from unnest(k.refused_replies) as r (pattern) where private.plain(reply_refusal.txt) ~ r.pattern);
$$;
comment on function private.reply_refusal(public.agent_type, text) is 'Why an agent of this type may not say this, as a sentence; null if it may.';

-- source: sql/30_rules/55_sender_key.sql sha256:76ef41fb393e4aa9b77d5a43417a91a1a89e46a5cbd41ba092ba7727d3ec1b19
create or replace function private.sender_key(sender jsonb) returns text
language sql immutable set search_path = ''
as $$
    select coalesce(sender ->> 'wa_id', sender ->> 'phone', sender ->> 'bsuid', sender ->> 'lid');
$$;
comment on function private.sender_key(jsonb) is 'One of the ids that a sender came with, the most telling first; null: it names nobody.';

-- source: sql/30_rules/55_template_verdict.sql sha256:7885cd610ca39fb67f2946cc73de1859427d565064c7301b2fefeaac0560e266
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

-- source: sql/30_rules/56_accounts_of_portfolio.sql sha256:4d9ce81741cd2978cfbd03050e11fc3924c1e74c3efde8e5c63be7274efeccff
create or replace function private.accounts_of_portfolio(account_id uuid) returns uuid[]
language sql stable security definer set search_path = ''
as $$
    select array_agg(b.id)
    from public.channel_accounts as a
    join public.channel_accounts as b on b.client_id = a.client_id and (b.id = a.id or b.portfolio_id = a.portfolio_id)
    where a.id = accounts_of_portfolio.account_id;
$$;
comment on function private.accounts_of_portfolio(uuid) is 'An account and those of its client that share its daily limit.';

-- source: sql/30_rules/56_lead_of_sender.sql sha256:61c405defcc8de33c2736a851402207b557f2618bf5367220f8ef36ff035bba1
create or replace function private.lead_of_sender(client_id uuid, sender jsonb) returns uuid
language sql stable security definer set search_path = ''
as $$
    select x.lead_id
    from (
        select s.priority, i.lead_id
        from public.lead_identities as i
        join (values
            (1, 'wa_id', sender ->> 'wa_id'), (2, 'phone', private.phone_key(coalesce(sender ->> 'wa_id', sender ->> 'phone'))),
            (3, 'bsuid', sender ->> 'bsuid'), (4, 'lid', sender ->> 'lid')
        ) as s (priority, kind, value) on i.kind = s.kind::public.identity_kind and i.value = s.value
        where i.client_id = lead_of_sender.client_id
        union all
        (
            select 5, l.id
            from public.leads as l
            where sender ->> 'email' is not null and l.client_id = lead_of_sender.client_id and lower(l.email) = lower(sender ->> 'email')
            order by l.created_at, l.id
            limit 1
        )
    ) as x
    order by x.priority
    limit 1;
$$;
comment on function private.lead_of_sender(uuid, jsonb) is 'The lead that a sender {"wa_id", "phone", "bsuid", "lid", "email"} is known to be; null for a stranger. The number decides where it is given and known, since invitations go to numbers: a person first met by a business-scoped id or a lid alone is another lead until somebody says otherwise. Of several leads with one e-mail address it is the oldest.';

-- source: sql/30_rules/56_pack_refusal.sql sha256:56f8a152022b912d640e1d00af8ca4ecf17092b019c692b0503cd0c2510e1790
create or replace function private.pack_refusal(d public.deliveries, lead public.leads) returns text
language sql stable security definer set search_path = ''
as $$
    select r.reason
    from private.packs_of(d) as k
    cross join lateral (
        select coalesce(
            private.account_refusal(k.agent_type, d.channel_account_id),
            case when k.needs_consent and not private.has_consent(lead) then 'the lead has not consented' end,
            -- The first message that reaches the lead, be it a reminder by another channel.
            case when d.kind = 'invitation' or (d.kind = 'reminder' and not exists (
                select from public.deliveries as e
                where e.client_id = d.client_id and e.interview_id = d.interview_id and e.id <> d.id and e.status in ('sent', 'delivered', 'read')
            )) then private.invitation_refusal(k.agent_type, d.content ->> 'text', c.company_name) end,
            case when d.kind in ('invitation', 'reminder') then private.question_refusal(k.agent_type, p.config) end,
            case when d.kind = 'reply' then private.reply_refusal(k.agent_type, d.content ->> 'text') end
        ) as reason
        from public.clients as c
        left join public.interviews as i on i.id = d.interview_id
        left join public.projects as p on p.id = i.project_id
        where c.id = d.client_id
    ) as r
    where r.reason is not null
    limit 1;
$$;
comment on function private.pack_refusal(public.deliveries, public.leads) is 'Why the packs of a delivery''s agent do not let it go to this lead, as a sentence; null if they do.';

-- source: sql/30_rules/57_meet_sender.sql sha256:62403263b1420ab8b18da3514050083ff9709e40b603a0f4685ab890a610e6a0
create or replace function private.meet_sender(client_id uuid, sender jsonb) returns uuid
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
    known uuid := private.lead_of_sender(meet_sender.client_id, sender);
    number text := private.normalize_phone('+' || ltrim(coalesce(sender ->> 'wa_id', sender ->> 'phone'), '+'));
begin
    if known is null and private.sender_key(sender) is null then
        return null;
    end if;
    if known is null and number is null then
        -- Nothing of the lead's own row tells two of the same stranger apart: one after the other.
        perform pg_advisory_xact_lock(hashtextextended('meet ' || meet_sender.client_id || private.sender_key(sender), 0));
        known := private.lead_of_sender(meet_sender.client_id, sender);
    end if;
    if known is null then
        insert into public.leads as l (client_id, phone, name, metadata)
        values (meet_sender.client_id, number, left(coalesce(sender ->> 'name', sender ->> 'username'), 200), '{"source": "inbound"}')
        on conflict on constraint a_phone_is_once_a_lead_of_a_client do update set updated_at = now()
        returning l.id into known;
    end if;
    insert into public.lead_identities (client_id, lead_id, kind, value)
    select meet_sender.client_id, known, s.kind::public.identity_kind, s.value
    from (values
        ('bsuid', sender ->> 'bsuid'), ('lid', sender ->> 'lid'), ('phone', private.phone_key(sender ->> 'phone')), ('wa_id', sender ->> 'wa_id')
    ) as s (kind, value)
    where s.value is not null
        and not exists (
            select from public.lead_identities as i
            where i.client_id = meet_sender.client_id and i.kind = s.kind::public.identity_kind and i.value = s.value
        )
    order by s.kind
    on conflict on constraint an_identity_is_one_lead_of_a_client do nothing;
    return known;
end
$$;
comment on function private.meet_sender(uuid, jsonb) is 'The lead a sender is, made if unknown, with every identity it came with written down. null if it came with none. Two leads are never merged.';

-- source: sql/30_rules/57_people_reached.sql sha256:a519887c7d9f5bdf677c35fdb69e721842691c19a61175b97a163bb1d64e8411
create or replace function private.people_reached(account_id uuid) returns integer
language sql stable security definer set search_path = ''
as $$
    select count(distinct coalesce(d.lead_id, d.profile_id))::integer
    from public.channel_accounts as a
    join public.deliveries as d on d.client_id = a.client_id
    where a.id = people_reached.account_id and d.channel_account_id = any (private.accounts_of_portfolio(people_reached.account_id))
        and d.initiated and d.begun_at > private.now() - interval '24 hours';
$$;
comment on function private.people_reached(uuid) is
'How many people were written to outside an open window in the last 24 hours, from this account and those that share its daily limit.';

-- source: sql/30_rules/58_finding.sql sha256:56901dacd70f535c04e93db6fad6daf5fac617c81baee113130c8e2f267dcd1e
create or replace function private.finding(item text, ok boolean, txt text, todo text) returns jsonb
language sql immutable set search_path = ''
as $$
    select jsonb_build_object('item', finding.item, 'ok', finding.ok, 'text', finding.txt, 'todo', finding.todo);
$$;
comment on function private.finding(text, boolean, text, text) is 'One thing that a check of a channel account found: {"item", "ok", "text", "todo": what its owner can do, null when all is well}.';

-- source: sql/30_rules/58_reach_again_at.sql sha256:2ec6d2431313035c929d6f66f1d4d42c32e8951fd016a6b7193d8bd80d46ead3
create or replace function private.reach_again_at(delivery public.deliveries, account public.channel_accounts) returns timestamptz
language plpgsql security definer set search_path = ''
as $$
declare
    siblings uuid[] := private.accounts_of_portfolio(account.id);
    since timestamptz := private.now() - interval '24 hours';
    reached integer;
    first_free timestamptz;
begin
    -- Who was reached within the last 24 hours costs nothing more.
    if exists (
        select from public.deliveries as d
        where d.client_id = account.client_id and d.initiated and d.begun_at > since and d.channel_account_id = any (siblings)
            and coalesce(d.lead_id, d.profile_id) = coalesce(delivery.lead_id, delivery.profile_id)
    ) then
        return null;
    end if;
    select count(*), min(r.begun_at) into reached, first_free
    from (
        select max(d.begun_at) as begun_at
        from public.deliveries as d
        where d.client_id = account.client_id and d.initiated and d.begun_at > since and d.channel_account_id = any (siblings)
        group by coalesce(d.lead_id, d.profile_id)
    ) as r;
    return case when reached >= account.daily_limit then first_free + interval '24 hours' end;
end
$$;
comment on function private.reach_again_at(public.deliveries, public.channel_accounts) is
'When an account may write to one more person outside an open window, under its daily_limit; null: now. Counts over all accounts of the portfolio, as private.people_reached does. The caller holds the portfolio''s advisory lock.';

-- source: sql/30_rules/58_template_findings.sql sha256:6cd771fbbc71d09f20bec891e83826d43b6e4414648077c4c29807b78510d47b
create or replace function private.template_findings(account public.channel_accounts, approved_by_provider boolean) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
    use record;
    template public.message_templates;
    problems text;
    found jsonb := '[]';
begin
    for use in
        select *
        from (values ('invitation', 'convites', true), ('notification', 'avisos à equipe', approved_by_provider), ('reminder', 'lembretes', false)) as u (purpose, words, needed)
    loop
        template := private.template_for(account.client_id, account.id, use.purpose::public.template_purpose, null);
        select string_agg(private.template_problem(t, true), '; ' order by t.channel_account_id is null, t.created_at, t.id) into problems
        from public.message_templates as t
        where t.client_id = account.client_id and t.purpose = use.purpose::public.template_purpose
            and (t.channel_account_id is null or t.channel_account_id = account.id);
        found := found || case
            when template.id is not null
                then private.finding('template_' || use.purpose, true, format('Para %s há o modelo “%s” (%s, categoria %s).', use.words, template.name, template.language, template.category), null)
            when problems is not null
                then private.finding(
                    'template_' || use.purpose, false, format('Nenhum modelo para %s pode ser usado: %s.', use.words, problems),
                    case
                        when approved_by_provider then 'Corrija o modelo no provedor ou preencha parameters em message_templates; depois rode `renum channel sync`.'
                        else 'Corrija o modelo em message_templates.'
                    end
                )
            when use.needed
                then private.finding(
                    'template_' || use.purpose, false, format('Não há modelo para %s.', use.words),
                    case
                        when approved_by_provider
                            then format('Crie um modelo no provedor, rode `renum channel sync` depois da aprovação e marque-o com purpose %s em message_templates.', use.purpose)
                        else format('Escreva um em message_templates, com purpose %s e status approved.', use.purpose)
                    end
                )
            when use.purpose = 'notification'
                then private.finding('template_notification', true, 'Não há modelo para avisos à equipe; por este provedor eles vão com o texto pronto.', null)
            else private.finding('template_' || use.purpose, true, format('Não há modelo para %s; só é preciso onde um projeto os usa.', use.words), null)
        end;
    end loop;
    return found;
end
$$;
comment on function private.template_findings(public.channel_accounts, boolean) is 'Whether a WhatsApp account has a usable template for each purpose, as findings in Portuguese (private.finding).';

-- source: sql/30_rules/60_audience.sql sha256:658bf38f23ef58175efa445404fabcdb5622470fc1d1748a35539c80dadb1b9d
create or replace function private.audience(project_id uuid, among uuid[] default null)
returns table (lead_id uuid, left_out text)
-- Planned for what is asked at hand: a plan for every case would read all of a client's leads for the sake of one new one,
-- and compare each of them with each id of a long list.
language plpgsql stable security definer set search_path = '' set plan_cache_mode = 'force_custom_plan'
as $$
declare
    project public.projects;
    everybody boolean;
    chosen uuid[];
    marks jsonb;
begin
    select * into project from public.projects as p where p.id = audience.project_id;
    everybody := not project.config ? 'audience' or coalesce(project.config #> '{audience,all}' = 'true', false);
    marks := project.config #> '{audience,metadata}';
    chosen := array(
        select (x.id)::uuid
        from jsonb_array_elements_text(
            case jsonb_typeof(project.config #> '{audience,lead_ids}') when 'array' then project.config #> '{audience,lead_ids}' else '[]' end
        ) as x (id)
    );
    return query
    select l.id, case
        when l.opted_out_at is not null then 'opted_out'
        when l.status = 'blocked' then 'blocked'
        when l.status = 'inactive' then 'inactive'
        when l.phone is null and not exists (
            select from public.lead_identities as i
            where i.client_id = l.client_id and i.lead_id = l.id
                and (
                    i.kind in ('wa_id', 'bsuid')
                    -- Only gateways over WhatsApp Web write to a lid.
                    or (i.kind = 'lid' and exists (select from public.channel_accounts as a where a.id = project.channel_account_id and a.provider in ('evolution', 'zapi')))
                )
        ) then 'no_number'
        when exists (select from public.interviews as i where i.project_id = project.id and i.lead_id = l.id) then 'already_interviewed'
    end
    from public.leads as l
    where l.client_id = project.client_id
        and (audience.among is null or l.id = any (audience.among))
        and (everybody or l.id = any (chosen) or l.metadata @> marks)
    union all
    select c.id, 'not_found'
    from (select distinct x.id from unnest(chosen) as x (id)) as c
    where audience.among is null and not exists (select from public.leads as l where l.client_id = project.client_id and l.id = c.id);
end
$$;
comment on function private.audience(uuid, uuid[]) is
'The leads a project is for, each with why it is left out (null: it is interviewed). Without projects.config.audience: all leads of the client. An id that is no lead of the client is left out as not_found. among: only these leads.';

-- source: sql/30_rules/62_invite.sql sha256:f1fa24a8f037f23c53b81571cf7e93ebf97623a10610250e97473048cbab4e66
create or replace function private.invite(project_id uuid, max integer) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
    project public.projects;
    company text;
    template public.message_templates;
    ids uuid[];
    thread_ids uuid[];
    invited integer;
begin
    select * into project from public.projects as p where p.id = invite.project_id and p.status = 'active';
    if not found or invite.max <= 0 then
        return 0;
    end if;
    select c.company_name into company from public.clients as c where c.id = project.client_id and c.status = 'active';
    template := private.template_for(project.client_id, project.channel_account_id, 'invitation', project.config #>> '{invitation,template}');
    if company is null or template.id is null then
        return 0;
    end if;

    -- Lock order: interviews, then threads. A lead whose thread has a live interview waits for it to end, and for what is left of its last
    -- turn to be gone: a turn must never be committed to another interview than it was begun for.
    ids := array(
        select i.id
        from public.interviews as i
        where i.project_id = project.id and i.status = 'pending' and i.invited_at is null
            and not exists (
                select from private.threads as t
                where t.lead_id = i.lead_id and t.channel_account_id = project.channel_account_id
                    and (t.interview_id is not null or t.task_id is not null or t.due_at is not null)
            )
        order by i.created_at, i.id
        limit invite.max
        for no key update of i skip locked
    );
    insert into private.threads (client_id, lead_id, channel_account_id)
    select i.client_id, i.lead_id, project.channel_account_id
    from public.interviews as i
    where i.id = any (ids)
    order by i.lead_id
    on conflict on constraint a_lead_has_one_thread_per_account do nothing;
    -- A thread somebody holds is left for the next time. Only a thread that another transaction is making at this moment is waited for.
    thread_ids := array(
        select t.id
        from private.threads as t
        join public.interviews as i on i.lead_id = t.lead_id and t.channel_account_id = project.channel_account_id
        where i.id = any (ids)
        for no key update of t skip locked
    );

    with
    ready as materialized (
        select i.id as interview_id, t.id as thread_id, t.last_seq + 1 as seq, i.lead_id, gen_random_uuid() as message_id, gen_random_uuid() as delivery_id,
            private.template_content(template, l.name, company, project.name, null) as content
        from public.interviews as i
        join private.threads as t on t.lead_id = i.lead_id and t.channel_account_id = project.channel_account_id
        join public.leads as l on l.id = i.lead_id
        where i.id = any (ids) and t.id = any (thread_ids) and t.interview_id is null and t.task_id is null and t.due_at is null
    ),
    -- Who may never be invited; an invitation that only has to wait is made, and deferred.
    chosen as materialized (
        select r.*, case v.verdict when 'cancel' then v.reason end as refusal
        from ready as r
        cross join lateral private.policy_verdict(jsonb_populate_record(null::public.deliveries, jsonb_build_object(
            'id', r.delivery_id, 'client_id', project.client_id, 'lead_id', r.lead_id, 'thread_id', r.thread_id, 'interview_id', r.interview_id,
            'channel_account_id', project.channel_account_id, 'kind', 'invitation', 'content', r.content
        ))) as v
    ),
    refused as (
        update public.interviews as i
        set status = 'cancelled', end_reason = case when c.refusal = 'the lead opted out' then 'opted_out' else 'cancelled' end::public.end_reason,
            metadata = i.metadata || jsonb_build_object('reason', c.refusal)
        from chosen as c
        where i.id = c.interview_id and c.refusal is not null
    ),
    taken as (
        update private.threads as t
        -- What was left unhandled was said to another interview.
        set interview_id = c.interview_id, conversation_id = null, last_seq = c.seq, handled_seq = t.inbound_seq, not_before = null, waiting_since = null
        from chosen as c
        where t.id = c.thread_id and c.refusal is null
    ),
    said as (
        insert into public.interview_messages (id, interview_id, role, content, metadata, client_id, seq)
        select c.message_id, c.interview_id, 'assistant', c.content ->> 'text', jsonb_build_object('type', 'template', 'delivery_id', c.delivery_id), project.client_id, c.seq
        from chosen as c
        where c.refusal is null
    ),
    queued as (
        insert into public.deliveries (id, client_id, lead_id, thread_id, interview_id, channel_account_id, kind, content, message_id, queue, seq)
        select c.delivery_id, project.client_id, c.lead_id, c.thread_id, c.interview_id, project.channel_account_id, 'invitation', c.content, c.message_id, 'default', c.seq
        from chosen as c
        where c.refusal is null
    )
    update public.interviews as i
    set invited_at = private.now(), thread_id = c.thread_id
    from chosen as c
    where i.id = c.interview_id and c.refusal is null;
    get diagnostics invited = row_count;
    return invited;
end
$$;
comment on function private.invite(uuid, integer) is
'Makes the next invitations of an active project, at most max: takes each lead''s thread for the interview, writes the message and its delivery. Returns how many were made. Idempotent: an interview is invited once.';

-- source: sql/30_rules/63_admit_deliveries.sql sha256:3b41f195bda7fbd5e963780e8746e65055e4d396c02f1eb1424080a5e5c25c3b
create or replace function private.admit_deliveries(client_id uuid, queue text) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
    free integer;
    ids uuid[];
    msg_ids bigint[];
begin
    select private.setting_int('admitted_tasks') - count(*) into free
    from public.deliveries as d
    where d.queue = admit_deliveries.queue and d.client_id = admit_deliveries.client_id and d.task_id is not null;
    ids := array(
        select d.id
        from public.deliveries as d
        where d.client_id = admit_deliveries.client_id and d.queue = admit_deliveries.queue
            and d.status in ('queued', 'deferred') and d.task_id is null and d.due_at <= private.now()
            -- A lead gets messages in order: the next is let go when the one before was accepted, or will never be.
            and not exists (
                select from public.deliveries as e
                where e.thread_id = d.thread_id and e.seq < d.seq and e.status in ('queued', 'deferred', 'sending', 'unknown')
            )
        order by d.due_at, d.seq, d.id
        limit greatest(free, 0)
        for no key update of d skip locked
    );
    if cardinality(ids) = 0 then
        return 0;
    end if;
    msg_ids := array(
        select s.id
        from pgmq.send_batch(admit_deliveries.queue, array(
            select private.task_message('delivery', u.id, admit_deliveries.client_id, 1) from unnest(ids) with ordinality as u (id, ord) order by u.ord
        ), 0) as s (id)
    );
    update public.deliveries as d
    set task_id = u.msg_id, status = 'queued', reason = null, due_at = private.now()
    from unnest(ids, msg_ids) as u (id, msg_id)
    where d.id = u.id;
    return cardinality(ids);
end
$$;
comment on function private.admit_deliveries(uuid, text) is
'Puts a client''s waiting deliveries into a queue, as far as its share (admitted_tasks) goes. Returns how many. Work waits in rows so that one client cannot stand before another''s reply.';

-- source: sql/30_rules/63_daily_room.sql sha256:47187cae7e2264a09163e2a2d0d52390c702f3e42ba84c34b30481005f33bd18
create or replace function private.daily_room(project public.projects) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
    account public.channel_accounts;
    siblings uuid[];
    window_hours integer;
    everybody integer;
    needed integer;
    used integer;
    waiting integer;
    free integer;
begin
    select a.* into account
    from public.channel_accounts as a
    where a.id = coalesce(project.channel_account_id, private.account_for(project.client_id, null));
    if account.daily_limit is null then
        return null;
    end if;
    siblings := private.accounts_of_portfolio(account.id);
    select p.window_hours into window_hours from private.providers as p where p.provider = account.provider and p.channel = account.channel;
    select count(*), count(*) filter (where o.lead_id is null and r.lead_id is null) into everybody, needed
    from private.audience(project.id) as a
    left join (
        select t.lead_id
        from private.threads as t
        where t.client_id = project.client_id and t.channel_account_id = account.id
            and t.last_inbound_at > private.now() - make_interval(hours => window_hours)
    ) as o on o.lead_id = a.lead_id
    -- Whoever was written to counts once.
    left join (
        select distinct d.lead_id
        from public.deliveries as d
        where d.client_id = project.client_id and d.channel_account_id = any (siblings) and d.initiated
            and d.begun_at > private.now() - interval '24 hours'
    ) as r on r.lead_id = a.lead_id
    where a.left_out is null;
    used := private.people_reached(account.id);
    -- What other projects have begun and not sent yet takes the same room.
    select count(distinct i.lead_id) into waiting
    from public.projects as p
    join public.interviews as i on i.project_id = p.id
    where p.client_id = project.client_id and p.id <> project.id and p.status = 'active' and p.channel_account_id = any (siblings)
        and i.status = 'pending'
        and (
            i.invited_at is null
            or exists (
                select from public.deliveries as d
                where d.client_id = i.client_id and d.interview_id = i.id and d.kind = 'invitation' and d.status in ('queued', 'deferred') and d.begun_at is null
            )
        );
    free := greatest(account.daily_limit - used - waiting, 0);
    return jsonb_build_object(
        'daily_limit', account.daily_limit, 'used_24h', used, 'waiting', waiting, 'free', free, 'audience', everybody, 'needed', needed, 'fits', needed <= free,
        'days', case
            when needed = 0 then 0
            when needed <= free then 1
            else ceil((used + waiting + needed)::numeric / account.daily_limit)::integer
        end
    );
end
$$;
comment on function private.daily_room(public.projects) is
'Whether a project''s audience fits into its account''s daily limit if it started now: {"daily_limit", "used_24h", "waiting": people whom running projects are still to invite, "free", "audience", "needed": those of it who count (not who wrote lately, nor who was written to already), "fits", "days": over how many days it would be spread}. null: no limit.';

-- source: sql/30_rules/63_start_problem.sql sha256:7279f58a75b7f7e056cb89c671aadcb92828e591563224bb68d537a22ee20f43
create or replace function private.start_problem(project public.projects) returns text
language plpgsql stable security definer set search_path = ''
as $$
declare
    room jsonb;
begin
    if not project.config ? 'questionnaire' or project.config -> 'stretch' = 'true' then
        return null;
    end if;
    room := private.daily_room(project);
    if room is null or (room ->> 'fits')::boolean then
        return null;
    end if;
    return format(
        'the audience has %s leads%s, but the account may write first to %s people in 24 hours (%s used%s): %s do not fit',
        room ->> 'audience',
        case when room ->> 'needed' <> room ->> 'audience' then format(', %s of them to be written to first', room ->> 'needed') else '' end,
        room ->> 'daily_limit', room ->> 'used_24h',
        case when room ->> 'waiting' <> '0' then format(', %s waiting in running projects', room ->> 'waiting') else '' end,
        (room ->> 'needed')::integer - (room ->> 'free')::integer
    );
end
$$;
comment on function private.start_problem(public.projects) is
'Why a project cannot start now although all is set up, as a sentence; null if it can: an audience larger than the daily limit''s room, unless config.stretch spreads it over days.';

-- source: sql/30_rules/65_invite_next.sql sha256:38a5de2136bafe1f1a8c0ab5a595b488112d272e8ec3cb70f52ce5c457f901d5
create or replace function private.invite_next(client_id uuid) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
    project record;
    open_ones jsonb;
    free integer;
    made integer;
    invited integer := 0;
begin
    -- One transaction at a time invites for a client; another that comes meanwhile has nothing to add.
    if not pg_try_advisory_xact_lock(hashtextextended('invite_next ' || invite_next.client_id, 0)) then
        return 0;
    end if;
    -- Counted by account: one that is stopped, or has reached its limit for today, keeps its own people waiting and nobody else's.
    select coalesce(jsonb_object_agg(w.channel_account_id, w.n), '{}') into open_ones
    from (
        select d.channel_account_id, count(*) as n
        from public.deliveries as d
        left join public.interviews as i on i.id = d.interview_id
        left join public.projects as p on p.id = i.project_id
        where d.client_id = invite_next.client_id and d.queue = 'default' and d.status in ('queued', 'deferred', 'sending')
            -- What waits for a paused project takes no room from the others.
            and coalesce(p.status, 'active') = 'active'
            -- Nor what waits for days, for a lead who was written to often enough.
            and not (d.status = 'deferred' and d.due_at > private.now() + interval '1 day')
        group by d.channel_account_id
    ) as w;
    for project in
        select p.id, p.channel_account_id from public.projects as p
        where p.client_id = invite_next.client_id and p.status = 'active'
        order by p.created_at, p.id
    loop
        free := private.setting_int('admitted_tasks') - coalesce((open_ones ->> project.channel_account_id::text)::integer, 0);
        continue when free <= 0;
        begin
            made := private.invite(project.id, free);
            invited := invited + made;
            if made > 0 then
                open_ones := open_ones || jsonb_build_object(project.channel_account_id, private.setting_int('admitted_tasks') - free + made);
            end if;
        exception
            when deadlock_detected or lock_not_available or query_canceled then
                raise;
            when others then
                -- The sweep and every claim come by here: one project that cannot invite must not stop the others.
                raise warning 'project % cannot invite: %', project.id, sqlerrm;
        end;
    end loop;
    perform private.admit_deliveries(invite_next.client_id, 'default');
    return invited;
end
$$;
comment on function private.invite_next(uuid) is
'Makes and admits a client''s next invitations, as many for each account as its share of the queue has room for. Called when a project starts, when deliveries finish, and by the sweep.';

-- source: sql/30_rules/65_policy_verdict.sql sha256:405dc9f1f7e1f6261c9173f4e2d16fcabc7c0a59dbe09c8773acd8866984b0ae
create or replace function private.policy_verdict(d public.deliveries, out verdict text, out until timestamptz, out reason text)
language plpgsql volatile security definer set search_path = ''
as $$
declare
    right_now timestamptz := private.now();
    provider private.providers;
    lead public.leads;
    heard_at timestamptz;
    begins boolean;
    rules public.sending_rules;
    open_at timestamptz;
begin
    verdict := 'cancel';
    select p.* into provider
    from public.channel_accounts as a
    join private.providers as p on p.provider = a.provider and p.channel = a.channel
    where a.id = d.channel_account_id;

    if d.lead_id is not null then
        select * into lead from public.leads as l where l.id = d.lead_id;
        heard_at := (select t.last_inbound_at from private.threads as t where t.lead_id = d.lead_id and t.channel_account_id = d.channel_account_id);
        -- The business begins, unless it goes on with somebody who wrote within a day.
        begins := d.kind in ('invitation', 'reminder')
            or (d.kind in ('message', 'reply') and coalesce(heard_at <= right_now - make_interval(hours => coalesce(provider.window_hours, 24)), true));
        reason := case
            when lead.status = 'blocked' then 'the lead is blocked'
            when d.kind = 'goodbye' then private.goodbye_refusal(d, lead)
            when lead.opted_out_at is not null then 'the lead opted out'
            when lead.status = 'inactive' and begins then 'the lead is inactive'
            else private.pack_refusal(d, lead)
        end;
        if reason is not null then
            return;
        end if;
    end if;

    if d.content ->> 'type' <> 'template' then
        if provider.window_hours is not null and coalesce(heard_at <= right_now - make_interval(hours => provider.window_hours), true) then
            reason := format('free text is outside WhatsApp''s %s-hour window', provider.window_hours);
            return;
        end if;
    elsif provider.templates then
        select t.verdict, t.until, t.reason into verdict, until, reason from private.template_verdict(d) as t;
        if verdict <> 'go' then
            return;
        end if;
    end if;

    verdict := 'go';
    if begins then
        rules := private.sending_rules_of(d.client_id);
        open_at := private.next_open(rules, private.zone_of(lead), right_now);
        if open_at is distinct from right_now then
            verdict := 'wait';
            until := coalesce(open_at, right_now + interval '1 day');
            reason := 'it is outside the hours at which the lead may be written to';
            return;
        end if;
        select c.until, c.reason into until, reason from private.free_of_caps(d, rules) as c;
        if until is not null then
            verdict := 'wait';
            until := coalesce(private.next_open(rules, private.zone_of(lead), until), until);
        end if;
    end if;
end
$$;
comment on function private.policy_verdict(public.deliveries, out text, out timestamptz, out text) is
'Whether a delivery is allowed now: go, wait (until, reason) or cancel (reason). Consent, blocked and inactive leads, the rules of the agent''s trade, the 24-hour window and the state of templates, hours and holidays where the lead lives, how often it was written to. What a lead just asked for, and news for staff, wait for no hour. Asked when a delivery is made and at every claim.';

-- source: sql/30_rules/66_delivery_task.sql sha256:3109d7262fe9d88458951d01827b28fc457df6b312f47b042c827856e6be6357
create or replace function private.delivery_task(delivery public.deliveries) returns jsonb
language sql stable security definer set search_path = ''
as $$
    select jsonb_build_object(
        'task', 'delivery', 'queue', delivery.queue, 'msg_id', delivery.task_id, 'id', delivery.id, 'client_id', delivery.client_id,
        'attempt', delivery.attempts, 'claim', delivery.claim, 'wait_ms', 0,
        'work', jsonb_build_object(
            'id', delivery.id, 'kind', delivery.kind, 'channel', delivery.channel, 'channel_account_id', delivery.channel_account_id,
            'content', delivery.content,
            'to', jsonb_build_object(
                'phone', coalesce(l.phone, p.phone, t.address ->> 'phone'), 'wa_id', t.address ->> 'wa_id', 'bsuid', t.address ->> 'bsuid', 'email', coalesce(l.email, p.email)
            ) || jsonb_strip_nulls(jsonb_build_object('lid', t.address -> 'lid'))
        )
    )
    from (select 1) as one
    left join public.leads as l on l.id = delivery.lead_id
    left join public.profiles as p on p.id = delivery.profile_id
    left join private.threads as t on t.id = delivery.thread_id;
$$;
comment on function private.delivery_task(public.deliveries) is 'A claimed delivery as the functions get it: {"task": "delivery", "claim", "attempt", "work": {"to", "content", "channel_account_id", …}, …}.';

-- source: sql/30_rules/66_is_initiated.sql sha256:272ba20e0514ce90de6ddf2b31ed7ebd44fc698131b9dd77d86e1cec2715e871
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

-- source: sql/30_rules/67_lock_paces.sql sha256:dfffacbed7836b8b4e1e4f690fcbf3dc0beeee06777c8aeff650b2e71b0c7554
create or replace function private.lock_paces(account_ids uuid[]) returns void
language plpgsql security definer set search_path = ''
as $$
begin
    if cardinality(account_ids) = 0
        or not exists (select from public.channel_accounts as a where a.id = any (account_ids) and a.throughput is not null) then
        return;
    end if;
    -- Lock order: after threads, before deliveries, each by id. An account without a throughput makes nobody wait.
    insert into private.account_paces (channel_account_id, client_id)
    select a.id, a.client_id
    from public.channel_accounts as a
    where a.id = any (account_ids) and a.throughput is not null
        and not exists (select from private.account_paces as p where p.channel_account_id = a.id)
    order by a.id
    on conflict (channel_account_id) do nothing;
    perform from private.account_paces as p
    join public.channel_accounts as a on a.id = p.channel_account_id
    where p.channel_account_id = any (account_ids) and a.throughput is not null
    order by p.channel_account_id
    for no key update of p;
end
$$;
comment on function private.lock_paces(uuid[]) is 'Locks the paces of accounts that have a throughput, in the order that cannot deadlock: whoever lets sends go for them does this first.';

-- source: sql/30_rules/68_await_word.sql sha256:28dcd466abb512967a4213d92e1f55d379a844bae65a92e552986cbbd0b15e1c
create or replace function private.await_word(delivery_id uuid, error jsonb) returns void
language plpgsql security definer set search_path = ''
as $$
declare
    d public.deliveries;
begin
    update public.deliveries as x
    set status = 'unknown', error = await_word.error, due_at = private.now() + make_interval(secs => private.setting_int('unknown_grace_s'))
    where x.id = await_word.delivery_id
    returning * into d;
    perform pgmq.set_vt(d.queue, d.task_id, private.setting_int('unknown_grace_s'));
end
$$;
comment on function private.await_word(uuid, jsonb) is
'A send that may have left is unknown: for the grace period (unknown_grace_s) only the provider''s word decides. Its claim stays good for the result that comes late. The caller holds its row''s lock.';

-- source: sql/30_rules/68_follow_account.sql sha256:75638861d6042296f2e0e79a84a30df74b4d6608c71b40dffa58d1bf42d14c6f
create or replace function private.follow_account(account_id uuid, news jsonb) returns void
language plpgsql security definer set search_path = ''
as $$
begin
    case news ->> 'state'
        when 'connected' then
            update public.channel_accounts as a set status = 'active' where a.id = follow_account.account_id and a.stopped_reason is not null;
        when 'disconnected' then
            perform private.stop_account(follow_account.account_id, 'disconnected', coalesce(nullif(news ->> 'reason', ''), 'conta desconectada'));
        when 'paused' then
            perform private.stop_account(follow_account.account_id, 'paused', coalesce(nullif(news ->> 'reason', ''), 'conta suspensa'));
        else
            null;
    end case;
end
$$;
comment on function private.follow_account(uuid, jsonb) is
'What a provider says of an account itself, {"state": connected | disconnected | paused, "reason"}: stops it, or starts it again if it was the engine that had stopped it. Idempotent.';

-- source: sql/30_rules/68_may_repeat.sql sha256:82a0fefd2f0bebb415c5d9ab93ff4b073e6d110e0d22acabdb52e3a054445459
create or replace function private.may_repeat(delivery public.deliveries) returns boolean
language sql stable security definer set search_path = ''
as $$
    -- Nobody is to read twice that he will not be written to any more.
    select delivery.kind <> 'goodbye' and (p.idempotent or delivery.repeats < private.setting_int('unknown_repeats'))
    from public.channel_accounts as a
    join private.providers as p on p.provider = a.provider and p.channel = a.channel
    where a.id = delivery.channel_account_id;
$$;
comment on function private.may_repeat(public.deliveries) is
'Whether a send of which nobody knows may go out again: as often as attempts allow where the provider takes a repeated send once, else unknown_repeats times; a goodbye never.';

-- source: sql/30_rules/68_note_refusal.sql sha256:51395a3acba070f2ca7b42b77aeea65a1320b66934d3d842b56943a42859715f
create or replace function private.note_refusal(delivery_id uuid, code text) returns boolean
language plpgsql security definer set search_path = ''
as $$
begin
    -- WhatsApp Cloud API, error codes: 131050, the person stopped marketing messages of this business. Twilio, error 21610: the person answered STOP.
    insert into public.consents (client_id, lead_id, granted, legal_basis, evidence)
    select d.client_id, d.lead_id, false, 'consent', jsonb_build_object('source', 'provider', 'delivery_id', d.id, 'code', note_refusal.code)
    from public.deliveries as d
    join public.channel_accounts as a on a.id = d.channel_account_id
    join public.leads as l on l.id = d.lead_id
    where d.id = note_refusal.delivery_id and l.opted_out_at is null
        and (a.provider, note_refusal.code) in (('whatsapp_cloud', '131050'), ('twilio', '21610'));
    return found;
end
$$;
comment on function private.note_refusal(uuid, text) is
'A provider refused a delivery with this code: where it means that the lead does not want to be written to, that goes into the ledger. Returns whether it did. Idempotent. The caller holds the locks of the thread and its interview.';

-- source: sql/30_rules/68_pause_account.sql sha256:71273a8d43fad3c2bd7d79006ae9e9e5ad710e996dee816eb1ae7d7da4b4c44d
create or replace function private.pause_account(account_id uuid, pause interval, reason text) returns void
language sql security definer set search_path = ''
as $$
    insert into private.account_paces as p (channel_account_id, client_id, not_before, reason)
    select a.id, a.client_id, clock_timestamp() + pause_account.pause, pause_account.reason
    from public.channel_accounts as a
    where a.id = pause_account.account_id
    on conflict (channel_account_id) do update set not_before = greatest(p.not_before, excluded.not_before), reason = excluded.reason;
$$;
comment on function private.pause_account(uuid, interval, text) is 'The provider wants nothing from an account for a while (too fast, too many): its sends wait, no attempt is counted, nobody is alarmed.';

-- source: sql/30_rules/68_retry_delivery.sql sha256:97594f3689baf38c691118e2224ff89e011048a8265eae883d8f59d7458dece5
create or replace function private.retry_delivery(delivery_id uuid, error jsonb, retryable boolean) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    d public.deliveries;
    again record;
begin
    select * into strict d from public.deliveries as x where x.id = retry_delivery.delivery_id;
    select * into again from private.retry_wait(retry_delivery.error, retry_delivery.retryable, d.attempts);
    if again.wait is not null then
        update public.deliveries as x
        set status = 'queued', claim = null, error = retry_delivery.error, due_at = private.now() + again.wait,
            attempts = case when again.counted then x.attempts else x.attempts - 1 end
        where x.id = d.id;
        perform pgmq.set_vt(d.queue, d.task_id, ceil(extract(epoch from again.wait))::integer);
        return jsonb_build_object('outcome', 'retry', 'retry_in_ms', ceil(extract(epoch from again.wait) * 1000)::integer);
    end if;
    perform private.bury(d.queue, 'delivery', d.id, d.client_id, d.task_id, retry_delivery.error, d.attempts);
    update public.deliveries as x
    set status = 'failed', claim = null, error = retry_delivery.error, task_id = null, reason = retry_delivery.error ->> 'message'
    where x.id = d.id;
    return jsonb_build_object('outcome', 'dead', 'retry_in_ms', null);
end
$$;
comment on function private.retry_delivery(uuid, jsonb, boolean) is
'After a failed attempt at a delivery: again after 1, 5, 25 seconds (throttled: when error.retry_after_ms says, uncounted), or, when that was the last one or the error is permanent, failed and a dead letter.';

-- source: sql/30_rules/68_stop_account.sql sha256:3d425363e6146b8dd9ea5d9c489c850cf9df813dbfc73302fc966a7e8e9a3180
create or replace function private.stop_account(account_id uuid, status public.channel_account_status, reason text) returns void
language plpgsql security definer set search_path = ''
as $$
declare
    a public.channel_accounts;
begin
    update public.channel_accounts as x
    set status = stop_account.status, stopped_reason = left(stop_account.reason, 1000)
    where x.id = stop_account.account_id and x.status = 'active'
    returning * into a;
    if found then
        perform private.notify(a.client_id, 'account_stopped', null, format(
            'A conta "%s" parou de enviar. Motivo dado pelo provedor: %s. As mensagens estão guardadas e seguem quando ela voltar.', a.name, rtrim(stop_account.reason, '. ')
        ), a.id || to_char(private.now() at time zone 'America/Sao_Paulo', ' YYYY-MM-DD HH24'));
    end if;
end
$$;
comment on function private.stop_account(uuid, public.channel_account_status, text) is
'Stops an account that its provider does not let send (token, payment, policy, disconnected) and tells the client''s owners, once an hour. Its deliveries wait; other accounts go on. A person who sets it active, or new credentials, or the provider''s word, starts it again.';

-- source: sql/30_rules/68_throttle_delivery.sql sha256:86a6f99b4842dce2d8491904c7dfcb5e12de86e2ea5025f0f149fc1e2c85212c
create or replace function private.throttle_delivery(delivery_id uuid, error jsonb, retry_after_ms numeric) returns void
language plpgsql security definer set search_path = ''
as $$
declare
    d public.deliveries;
    wait interval;
begin
    select * into strict d from public.deliveries as x where x.id = throttle_delivery.delivery_id;
    -- A day at most, whatever it says.
    wait := make_interval(secs => least(greatest(coalesce(throttle_delivery.retry_after_ms, 1000), 1), 86400000) / 1000.0);
    if coalesce(throttle_delivery.error ->> 'scope', 'message') in ('recipient', 'message') then
        if d.throttles >= 30 then
            perform private.retry_delivery(d.id, throttle_delivery.error, false);
            return;
        end if;
    end if;
    if throttle_delivery.error ->> 'scope' = 'recipient' then
        -- Four times as long each time in a row, up to an hour (WhatsApp Cloud API, pair rate limits: 4^X seconds).
        wait := greatest(wait, least(wait * power(4, least(d.throttles, 10)), interval '1 hour'));
    end if;
    if throttle_delivery.error ->> 'scope' in ('number', 'account') then
        perform private.pause_account(d.channel_account_id, wait, throttle_delivery.error ->> 'message');
    end if;
    update public.deliveries as x
    set attempts = x.attempts - 1, throttles = x.throttles + 1, error = throttle_delivery.error
    where x.id = d.id;
    perform private.hold_delivery(d.id, private.now() + wait, coalesce(throttle_delivery.error ->> 'message', 'the provider throttled it'));
end
$$;
comment on function private.throttle_delivery(uuid, jsonb, numeric) is
'A send came too fast: it waits for as long as the provider says, and no attempt is counted. Scope recipient holds up that person only, four times longer each time in a row; scope number and account hold up all their sends. What is about this message or person alone is given up after 30 times (a day, for a person): a dead letter.';

-- source: sql/30_rules/68_word_may_come.sql sha256:9df217cbb293bc2e115aaf5562d1f4722f9b024aa295847ea769dc520cca8179
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

-- source: sql/30_rules/69_governor_verdict.sql sha256:750fda21f5d0b31b6a1d1f55d673ee3760392cdbab72371f9ff6450451420f91
create or replace function private.governor_verdict(delivery public.deliveries, out verdict text, out until timestamptz, out reason text)
language plpgsql security definer set search_path = ''
as $$
declare
    a public.channel_accounts;
    provider private.providers;
    pace private.account_paces;
    right_now timestamptz := private.now();
    -- Rates are the provider's, and go by its clock.
    tick timestamptz := clock_timestamp();
    free_at timestamptz;
begin
    select * into strict a from public.channel_accounts as x where x.id = delivery.channel_account_id;
    select * into strict provider from private.providers as p where p.provider = a.provider and p.channel = a.channel;
    verdict := 'wait';
    if a.status <> 'active' then
        reason := case a.status when 'disconnected' then 'the channel account is disconnected' else 'the channel account is paused' end;
        until := right_now + interval '1 minute';
        -- News for staff take another way instead.
        verdict := case delivery.kind when 'notification' then 'cancel' else 'wait' end;
        return;
    end if;
    if exists (select from public.clients as c where c.id = delivery.client_id and c.status <> 'active') then
        reason := 'the client is suspended';
        until := right_now + interval '1 minute';
        return;
    end if;
    if delivery.kind in ('invitation', 'reminder') and exists (
        select from public.interviews as i join public.projects as p on p.id = i.project_id where i.id = delivery.interview_id and p.status <> 'active'
    ) then
        reason := 'the project is paused';
        until := right_now + interval '1 minute';
        return;
    end if;
    select * into pace from private.account_paces as p where p.channel_account_id = a.id;
    if pace.not_before > tick then
        reason := coalesce(pace.reason, 'the provider asked for a pause');
        until := right_now + (pace.not_before - tick);
        return;
    end if;
    if provider.pair_interval_ms is not null and a.throughput is not null then
        select max(d.pair_at) into free_at
        from public.deliveries as d
        where d.client_id = delivery.client_id and d.channel_account_id = a.id and d.pair_at > tick
            and case when delivery.thread_id is not null then d.thread_id = delivery.thread_id
                when delivery.lead_id is not null then d.lead_id = delivery.lead_id else d.profile_id = delivery.profile_id end;
        free_at := free_at - make_interval(secs => provider.pair_interval_ms * (provider.pair_burst - 1) / 1000.0);
        if free_at > tick then
            reason := 'too many messages to one person in a short time';
            until := right_now + (free_at - tick);
            return;
        end if;
    end if;
    if delivery.initiated and a.daily_limit is not null then
        -- One at a time decides for a portfolio; who comes meanwhile looks again in a second.
        if not pg_try_advisory_xact_lock(hashtextextended('reach ' || a.client_id || coalesce(a.portfolio_id, a.id::text), 0)) then
            reason := 'another send to somebody new is being decided';
            until := right_now + interval '1 second';
            return;
        end if;
        free_at := private.reach_again_at(delivery, a);
        if free_at is not null then
            reason := format('the account''s limit of %s people in 24 hours is reached', a.daily_limit);
            until := free_at;
            return;
        end if;
    end if;
    if a.throughput is not null then
        -- Four fifths evenly, one fifth at once: no second sees more than the throughput.
        free_at := pace.next_at - make_interval(secs => (greatest(a.throughput / 5, 1) - 1) / (0.8 * a.throughput));
        if free_at > tick then
            reason := 'the account''s throughput is reached';
            until := right_now + (free_at - tick);
            return;
        end if;
    end if;
    verdict := 'go';
end
$$;
comment on function private.governor_verdict(public.deliveries, out text, out timestamptz, out text) is
'Whether a delivery that policy allows fits into what its account may do now: go, wait (until, reason) or cancel (reason). Stopped accounts, suspended clients, paused projects, the rate for one person, people in 24 hours, messages per second. The caller holds the account''s pace (private.lock_paces).';

-- source: sql/30_rules/69_grant_delivery.sql sha256:e9ef4f732aa164556eac6b96ffbfcedd7b08c97ee7f701a73f4eebec8d20473d
create or replace function private.grant_delivery(delivery_id uuid, visibility_s integer, released_by uuid default null) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    d public.deliveries;
begin
    update public.deliveries as x
    set status = 'sending', claim = gen_random_uuid(), attempts = x.attempts + 1, due_at = private.now() + make_interval(secs => visibility_s),
        begun_at = private.now(), initiated = private.is_initiated(x), reason = null, released_by = grant_delivery.released_by,
        pair_at = (
            select greatest(clock_timestamp(), (
                select max(e.pair_at) from public.deliveries as e
                where e.client_id = x.client_id and e.channel_account_id = x.channel_account_id and e.pair_at > clock_timestamp()
                    and case when x.thread_id is not null then e.thread_id = x.thread_id
                        when x.lead_id is not null then e.lead_id = x.lead_id else e.profile_id = x.profile_id end
            )) + make_interval(secs => p.pair_interval_ms / 1000.0)
            from public.channel_accounts as a
            join private.providers as p on p.provider = a.provider and p.channel = a.channel
            where a.id = x.channel_account_id and p.pair_interval_ms is not null and a.throughput is not null
        ),
        -- A task that hides for as long as the claim lasts: whoever dies with the claim is noticed when it shows again.
        task_id = coalesce(x.task_id, (
            select s.id from pgmq.send(x.queue, private.task_message('delivery', x.id, x.client_id, x.attempts + 1), visibility_s) as s (id)
        ))
    where x.id = grant_delivery.delivery_id
    returning * into d;
    update private.account_paces as p
    set next_at = greatest(p.next_at, clock_timestamp()) + make_interval(secs => 1 / (0.8 * a.throughput))
    from public.channel_accounts as a
    where p.channel_account_id = d.channel_account_id and a.id = p.channel_account_id and a.throughput is not null;
    return private.delivery_task(d);
end
$$;
comment on function private.grant_delivery(uuid, integer, uuid) is
'Claims a delivery for the caller for so many seconds, counts it against its account''s limits, and returns its task. released_by: the claim whose completion hands it out. The caller holds its row''s lock and has asked private.gate.';

-- source: sql/30_rules/69_heed_refusal.sql sha256:66558f4b21ee45977fd62e712fcbd4e923a6ce1aceb0ee6e23f623897c3bca98
create or replace function private.heed_refusal(delivery_id uuid, error jsonb) returns boolean
language plpgsql security definer set search_path = ''
as $$
declare
    d public.deliveries;
begin
    if coalesce((heed_refusal.error ->> 'retryable')::boolean, false) or heed_refusal.error is null then
        return false;
    end if;
    select * into strict d from public.deliveries as x where x.id = heed_refusal.delivery_id;
    if heed_refusal.error ->> 'scope' in ('number', 'account') then
        perform private.stop_account(d.channel_account_id, 'paused', coalesce(heed_refusal.error ->> 'message', 'envio recusado'));
        return true;
    end if;
    perform private.note_refusal(d.id, heed_refusal.error ->> 'code');
    return false;
end
$$;
comment on function private.heed_refusal(uuid, jsonb) is
'What a provider''s refusal for good means beyond its message: number or account may not send: the account stops (returns true); the person does not want it: an opt-out.';

-- source: sql/30_rules/69_refuse_delivery.sql sha256:1f99d20a95f8cadd0475bf6d4566aed94f8006d00eceb067f6bb2b49e68fdcfb
create or replace function private.refuse_delivery(delivery_id uuid, error jsonb) returns void
language plpgsql security definer set search_path = ''
as $$
declare
    d public.deliveries;
    retryable boolean := coalesce((refuse_delivery.error ->> 'retryable')::boolean, false);
begin
    select * into strict d from public.deliveries as x where x.id = refuse_delivery.delivery_id;
    -- It is not the message's fault: it waits for its account. News for staff take another way.
    if private.heed_refusal(d.id, refuse_delivery.error) and d.kind <> 'notification' then
        update public.deliveries as x set attempts = x.attempts - 1, error = refuse_delivery.error where x.id = d.id;
        perform private.hold_delivery(d.id, private.now() + interval '1 minute', 'the channel account is paused');
        return;
    end if;
    perform private.retry_delivery(d.id, refuse_delivery.error, retryable);
end
$$;
comment on function private.refuse_delivery(uuid, jsonb) is
'A send was refused with {"code", "message", "retryable", "scope"}: tried again, or a dead letter; where it is the number or the account that may not send, the account stops and the delivery waits for it.';

-- source: sql/30_rules/70_begin_deliveries.sql sha256:295a29201b1c99aa897921353b6251505ce2264ef8050e25eab9d14061eaf65b
create or replace function private.begin_deliveries(tasks jsonb, visibility_s integer) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    task record;
    begun jsonb;
    trouble jsonb;
    granted jsonb := '[]';
begin
    perform private.lock_paces(array(
        select x.channel_account_id from public.deliveries as x where x.id in (select (j ->> 'id')::uuid from jsonb_array_elements(tasks) as j)
    ));
    for task in
        select (x ->> 'id')::uuid as id, (x ->> 'msg_id')::bigint as msg_id, x ->> 'queue' as queue
        from jsonb_array_elements(tasks) as x
        order by 1
    loop
        begin
            begun := private.begin_delivery(task.id, task.queue, task.msg_id, begin_deliveries.visibility_s);
            if begun is not null then
                granted := granted || begun;
            end if;
        exception
            when deadlock_detected or lock_not_available or query_canceled then
                raise;
            when others then
                -- One that cannot even be looked at must not keep its neighbours, of whatever client, from being claimed.
                trouble := jsonb_build_object('code', sqlstate, 'message', sqlerrm);
                begin
                    update public.deliveries as x set attempts = x.attempts + 1 where x.id = task.id and x.task_id = task.msg_id;
                    if found then
                        perform private.retry_delivery(task.id, trouble, true);
                    end if;
                exception
                    when deadlock_detected or lock_not_available or query_canceled then
                        raise;
                    when others then
                        -- Not even that: it shows again in a minute, and is seen in the log.
                        perform pgmq.set_vt(task.queue, task.msg_id, 60);
                        raise warning 'delivery % cannot be claimed: %, %', task.id, trouble, sqlerrm;
                end;
        end;
    end loop;
    return granted;
end
$$;
comment on function private.begin_deliveries(jsonb, integer) is
'Claims the deliveries of tasks just read: sorts out what is done, busy, not allowed any more or exhausted, and returns the rest as tasks. One that raises an error is a failed attempt of its own and harms no other. Waits for no lock but an account''s pace.';

-- source: sql/30_rules/70_begin_delivery.sql sha256:0485b53a423ce342a6adb26d660a15b2096b343a9c2e31bf0d0b8c0895094f50
create or replace function private.begin_delivery(delivery_id uuid, queue text, msg_id bigint, visibility_s integer) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    d public.deliveries;
    gate record;
begin
    select * into d from public.deliveries as x where x.id = begin_delivery.delivery_id for no key update skip locked;
    if not found then
        -- Locked by whoever is finishing it, or deleted: look again in a second.
        if exists (select from public.deliveries as x where x.id = begin_delivery.delivery_id) then
            perform pgmq.set_vt(begin_delivery.queue, begin_delivery.msg_id, 1);
        else
            perform pgmq.delete(begin_delivery.queue, begin_delivery.msg_id);
        end if;
        return null;
    end if;
    if d.task_id is distinct from begin_delivery.msg_id or d.status not in ('queued', 'deferred', 'sending', 'unknown') then
        perform pgmq.delete(begin_delivery.queue, begin_delivery.msg_id);
        if d.task_id = begin_delivery.msg_id then
            update public.deliveries as x set task_id = null where x.id = d.id;
        end if;
        return null;
    end if;
    if d.due_at > private.now() + interval '500 milliseconds' then
        -- Claimed by another instance, or put off.
        perform pgmq.set_vt(begin_delivery.queue, begin_delivery.msg_id, ceil(extract(epoch from d.due_at - private.now()))::integer);
        return null;
    end if;
    if d.status = 'sending' then
        -- Its instance died between the claim and the result. The message may have left: wait for the provider's word.
        perform private.await_word(d.id, '{"code": "no_result", "message": "the attempt came back with no result"}');
        return null;
    end if;
    if d.status = 'unknown' and private.word_may_come(d) then
        perform private.await_word(d.id, d.error);
        return null;
    end if;
    if d.status = 'unknown' and not private.may_repeat(d) then
        perform private.retry_delivery(d.id, coalesce(d.error, '{}') || '{"code": "unknown", "message": "nobody could say whether it was delivered"}', false);
        return null;
    end if;
    if d.status = 'unknown' then
        update public.deliveries as x set repeats = x.repeats + 1 where x.id = d.id;
    end if;
    if d.attempts >= private.setting_int('max_attempts') then
        perform private.retry_delivery(d.id, coalesce(d.error, '{"code": "no_result", "message": "no attempt came back with a result"}'), false);
        return null;
    end if;
    d.initiated := private.is_initiated(d);
    select * into gate from private.gate(d);
    if gate.verdict = 'cancel' then
        update public.deliveries as x set status = 'cancelled', reason = gate.reason where x.id = d.id;
        perform private.end_delivery(d.id);
        return null;
    end if;
    if gate.verdict = 'wait' then
        perform private.hold_delivery(d.id, gate.until, gate.reason);
        return null;
    end if;
    perform pgmq.set_vt(begin_delivery.queue, begin_delivery.msg_id, begin_delivery.visibility_s);
    return private.grant_delivery(d.id, begin_delivery.visibility_s);
end
$$;
comment on function private.begin_delivery(uuid, text, bigint, integer) is
'Claims the delivery of a task just read, and returns its task; null where it is done, busy, put off, exhausted or not allowed any more. Waits for no row. The caller holds its account''s pace.';

-- source: sql/30_rules/70_gate.sql sha256:f537734a255f746ac3c668478ccef9dac9af08e2ad2261aa322d520268c8e468
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

-- source: sql/30_rules/70_hold_delivery.sql sha256:6e6859c20c83ed0c75b0c9c71bd655fa6cd3dbf67d97418371f1cdb8bde0f9e4
create or replace function private.hold_delivery(delivery_id uuid, until timestamptz, reason text) returns void
language plpgsql security definer set search_path = ''
as $$
declare
    d public.deliveries;
    wait double precision := greatest(extract(epoch from hold_delivery.until - private.now()), 0);
    -- pgmq counts in whole seconds.
    hidden integer := case when wait < 1 then 0 else ceil(wait) end;
begin
    select * into strict d from public.deliveries as x where x.id = hold_delivery.delivery_id;
    if wait < 50 then
        -- Not worth leaving the queue for: whoever drains it knows when to come back.
        update public.deliveries as x
        set status = 'queued', due_at = hold_delivery.until, reason = hold_delivery.reason, claim = null,
            task_id = coalesce(x.task_id, (
                select s.id from pgmq.send(x.queue, private.task_message('delivery', x.id, x.client_id, x.attempts + 1), hidden) as s (id)
            ))
        where x.id = d.id;
        if d.task_id is not null then
            perform pgmq.set_vt(d.queue, d.task_id, hidden);
        end if;
        return;
    end if;
    update public.deliveries as x
    set status = 'deferred', due_at = hold_delivery.until, reason = hold_delivery.reason, claim = null, task_id = null
    where x.id = d.id;
    if d.task_id is not null then
        perform pgmq.delete(d.queue, d.task_id);
    end if;
end
$$;
comment on function private.hold_delivery(uuid, timestamptz, text) is
'Lets a delivery wait: for less than a minute in its queue, for longer as deferred, out of the queue, until admission takes it again. The caller holds its row''s lock.';

-- source: sql/30_rules/71_admit_turns.sql sha256:64ecf28ecc5c6ff218476b051986779e714ec5a15420174fb3d5c5241be11975
create or replace function private.admit_turns(client_id uuid) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
    free integer;
    ids uuid[];
    msg_ids bigint[];
begin
    if not exists (select from private.threads as t where t.client_id = admit_turns.client_id and t.task_id is null and t.due_at is not null) then
        return 0;
    end if;
    select private.setting_int('admitted_tasks') - count(*) into free
    from private.threads as t
    where t.client_id = admit_turns.client_id and t.task_id is not null and t.lease is null;
    -- A thread somebody holds is left for the next time: this never waits, so it may be called under other locks.
    ids := array(
        select t.id
        from private.threads as t
        where t.client_id = admit_turns.client_id and t.task_id is null and t.due_at is not null
        order by t.due_at, t.id
        limit greatest(free, 0)
        for no key update skip locked
    );
    if cardinality(ids) = 0 then
        return 0;
    end if;
    msg_ids := array(
        select s.id
        from pgmq.send_batch('high_priority', array(
            select private.task_message('agent_turn', u.id, admit_turns.client_id, 1) from unnest(ids) with ordinality as u (id, ord) order by u.ord
        ), 0) as s (id)
    );
    update private.threads as t
    set task_id = u.msg_id
    from unnest(ids, msg_ids) as u (id, msg_id)
    where t.id = u.id;
    return cardinality(ids);
end
$$;
comment on function private.admit_turns(uuid) is
'Puts a client''s waiting turns into high_priority, the longest waiting first, as far as its share (admitted_tasks, turns under way not counted) goes. Returns how many. So a client whose leads all answer at once cannot stand before another''s reply.';

-- source: sql/30_rules/71_release_next.sql sha256:83a13c1ba02a554974f7d054105c799adec9f64637325050578abbbf59f7bce3
create or replace function private.release_next(thread_id uuid, visibility_s integer, released_by uuid default null) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    d public.deliveries;
    gate record;
begin
    loop
        select * into d
        from public.deliveries as x
        where x.thread_id = release_next.thread_id and x.status in ('queued', 'deferred', 'sending', 'unknown')
        order by x.seq
        limit 1
        for no key update;
        exit when not found or d.task_id is not null or d.status not in ('queued', 'deferred') or d.due_at > private.now() or d.queue <> 'high_priority';
        d.initiated := private.is_initiated(d);
        select * into gate from private.gate(d);
        if gate.verdict = 'go' then
            return private.grant_delivery(d.id, visibility_s, release_next.released_by);
        end if;
        if gate.verdict = 'wait' then
            perform private.hold_delivery(d.id, gate.until, gate.reason);
            exit;
        end if;
        update public.deliveries as x set status = 'cancelled', reason = gate.reason where x.id = d.id;
    end loop;
    return null;
end
$$;
comment on function private.release_next(uuid, integer, uuid) is
'Claims the next reply that waits in a thread, if its turn has come and it may leave; returns its task or null. released_by: the claim whose completion asks. The caller holds the thread''s lock and its account''s pace. Invitations are left to admission.';

-- source: sql/30_rules/72_released_by.sql sha256:590d6673234adc5ea10b9cc3559257cff4c59f8e05a8331babe5b038841584fb
create or replace function private.released_by(thread_id uuid, claim uuid) returns jsonb
language sql stable security definer set search_path = ''
as $$
    select private.delivery_task(d)
    from public.deliveries as d
    where d.thread_id = released_by.thread_id and d.released_by = released_by.claim and d.status = 'sending' and d.attempts = 1 and d.due_at > private.now();
$$;
comment on function private.released_by(uuid, uuid) is
'The delivery that a completion with this claim handed out, for a caller whose answer got lost and who asks again; null if there is none to be sent any more. Read-only.';

-- source: sql/30_rules/73_turn_work.sql sha256:62891faef58190a43bde5cdc34e2bab617bcb33a59afb5c05ef87424d18fe00e
create or replace function private.turn_work(thread_id uuid) returns jsonb
language sql stable security definer set search_path = ''
as $$
    select jsonb_build_object(
        'kind', 'interview',
        'lead', jsonb_build_object('name', l.name, 'opted_out', l.opted_out_at is not null),
        'company_name', c.company_name,
        'project', jsonb_build_object('name', p.name, 'goal', p.config ->> 'goal'),
        'agent', jsonb_build_object(
            'agent_type', coalesce(r.agent_type, 'renus_base'), 'config', coalesce(r.config, '{}'), 'prompts', coalesce(r.prompts, '{}'),
            'version', r.version, 'model', r.config ->> 'model'
        ),
        'questions', q.items,
        'current_question', i.current_question,
        'history', h.items,
        'input', n.items,
        'reruns', t.reruns,
        'seen', case when n.message_id is not null then jsonb_build_object('channel_account_id', t.channel_account_id, 'message_id', n.message_id) end
    )
    from private.threads as t
    join public.leads as l on l.id = t.lead_id
    join public.clients as c on c.id = t.client_id
    join public.interviews as i on i.id = t.interview_id
    join public.projects as p on p.id = i.project_id
    left join public.renus_config as r on r.id = p.renus_config_id
    -- offset 0 keeps it one lookup: pulled up, it would be one for each question.
    cross join lateral (select private.answers_of(i.id) as known offset 0) as a
    cross join lateral (
        select jsonb_agg(jsonb_build_object(
            'key', s.key, 'text', s.question ->> 'text', 'type', s.question ->> 'type', 'options', s.question -> 'options',
            'validation', coalesce(s.question -> 'validation', '{}'), 'required', coalesce((s.question ->> 'required')::boolean, true),
            'status', s.status,
            'probes_left', coalesce((s.question ->> 'probes')::integer, 0) - coalesce((a.known #>> array[s.key, 'probes'])::integer, 0)
        ) order by s.ord) as items
        from private.interview_state(p.config #> '{questionnaire,questions}', a.known) as s
    ) as q
    cross join lateral (
        select coalesce(jsonb_agg(jsonb_build_object('role', m.role, 'content', m.content, 'seq', m.seq) order by m.seq), '[]') as items
        from (
            select m.role, m.content, m.seq
            from public.interview_messages as m
            where m.interview_id = i.id and m."timestamp" >= i.created_at and m.seq < t.lease_seq
                and not (m.role = 'user' and m.seq > t.handled_seq)
            order by m.seq desc
            limit private.setting_int('history_messages')
        ) as m
    ) as h
    cross join lateral (
        select coalesce(jsonb_agg(jsonb_build_object('id', m.id, 'seq', m.seq, 'type', coalesce(m.metadata ->> 'type', 'text'), 'content', m.content) order by m.seq), '[]') as items,
            (array_agg(m.metadata ->> 'provider_id' order by m.seq desc) filter (where m.metadata ->> 'provider_id' is not null))[1] as message_id
        from public.interview_messages as m
        where m.interview_id = i.id and m.role = 'user' and m.seq > t.handled_seq and m.seq <= t.lease_seq and m."timestamp" >= i.created_at
    ) as n
    where t.id = turn_work.thread_id;
$$;
comment on function private.turn_work(uuid) is
'Everything a turn of a thread needs: lead, project, agent, questions with their state, history and the unhandled input up to the lease''s sequence number, and as what its provider knows the last message of that. null when no interview is live.';

-- source: sql/30_rules/74_ladder.sql sha256:e6fe135b4d36736d78822d2d0b45270409f29a942329fa86c82223f889d4ef09
create or replace function private.ladder(config jsonb, has_template boolean, zone text, start timestamptz, after_step integer, failed boolean)
returns table (step integer, channel public.channel, due_at timestamptz)
language plpgsql stable set search_path = ''
as $$
declare
    item record;
begin
    step := 0;
    due_at := start;
    for item in
        select s.v -> 'after' as after, coalesce(s.v ->> 'channel', 'whatsapp')::public.channel as medium, s.ord::integer as ord
        from jsonb_array_elements(
            case when jsonb_typeof(config -> 'reminders') = 'array' then config -> 'reminders' when has_template then '[{"after": "next_morning"}]' else '[]' end
        ) with ordinality as s (v, ord)
        where s.ord > after_step and (not failed or coalesce(s.v ->> 'channel', 'whatsapp') <> 'whatsapp')
        order by s.ord
    loop
        due_at := case
            -- Nothing has reached the lead yet: the next way is tried at once.
            when failed and step = 0 then start
            when item.after = '"next_morning"' then least(
                ((due_at at time zone zone)::date + 1 + time '08:00') at time zone zone, due_at + interval '23 hours'
            )
            when item.after ? 'hours' then due_at + make_interval(hours => (item.after ->> 'hours')::integer)
            else due_at + make_interval(days => (item.after ->> 'days')::integer)
        end;
        step := item.ord;
        channel := item.medium;
        return next;
    end loop;
    due_at := case
        when failed and step = 0 then start + make_interval(hours => private.setting_int('failed_invitation_hours'))
        else due_at + make_interval(days => coalesce((config #>> '{expire_after,days}')::integer, 7))
    end;
    step := 0;
    channel := null;
    return next;
end
$$;
comment on function private.ladder(jsonb, boolean, text, timestamptz, integer, boolean) is
'When an invitation''s reminders are due, each counted from the one before, the first from start: the steps of projects.config.reminders after after_step, and at last step 0, the interview''s end. Without reminders in config: one the next morning, if the client has a template for it. failed: the invitation reached nobody; the other channels follow, the first of them at once. Read-only.';

-- source: sql/30_rules/74_plan_reminders.sql sha256:0a2c3e5728eb0f717ccdc521842afb42158c5040faf690e02299701af9f51cc3
create or replace function private.plan_reminders(interview_id uuid, invitation public.delivery_status) returns void
language plpgsql security definer set search_path = ''
as $$
declare
    i public.interviews;
    project public.projects;
    lead public.leads;
    answered boolean;
    reached boolean := invitation in ('sent', 'delivered', 'read');
    done integer;
begin
    select * into i from public.interviews as x where x.id = plan_reminders.interview_id and x.status in ('pending', 'in_progress');
    if not found then
        return;
    end if;
    select * into strict project from public.projects as p where p.id = i.project_id;
    select * into strict lead from public.leads as l where l.id = i.lead_id;
    answered := i.status = 'in_progress' or exists (select from public.interview_messages as m where m.interview_id = i.id and m.role = 'user');
    delete from public.reminders as r where r.interview_id = i.id and r.status = 'waiting' and r.delivery_id is null;
    select coalesce(max(r.step), 0) into done from public.reminders as r where r.interview_id = i.id;
    insert into public.reminders (client_id, interview_id, step, channel, due_at)
    select i.client_id, i.id, l.step, l.channel, l.due_at
    from private.ladder(
        project.config, (private.template_for(project.client_id, project.channel_account_id, 'reminder', null)).id is not null,
        private.zone_of(lead), private.now(), done, not (reached or answered)
    ) as l
    -- Who answered is reminded no more. What was cancelled was cancelled for the lead's sake: no other channel is tried.
    where l.step = 0 or not (answered or invitation = 'cancelled')
    on conflict on constraint an_interview_has_each_step_once do nothing;
end
$$;
comment on function private.plan_reminders(uuid, public.delivery_status) is
'Writes down the ladder of an interview whose invitation has come to this status (sent or further, failed, cancelled), from private.now(), in place of what was still waiting of an earlier one. An interview that has ended gets none. Called under the invitation''s lock; takes no other.';

-- source: sql/30_rules/74_stop_reminders.sql sha256:d183bc48d1fac4e2c284e610509274b293862f754bb2d32091c942c7f507d2ae
create or replace function private.stop_reminders(client_id uuid, interview_id uuid, why text, ended boolean) returns void
language plpgsql security definer set search_path = ''
as $$
declare
    waiting uuid[];
begin
    -- Lock order: deliveries, then reminders. Whoever claims a delivery may find that it must not be sent, and tells its reminder.
    waiting := array(
        select d.id
        from public.deliveries as d
        where d.client_id = stop_reminders.client_id and d.interview_id = stop_reminders.interview_id
            and d.kind in ('invitation', 'reminder') and d.status in ('queued', 'deferred')
        order by d.id
        for no key update
    );
    update public.reminders as r
    set status = 'cancelled', reason = stop_reminders.why
    where r.interview_id = stop_reminders.interview_id and r.status = 'waiting' and (r.step > 0 or stop_reminders.ended);
    update public.deliveries as d set status = 'cancelled', reason = stop_reminders.why where d.id = any (waiting);
    perform private.end_delivery(w.id) from unnest(waiting) as w (id);
end
$$;
comment on function private.stop_reminders(uuid, uuid, text, boolean) is
'Cancels an interview''s reminders, and what of them and of its invitation still waits to be sent: it would hold a reply back, which goes out after it. ended: the ladder''s end, too. The caller holds the thread''s lock.';

-- source: sql/30_rules/75_remind.sql sha256:114445ebc51ee14d713aa87727cf71773f1f40e34fef692877f47f1ebbdf312f
create or replace function private.remind(reminder public.reminders, interview public.interviews, thread private.threads) returns void
language plpgsql security definer set search_path = ''
as $$
declare
    project public.projects;
    lead public.leads;
    account public.channel_accounts;
    template public.message_templates;
    needs_template boolean;
    company text;
    step jsonb;
    link text;
    body jsonb;
    problem text;
    state public.delivery_status;
    leaves timestamptz;
    new_message_id uuid := gen_random_uuid();
    new_delivery_id uuid := gen_random_uuid();
begin
    select * into strict project from public.projects as p where p.id = interview.project_id;
    select * into strict lead from public.leads as l where l.id = interview.lead_id;
    select c.company_name into company from public.clients as c where c.id = interview.client_id;
    step := case when jsonb_typeof(project.config -> 'reminders') = 'array' then project.config -> 'reminders' else '[{}]' end -> reminder.step - 1;
    select * into strict account from public.channel_accounts as a where a.id = thread.channel_account_id;
    if reminder.channel = 'whatsapp' then
        select v.templates into needs_template from private.providers as v where v.provider = account.provider and v.channel = 'whatsapp';
        if needs_template or not step ? 'text' then
            template := private.template_for(interview.client_id, account.id, 'reminder', step ->> 'template');
        end if;
        body := case
            when template.id is not null then private.template_content(template, lead.name, company, project.name, null)
            else jsonb_build_object('type', 'text', 'text', private.reminder_text(step ->> 'text', lead.name, company, project.name, null))
        end;
    else
        -- wa.me takes the number in international form, digits only: https://faq.whatsapp.com/5913398998672934
        link := 'https://wa.me/' || nullif(regexp_replace(coalesce(account.display_phone, case when account.external_id like '+%' then account.external_id end), '[^0-9]', '', 'g'), '');
        -- SECURITY: by the client's own accounts only. The house's write to a client's people, never to its leads.
        select a.* into account
        from public.channel_accounts as a
        where a.client_id = interview.client_id and a.channel = reminder.channel and a.status = 'active'
        order by a.created_at, a.id
        limit 1;
        body := jsonb_build_object('type', 'text', 'text', private.reminder_text(step ->> 'text', lead.name, company, project.name, link))
            || case when reminder.channel = 'email'
                then jsonb_build_object('subject', coalesce(step ->> 'subject', regexp_replace(format('%s gostaria de ouvir você', company), '\s+', ' ', 'g')))
                else '{}' end;
    end if;
    problem := case
        when step is null then 'the project has no such reminder any more'
        when account.id is null then 'there is no active account'
        when reminder.channel = 'whatsapp' and needs_template and template.id is null then 'there is no approved template for reminders'
        when reminder.channel <> 'whatsapp' and link is null then 'the project''s number has no display_phone to link to'
        when reminder.channel = 'sms' and lead.phone is null then 'the lead has no phone number'
        when reminder.channel = 'email' and lead.email is null then 'the lead has no e-mail address'
    end;
    if problem is null then
        insert into public.deliveries as d (id, client_id, lead_id, thread_id, interview_id, channel_account_id, channel, kind, content, message_id, queue, seq)
        values (
            new_delivery_id, interview.client_id, lead.id, case when reminder.channel = 'whatsapp' then thread.id end, interview.id, account.id,
            reminder.channel, 'reminder', body, new_message_id, 'default', case when reminder.channel = 'whatsapp' then thread.last_seq + 1 else 0 end
        )
        returning d.status, d.reason, d.due_at into state, problem, leaves;
        insert into public.interview_messages (id, interview_id, role, content, metadata, client_id, seq)
        values (
            new_message_id, interview.id, 'assistant', body ->> 'text',
            jsonb_build_object('type', body -> 'type', 'channel', reminder.channel, 'delivery_id', new_delivery_id), interview.client_id, thread.last_seq + 1
        );
        update private.threads as t set last_seq = t.last_seq + 1 where t.id = thread.id;
        update public.reminders as r
        set delivery_id = new_delivery_id, status = case when state = 'cancelled' then 'skipped' else r.status end, reason = case when state = 'cancelled' then problem end
        where r.id = reminder.id;
    else
        state := 'cancelled';
        update public.reminders as r set status = 'skipped', reason = problem where r.id = reminder.id;
    end if;
    if state = 'cancelled' and not exists (
        select from public.deliveries as d
        where d.client_id = interview.client_id and d.interview_id = interview.id and d.status in ('sent', 'delivered', 'read')
    ) then
        perform private.plan_reminders(interview.id, 'failed');
    elsif reminder.due_at < greatest(leaves, private.now()) - interval '1 hour' then
        -- It comes late, since the project was paused or the lead may not be written to on a Sunday: those after it keep their distance.
        update public.reminders as r
        set due_at = l.due_at
        from private.ladder(project.config, true, private.zone_of(lead), greatest(leaves, private.now()), reminder.step, false) as l
        where r.interview_id = interview.id and r.step = l.step and r.status = 'waiting' and r.delivery_id is null and r.due_at < l.due_at;
    end if;
end
$$;
comment on function private.remind(public.reminders, public.interviews, private.threads) is
'Makes one reminder''s message and delivery: by WhatsApp on the thread, in its order; by SMS or e-mail beside it, with a link to the number. What cannot be sent is skipped with the reason, and where nothing has reached the lead yet the next channel is tried at once. Called under the locks of the three.';

-- source: sql/30_rules/75_reminder_text.sql sha256:0571a634cf2b5363632a46a6a2ec58f0c1414304a128cc32424401857c90ce0e
create or replace function private.reminder_text(wording text, lead_name text, company_name text, project_name text, link text) returns text
language plpgsql immutable set search_path = ''
as $$
declare
    result text := coalesce(reminder_text.wording, case
        when private.first_name(reminder_text.lead_name) is null then 'Olá! ' else 'Olá, {{lead.first_name}}! ' end
        || 'Aqui é da {{client.company_name}}. Ainda gostaríamos muito de ouvir você.');
begin
    if reminder_text.link is not null and strpos(result, '{{whatsapp.link}}') = 0 then
        result := result || ' Responda pelo WhatsApp: {{whatsapp.link}}';
    end if;
    -- Names come last, and braces in them stay out: nothing in a name is a variable.
    return replace(replace(replace(replace(replace(
        result, '{{whatsapp.link}}', coalesce(reminder_text.link, '')), '{{client.company_name}}', translate(reminder_text.company_name, '{}', '')),
        '{{project.name}}', translate(reminder_text.project_name, '{}', '')),
        '{{lead.first_name}}', coalesce(translate(private.first_name(reminder_text.lead_name), '{}', ''), '')),
        '{{lead.name}}', coalesce(translate(reminder_text.lead_name, '{}', ''), ''));
end
$$;
comment on function private.reminder_text(text, text, text, text, text) is
'A reminder''s text with its variables put in; without a wording, a default one. link, where there is one, stands at the end unless the wording has a place for it.';

-- source: sql/30_rules/76_expire_interviews.sql sha256:6112ca53bfcee7eba4df7fee2bfe1a86b79594d8731a49cbc1cd35ec63626df7
create or replace function private.expire_interviews() returns integer
language plpgsql security definer set search_path = ''
as $$
declare
    item record;
    interview public.interviews;
    thread private.threads;
    patience interval;
    expired integer := 0;
begin
    for item in
        select r.id, r.interview_id, p.config
        from public.reminders as r
        join public.interviews as i on i.id = r.interview_id
        join public.projects as p on p.id = i.project_id
        join public.clients as c on c.id = r.client_id
        -- A paused project, or client, waits for nobody's answer.
        where r.status = 'waiting' and r.delivery_id is null and r.due_at <= private.now() and r.step = 0 and p.status <> 'paused' and c.status = 'active'
        order by r.due_at, r.id
        limit 200
    loop
        -- Lock order: interview, thread, deliveries, reminders. Whoever is locked is left for the next time.
        select * into interview from public.interviews as i where i.id = item.interview_id and i.status in ('pending', 'in_progress') for no key update skip locked;
        continue when not found;
        select * into thread from private.threads as t where t.id = interview.thread_id for no key update skip locked;
        -- A turn of it waits or runs.
        continue when not found or thread.task_id is not null or thread.due_at is not null;
        perform from public.deliveries as d
        where d.client_id = interview.client_id and d.interview_id = interview.id and d.status in ('queued', 'deferred')
        order by d.id
        for no key update;
        perform from public.reminders as r where r.id = item.id and r.status = 'waiting' and r.due_at <= private.now() for update;
        continue when not found;
        patience := make_interval(days => coalesce((item.config #>> '{expire_after,days}')::integer, 7));
        if thread.interview_id = interview.id and thread.last_inbound_at > interview.invited_at and thread.last_inbound_at + patience > private.now() then
            -- An interview that goes on: its time runs from the lead's last word.
            update public.reminders as r set due_at = thread.last_inbound_at + patience where r.id = item.id;
            continue;
        end if;
        update public.reminders as r set status = 'expired' where r.id = item.id;
        if interview.status = 'in_progress' or exists (
            select from public.deliveries as d
            where d.client_id = interview.client_id and d.interview_id = interview.id and d.status in ('sent', 'delivered', 'read')
        ) then
            perform private.end_interview(interview.id, 'expired');
        else
            update public.interviews as i set metadata = i.metadata || '{"reason": "no message reached the lead"}' where i.id = interview.id;
            perform private.end_interview(interview.id, 'cancelled');
        end if;
        expired := expired + 1;
    end loop;
    return expired;
end
$$;
comment on function private.expire_interviews() is
'Ends the interviews whose ladder has come to its end: expired, or cancelled where no message ever reached the lead. One that began expires when the lead has been silent for as long. Their threads are free for the next survey. At most 200 at a time. Run by the sweep. Returns how many.';

-- source: sql/30_rules/76_fire_reminders.sql sha256:18f96bb89e2a0ac817a20200e7f33069104f30c02f7aae01ccf73d5535b079d7
create or replace function private.fire_reminders() returns integer
language plpgsql security definer set search_path = ''
as $$
declare
    item record;
    reminder public.reminders;
    interview public.interviews;
    thread private.threads;
    fired integer := 0;
begin
    for item in
        select r.id, r.interview_id
        from public.reminders as r
        join public.interviews as i on i.id = r.interview_id
        join public.projects as p on p.id = i.project_id
        join public.clients as c on c.id = r.client_id
        where r.status = 'waiting' and r.delivery_id is null and r.due_at <= private.now() and r.step > 0
            and i.status = 'pending' and p.status = 'active' and c.status = 'active'
        order by r.due_at, r.id
        limit 200
    loop
        begin
            -- Lock order: interview, thread. Whoever is locked is left for the next time.
            select * into interview from public.interviews as i where i.id = item.interview_id and i.status = 'pending' for no key update skip locked;
            continue when not found;
            select * into thread from private.threads as t where t.id = interview.thread_id and t.interview_id = interview.id for no key update skip locked;
            continue when not found;
            -- Under these locks it is asked again: another may have fired it, or the lead may have answered meanwhile.
            select * into reminder
            from public.reminders as r
            where r.id = item.id and r.status = 'waiting' and r.delivery_id is null and r.due_at <= private.now()
            for update;
            continue when not found;
            perform private.remind(reminder, interview, thread);
            fired := fired + 1;
        exception
            when deadlock_detected or lock_not_available or query_canceled then
                raise;
            when others then
                -- One that cannot be made must not stop the others, nor come again every second.
                update public.reminders as r set status = 'skipped', reason = sqlerrm where r.id = item.id and r.status = 'waiting' and r.delivery_id is null;
        end;
    end loop;
    return fired;
end
$$;
comment on function private.fire_reminders() is
'Fires the reminders that are due, of active projects, at most 200 at a time, each once however many run this. Run by the sweep. Returns how many.';

-- source: sql/30_rules/77_begin_turns.sql sha256:00fe7de8413b10cf9bdb0e7e710dd7abd0b6094dd87de852fcad1d186f0297b5
create or replace function private.begin_turns(tasks jsonb, visibility_s integer) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    task record;
    t private.threads;
    right_now timestamptz;
    granted jsonb := '[]';
begin
    for task in
        select (x ->> 'id')::uuid as id, (x ->> 'msg_id')::bigint as msg_id
        from jsonb_array_elements(tasks) as x
        order by 1
    loop
        -- Never waits: claim-then-wait here against lock-then-delete in a commit would deadlock.
        select * into t from private.threads as x where x.id = task.id for no key update skip locked;
        if not found then
            -- Locked this very moment, mostly by the record of the reply before: the caller keeps the task and asks again at once.
            select * into t from private.threads as x where x.id = task.id;
            if not found then
                perform pgmq.delete('high_priority', task.msg_id);
            elsif t.task_id = task.msg_id then
                granted := granted || private.turn_task(t, 15);
            end if;
            continue;
        end if;
        -- Read under the lock: a lease must not seem to begin before the one before it ended.
        right_now := clock_timestamp();
        if t.task_id is distinct from task.msg_id then
            perform pgmq.delete('high_priority', task.msg_id);
            continue;
        end if;
        if t.inbound_seq <= t.handled_seq or t.interview_id is null
            or exists (select from public.leads as l where l.id = t.lead_id and l.status = 'blocked') then
            perform private.drop_turn(t.id);
            continue;
        end if;
        if t.lease_until > right_now then
            perform pgmq.set_vt('high_priority', task.msg_id, ceil(extract(epoch from t.lease_until - right_now))::integer);
            continue;
        end if;
        if t.lease is not null then
            -- Its instance died. That was an attempt.
            perform private.retry_turn(t.id, '{"code": "no_result", "message": "the attempt came back with no result"}', true, 'crashed');
            continue;
        end if;
        perform pgmq.set_vt('high_priority', task.msg_id, visibility_s);
        if t.not_before > right_now then
            -- The caller holds it: nobody else is to look before the task shows again.
            update private.threads as x set due_at = right_now + make_interval(secs => visibility_s) where x.id = t.id;
            granted := granted || private.turn_task(t, ceil(extract(epoch from t.not_before - right_now) * 1000)::integer);
            continue;
        end if;
        update private.threads as x
        set lease = gen_random_uuid(), lease_until = right_now + make_interval(secs => visibility_s), lease_seq = x.inbound_seq, lease_began_at = right_now,
            due_at = right_now + make_interval(secs => visibility_s), attempts = x.attempts + 1, reruns = 0
        where x.id = t.id
        returning * into t;
        granted := granted || private.turn_task(t, 0);
    end loop;
    -- What is begun makes room for what waits.
    perform private.admit_turns(c.client_id) from (select distinct (x ->> 'client_id')::uuid as client_id from jsonb_array_elements(granted) as x) as c;
    return granted;
end
$$;
comment on function private.begin_turns(jsonb, integer) is
'Leases the threads of tasks just read: one live lease per thread, fencing token = claim. Sorts out what is done or busy, counts a lease that lapsed as a failed attempt, says how long a debounce still runs, and admits further turns of the same clients. Never waits for a lock.';

-- source: sql/30_rules/79_lock_threads.sql sha256:64735f12daa071471c4df6c00bd608802c54598cacabfa59554f5a05a3979519
create or replace function private.lock_threads(thread_ids uuid[]) returns void
language plpgsql security definer set search_path = ''
as $$
begin
    -- LOCK ORDER, here and everywhere: webhook_events (by provider id) → new leads (by phone) and their identities and threads → interviews (by id) → threads (by id) → account paces (by id) → leads →
    -- deliveries → reminders and notifications → messages (insert only) → pgmq rows → pg_net. A tenant's PATCH of an interview has the interview first, so must we.
    perform from public.interviews as i
    where i.id in (select t.interview_id from private.threads as t where t.id = any (thread_ids))
    order by i.id
    for no key update;
    perform from private.threads as t where t.id = any (thread_ids) order by t.id for no key update;
end
$$;
comment on function private.lock_threads(uuid[]) is 'Locks threads and their live interviews in the order that cannot deadlock.';

-- source: sql/30_rules/82_apply_proposal.sql sha256:12f9b068cbe1b602518ae605e405683d81831fc467a540e476568a241f7b1f19
create or replace function private.apply_proposal(interview public.interviews, proposal jsonb, out reply text, out kind public.delivery_kind)
language plpgsql security definer set search_path = ''
as $$
declare
    questionnaire jsonb := (select p.config -> 'questionnaire' from public.projects as p where p.id = interview.project_id);
    opted_out boolean := (select l.opted_out_at is not null from public.leads as l where l.id = interview.lead_id);
    known jsonb := private.answers_of(interview.id);
    item record;
    said text;
    problem text;
    probe text;
    next_key text;
    next_question jsonb;
    acknowledgement text := left(btrim(coalesce(proposal ->> 'acknowledgement', '')), 300);
begin
    kind := 'reply';
    if opted_out or (proposal ->> 'opt_out')::boolean then
        if not opted_out then
            insert into public.consents (client_id, lead_id, granted, legal_basis, evidence)
            values (interview.client_id, interview.lead_id, false, 'consent', jsonb_build_object('interview_id', interview.id, 'source', 'agent'));
        end if;
        perform private.end_interview(interview.id, 'opted_out');
        kind := 'goodbye';
        reply := private.goodbye();
        return;
    end if;
    if (proposal ->> 'declined')::boolean then
        perform private.end_interview(interview.id, 'cancelled');
        reply := 'Sem problemas! Obrigado por avisar e tenha um ótimo dia.';
        return;
    end if;

    for item in
        select s.key, s.question, s.status, s.is_open, a.v as proposed
        from jsonb_array_elements(coalesce(proposal -> 'answers', '[]')) with ordinality as a (v, n)
        join private.interview_state(questionnaire -> 'questions', known) as s on s.key = a.v ->> 'key'
        where s.is_open or s.status in ('answered', 'refused')
        order by a.n
    loop
        said := private.store_answer(interview, item.question, item.proposed, known);
        problem := coalesce(problem, said);
    end loop;

    for item in
        select s.key, s.question
        from private.interview_state(questionnaire -> 'questions', known) as s
        where s.is_open and coalesce(proposal -> 'refused', '[]') ? s.key
    loop
        insert into public.interview_answers as a (client_id, interview_id, question_key, status, tries)
        values (
            interview.client_id, interview.id, item.key,
            case when coalesce((item.question ->> 'required')::boolean, true) then 'invalid' else 'refused' end::public.answer_status, 1
        )
        on conflict on constraint a_question_is_answered_once_per_interview do update
        set tries = a.tries + 1,
            -- A required question is put a second time, then the refusal stands.
            status = 'refused', value = null;
        if coalesce((item.question ->> 'required')::boolean, true) and not known ? item.key then
            problem := coalesce(problem, 'Essa resposta é importante para a pesquisa. Se ainda assim preferir não responder, é só me dizer de novo.');
        end if;
    end loop;

    known := private.answers_of(interview.id);
    next_key := (select s.key from private.interview_state(questionnaire -> 'questions', known) as s where s.is_open order by s.ord limit 1);
    next_question := (select q.v from jsonb_array_elements(questionnaire -> 'questions') as q (v) where q.v ->> 'key' = next_key);

    -- A follow-up to an answer just given, as far as the question's probe budget goes.
    probe := (
        select btrim(proposal #>> '{probe,text}')
        from jsonb_array_elements(questionnaire -> 'questions') as q (v)
        where q.v ->> 'key' = proposal #>> '{probe,key}' and q.v ->> 'type' = 'text'
            and known #>> array[q.v ->> 'key', 'status'] = 'answered'
            and coalesce((known #>> array[q.v ->> 'key', 'probes'])::integer, 0) < coalesce((q.v ->> 'probes')::integer, 0)
            and coalesce(proposal -> 'answers', '[]') @> jsonb_build_array(jsonb_build_object('key', q.v -> 'key'))
    );
    if probe <> '' then
        update public.interview_answers as a
        set probes = a.probes + 1
        where a.interview_id = interview.id and a.question_key = proposal #>> '{probe,key}';
        update public.interviews as i
        set status = 'in_progress', started_at = coalesce(i.started_at, now()), current_question = proposal #>> '{probe,key}'
        where i.id = interview.id;
        reply := concat_ws(E'\n\n', nullif(acknowledgement, ''), left(probe, 1000));
        return;
    end if;

    if next_key is null then
        -- What the rules skipped is written down, so that figures count it.
        insert into public.interview_answers as a (client_id, interview_id, question_key, status)
        select interview.client_id, interview.id, s.key, 'skipped'
        from private.interview_state(questionnaire -> 'questions', known) as s
        where s.status = 'skipped'
        on conflict on constraint a_question_is_answered_once_per_interview do update set status = 'skipped';
        update public.interviews as i set status = 'in_progress', started_at = coalesce(i.started_at, now()) where i.id = interview.id;
        perform private.end_interview(interview.id, 'completed');
        reply := concat_ws(E'\n\n', nullif(acknowledgement, ''), coalesce(nullif(btrim(questionnaire ->> 'closing'), ''), 'Era isso! Muito obrigado pela sua participação.'));
        return;
    end if;
    update public.interviews as i
    set status = 'in_progress', started_at = coalesce(i.started_at, now()), current_question = next_key
    where i.id = interview.id;
    -- Thanks for an answer that is none, followed by why it is none, would read oddly: the reason takes the place of the thanks.
    problem := case when known #>> array[next_key, 'status'] = 'invalid' then problem end;
    reply := concat_ws(
        E'\n\n', coalesce(problem, nullif(acknowledgement, '')),
        coalesce(
            nullif(left(btrim(proposal #>> array['wordings', next_key]), 1000), ''),
            (next_question ->> 'text') || case when next_question ->> 'type' = 'choice'
                then E'\n' || (select string_agg('• ' || o.label, E'\n' order by o.ord) from jsonb_array_elements_text(next_question -> 'options') with ordinality as o (label, ord))
                else '' end
        )
    );
end
$$;
comment on function private.apply_proposal(public.interviews, jsonb) is
'Turns what the model proposed into what happens: stores valid answers, refuses others with a reason, ends or advances the interview, and composes the reply from the model''s words and the next question. Called under the interview''s and the thread''s locks.';

-- source: sql/30_rules/83_commit_turn.sql sha256:febde4c6b0915fe09ed2be89e8c42f4c00a6f74c983633002ed18804d4fd5b8a
create or replace function private.commit_turn(result jsonb, visibility_s integer) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    t private.threads;
    interview public.interviews;
    spoken record;
    partial boolean;
    new_message_id uuid := gen_random_uuid();
    new_delivery_id uuid := gen_random_uuid();
    verdict jsonb := jsonb_build_object('thread_id', result -> 'thread_id', 'lease', result -> 'lease', 'task', null, 'delivery', null);
begin
    select * into t from private.threads as x where x.id = (result ->> 'thread_id')::uuid;
    -- The late-comer first. The token decides, never the clock.
    if not found or t.lease is null or t.lease is distinct from (result ->> 'lease')::uuid then
        return verdict || private.committed_turn((result ->> 'lease')::uuid, t.id);
    end if;
    if t.interview_id is null then
        perform private.drop_turn(t.id);
        return verdict || '{"verdict": "stale"}';
    end if;
    -- The answer superseded got lost, and this is the result from before it: it has not read what came since.
    if coalesce((result ->> 'reruns')::integer, t.reruns) < t.reruns then
        return verdict || jsonb_build_object('verdict', 'superseded', 'task', private.turn_task(t, 0));
    end if;
    if t.inbound_seq > t.lease_seq and t.reruns < private.setting_int('max_reruns') then
        update private.threads as x
        set lease_seq = x.inbound_seq, reruns = x.reruns + 1, lease_until = clock_timestamp() + make_interval(secs => visibility_s),
            due_at = clock_timestamp() + make_interval(secs => visibility_s)
        where x.id = t.id
        returning * into t;
        perform pgmq.set_vt('high_priority', t.task_id, visibility_s);
        return verdict || jsonb_build_object('verdict', 'superseded', 'task', private.turn_task(t, 0));
    end if;
    partial := t.inbound_seq > t.lease_seq;

    select * into strict interview from public.interviews as i where i.id = t.interview_id;
    select * into spoken from private.apply_proposal(interview, coalesce(result -> 'proposal', '{}'));

    insert into public.turns (
        id, client_id, thread_id, interview_id, status, from_seq, to_seq, attempt, reruns, graph, model,
        renus_config_id, renus_config_version, steps, proposal, input_tokens, output_tokens, started_at
    )
    select t.lease, t.client_id, t.id, t.interview_id, case when partial then 'partial' else 'committed' end::public.turn_status,
        t.handled_seq, t.lease_seq, t.attempts, t.reruns, result ->> 'graph', result ->> 'model',
        r.id, r.version, coalesce(result -> 'steps', '[]'), result -> 'proposal',
        coalesce((result ->> 'input_tokens')::integer, 0), coalesce((result ->> 'output_tokens')::integer, 0), t.lease_began_at
    from public.projects as p
    left join public.renus_config as r on r.id = p.renus_config_id
    where p.id = interview.project_id;
    update public.failed_tasks as f
    set status = 'resolved', resolved_at = now()
    where f.task_row_id = t.id and f.status <> 'resolved';

    insert into public.interview_messages (id, interview_id, role, content, metadata, client_id, seq)
    values (
        new_message_id, interview.id, 'assistant', spoken.reply,
        jsonb_build_object('type', 'text', 'delivery_id', new_delivery_id, 'turn_id', t.lease, 'from_seq', t.handled_seq, 'to_seq', t.lease_seq),
        t.client_id, t.last_seq + 1
    );
    -- Against policy it is born cancelled or deferred (private.police_delivery), and the turn commits all the same.
    insert into public.deliveries (id, client_id, lead_id, thread_id, interview_id, channel_account_id, kind, content, message_id, queue, seq)
    values (
        new_delivery_id, t.client_id, t.lead_id, t.id, interview.id, t.channel_account_id, spoken.kind,
        jsonb_build_object('type', 'text', 'text', spoken.reply), new_message_id, 'high_priority', t.last_seq + 1
    );

    if partial then
        update private.threads as x
        set last_seq = x.last_seq + 1, handled_seq = x.lease_seq, lease = null, lease_until = null, attempts = 0, due_at = clock_timestamp(),
            waiting_since = clock_timestamp(), not_before = null
        where x.id = t.id;
        perform pgmq.set_vt('high_priority', t.task_id, 0);
    else
        update private.threads as x
        set last_seq = x.last_seq + 1, handled_seq = x.lease_seq, lease = null, lease_until = null, attempts = 0, task_id = null, due_at = null,
            waiting_since = null, not_before = null
        where x.id = t.id;
        perform pgmq.delete('high_priority', t.task_id);
    end if;
    return verdict || jsonb_build_object(
        'verdict', case when partial then 'partial' else 'committed' end,
        'delivery', private.release_next(t.id, visibility_s)
    );
end
$$;
comment on function private.commit_turn(jsonb, integer) is
'Commits one turn under its interview''s and thread''s locks: answers, interview, reply, delivery, task and lease in one transaction. A stale lease writes nothing; a commit repeated hears again what it said; newer input makes it superseded (same lease, run again) a bounded number of times, then it answers anyway and a further turn follows.';

-- source: sql/30_rules/83_committed_turn.sql sha256:8c6ef6a287b4d146124bb0ecd827d41ed36e9efea6c8f594758759d9fcdc54f1
create or replace function private.committed_turn(lease uuid, thread_id uuid) returns jsonb
language sql stable security definer set search_path = ''
as $$
    -- The answer to a commit may get lost on its way. Then nobody would send the reply that it has claimed, until the claim lapses.
    select coalesce((
        select jsonb_build_object('verdict', t.status, 'delivery', (
            select private.delivery_task(d)
            from public.deliveries as d
            join public.interview_messages as m on m.id = d.message_id and m."timestamp" >= t.started_at
            where d.thread_id = t.thread_id and d.status = 'sending' and d.attempts = 1 and d.due_at > private.now() and m.metadata ->> 'turn_id' = t.id::text
        ))
        from public.turns as t
        where t.id = committed_turn.lease and t.thread_id = committed_turn.thread_id and t.status in ('committed', 'partial')
    ), '{"verdict": "stale"}');
$$;
comment on function private.committed_turn(uuid, uuid) is
'What a commit under this lease said, for a caller that asks again: its verdict, and its reply''s delivery while that is still to be sent under the same claim. stale: nothing was committed under it. Read-only.';

-- source: sql/30_rules/84_are_choices.sql sha256:b99c2fc0ef6e418ab6a54614652d0c6e257c5b357e68d6ddbb933e2339157d82
create or replace function private.are_choices(given jsonb, most integer) returns boolean
language sql immutable set search_path = ''
as $$
    select case when jsonb_typeof(are_choices.given) = 'array' then (
        select count(*) between 1 and are_choices.most and bool_and(coalesce(
            jsonb_typeof(c.v -> 'id') = 'string' and char_length(c.v ->> 'id') between 1 and 200
            and jsonb_typeof(c.v -> 'title') = 'string' and btrim(c.v ->> 'title') <> '' and char_length(c.v ->> 'title') <= 24, false
        ))
        from jsonb_array_elements(are_choices.given) as c (v)
    ) else false end;
$$;
comment on function private.are_choices(jsonb, integer) is 'Whether this is a list of 1 to so many choices {"id", "title"}. Each provider''s own limits are its adapter''s to check.';

-- source: sql/30_rules/84_message_content.sql sha256:fd38a9bf0632ec0c96073a6324316ee2cdcb234e44b626e9c04bac480fd77198
create or replace function private.message_content(content jsonb, channel public.channel) returns jsonb
language sql immutable set search_path = ''
as $$
    select case
        when x.kind = 'media' and coalesce(char_length(x.text), 0) <= 10000 and content ->> 'media' in ('image', 'audio', 'video', 'document')
            and char_length(content ->> 'link') <= 2048 and content ->> 'link' ~ '^https?://[^[:space:]/?#]+[^[:space:]]*$' then
            jsonb_strip_nulls(jsonb_build_object(
                'type', 'media', 'media', content -> 'media', 'link', content -> 'link', 'text', coalesce(x.text, ''),
                'file_name', left(content ->> 'file_name', 240), 'size', case when jsonb_typeof(content -> 'size') = 'number' then content -> 'size' end
            ))
        when coalesce(btrim(x.text), '') = '' or char_length(x.text) > 10000 then null
        when x.kind = 'text' then jsonb_build_object('type', 'text', 'text', x.text)
        when x.kind = 'buttons' and private.are_choices(content -> 'buttons', 3) then
            jsonb_build_object('type', 'buttons', 'text', x.text, 'buttons', content -> 'buttons')
        when x.kind = 'list' and private.are_choices(content -> 'rows', 10) and btrim(content ->> 'button') <> '' then
            jsonb_build_object('type', 'list', 'text', x.text, 'button', content -> 'button', 'rows', content -> 'rows')
    end || case
        when channel <> 'email' or content -> 'subject' is null then '{}'
        -- A line break would let the writer add headers of his own.
        when jsonb_typeof(content -> 'subject') = 'string' and char_length(content ->> 'subject') <= 200 and content ->> 'subject' !~ '[[:cntrl:]]' then
            jsonb_build_object('subject', content -> 'subject')
    end
    from (select content ->> 'type' as kind, case when jsonb_typeof(content -> 'text') = 'string' then content ->> 'text' end as text) as x;
$$;
comment on function private.message_content(jsonb, public.channel) is
'What a person or a tool wants to send a lead in words of its own, without what nobody knows: text, buttons {"text", "buttons"}, list {"text", "button", "rows"}, media {"media", "link", "text"?, "file_name"?, "size"?}; in e-mails with a subject of one line. null for what cannot be sent.';

-- source: sql/30_rules/85_place_message.sql sha256:7cd2b020ce7d89e967dfbbc03fafffa90d831a751181154093de8a31b5e22318
create or replace function private.place_message(d public.deliveries) returns public.deliveries
language plpgsql security definer set search_path = ''
as $$
declare
    account public.channel_accounts;
    lead public.leads;
    company text;
    t private.threads;
    template public.message_templates;
begin
    select * into lead from public.leads as l where l.client_id = d.client_id and l.id = d.lead_id;
    if not found then
        raise exception 'there is no such lead of this client' using errcode = 'PT404';
    end if;
    -- Where the lead wrote last, else the client's own choice.
    select a.* into account
    from public.channel_accounts as a
    left join private.threads as x on x.lead_id = lead.id and x.channel_account_id = a.id
    where a.client_id = d.client_id and a.status = 'active' and (a.id = d.channel_account_id or (d.channel_account_id is null and (x.id is not null or a.channel = 'whatsapp')))
    order by x.last_inbound_at desc nulls last, x.id is null, a.created_at, a.id
    limit 1;
    if not found then
        raise exception 'the client has no such active channel account to write from' using errcode = 'PT404';
    end if;
    if d.content ->> 'type' = 'template' and jsonb_typeof(d.content -> 'name') = 'string' then
        template := private.template_for(d.client_id, account.id, 'other', d.content ->> 'name');
        if template.id is null then
            raise exception 'there is no approved template named %', quote_literal(left(d.content ->> 'name', 100)) using errcode = '22023';
        end if;
        select c.company_name into company from public.clients as c where c.id = d.client_id;
        d.content := private.template_content(template, lead.name, company, null, null);
    else
        d.content := private.message_content(d.content, account.channel);
        if d.content is null then
            raise exception 'content must be {"type": "text", "text"} of 1 to 10000 characters, buttons, a list, media with a link, or {"type": "template", "name"}' using
                errcode = '22023', hint = 'buttons: {"text", "buttons": 1 to 3 of {"id", "title"}}; list: {"text", "button", "rows": 1 to 10 of {"id", "title"}}; media: {"media": image, audio, video or document, "link"}; an e-mail''s subject is one line.';
        end if;
    end if;

    insert into private.threads (client_id, lead_id, channel_account_id)
    values (d.client_id, lead.id, account.id)
    on conflict on constraint a_lead_has_one_thread_per_account do nothing;
    select * into strict t from private.threads as x where x.lead_id = lead.id and x.channel_account_id = account.id;
    perform private.lock_threads(array[t.id]);
    select * into strict t from private.threads as x where x.id = t.id;
    if t.interview_id is null then
        t.conversation_id := (
            select c.id from public.conversations as c
            where c.client_id = t.client_id and c.thread_id = t.id and c.status = 'open'
            order by c.created_at desc
            limit 1
        );
        if t.conversation_id is null then
            insert into public.conversations (lead_id, client_id, thread_id) values (lead.id, t.client_id, t.id) returning id into t.conversation_id;
        end if;
        update private.threads as x set conversation_id = t.conversation_id where x.id = t.id;
    end if;
    d.kind := 'message';
    d.thread_id := t.id;
    d.interview_id := t.interview_id;
    d.channel_account_id := account.id;
    d.channel := account.channel;
    d.message_id := gen_random_uuid();
    d.queue := 'high_priority';
    d.seq := t.last_seq + 1;
    return d;
end
$$;
comment on function private.place_message(public.deliveries) is
'Gives a message that a person or a tool writes to a lead its place: account, thread, live interview or open conversation, number in the order, wording of its template. Locks the thread. Raises PT404 for a lead or an account that is not the client''s, 22023 for a content that cannot be sent.';

-- source: sql/30_rules/86_admit_direct.sql sha256:35c43a65fbb54a0b33408312323000ede5df951e98217298023aa43b1843e413
create or replace function private.admit_direct(d public.deliveries, writer text) returns public.deliveries
language plpgsql security definer set search_path = ''
as $$
declare
    v record;
    earlier public.deliveries;
begin
    -- SECURITY: in another client's name, or another lead's than the turn's, nothing is looked at: the policies refuse the row.
    if (writer = 'authenticated' and not d.client_id in (select private.visible_client_ids()))
        or (writer = 'renum_agent' and (d.client_id, d.lead_id) is distinct from (private.turn_client_id(), private.turn_lead_id())) then
        return d;
    end if;
    -- Written before: the primary key says so, or it is let pass (resolution=ignore-duplicates), whatever has become of it.
    select * into earlier from public.deliveries as x where x.id = d.id and x.client_id = d.client_id;
    if found then
        return earlier;
    end if;
    if writer <> 'service_role' or (d.kind = 'message' and d.thread_id is null) then
        d := private.place_message(d);
    end if;
    if d.status not in ('queued', 'deferred') then
        return d;
    end if;
    select * into v from private.policy_verdict(d);
    if writer = 'renum_agent' and v.verdict = 'go' then
        -- What a person may say and the agent may not.
        v.reason := (
            select r.reason
            from private.packs_of(d) as k
            cross join lateral private.reply_refusal(k.agent_type, d.content ->> 'text') as r (reason)
            where r.reason is not null
            limit 1
        );
        v.verdict := case when v.reason is null then 'go' else 'cancel' end;
    end if;
    if v.verdict = 'wait' then
        raise exception '%', v.reason using errcode = '42501', hint = format('It may be sent from %s on.', to_char(v.until at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'));
    elsif v.verdict = 'cancel' then
        raise exception '%', v.reason using errcode = '42501';
    end if;
    return d;
end
$$;
comment on function private.admit_direct(public.deliveries, text) is
'A delivery that somebody writes directly, in its place; raises 42501 with the rule that speaks against sending it now. writer: the role that writes. Refuses nothing that row level security refuses anyway.';

-- source: sql/30_rules/86_apply_status.sql sha256:9570a63af931e27eeb6878150a2ac3b04396e07a5acf671d01c644752c56b052
create or replace function private.apply_status(delivery_id uuid, status jsonb, occurred_at timestamptz) returns void
language plpgsql security definer set search_path = ''
as $$
declare
    d public.deliveries;
    trouble jsonb := case jsonb_typeof(apply_status.status -> 'error') when 'object' then apply_status.status -> 'error' end;
    news public.delivery_status := case status ->> 'status'
        when 'sent' then 'sent' when 'delivered' then 'delivered' when 'read' then 'read' when 'played' then 'read' when 'failed' then 'failed'
    end;
begin
    select * into d from public.deliveries as x where x.id = apply_status.delivery_id for no key update;
    -- What was cancelled after an attempt of which nobody knew may have left all the same.
    if news is null or (d.status = 'cancelled' and (d.begun_at is null or news = 'failed')) then
        return;
    end if;
    update public.deliveries as x
    set status = case when private.delivery_rank(news) > private.delivery_rank(x.status) then news else x.status end,
        error = case when news = 'failed' and private.delivery_rank(news) > private.delivery_rank(x.status) then trouble else x.error end,
        reason = case when news = 'failed' and private.delivery_rank(news) > private.delivery_rank(x.status) then trouble ->> 'message' else x.reason end,
        provider_message_id = coalesce(x.provider_message_id, apply_status.status ->> 'message_id'),
        pricing = coalesce(apply_status.status -> 'pricing', x.pricing),
        sent_at = case when news <> 'failed' then coalesce(x.sent_at, occurred_at, now()) else x.sent_at end,
        delivered_at = case when news in ('delivered', 'read') then coalesce(x.delivered_at, occurred_at, now()) else x.delivered_at end,
        read_at = case when news = 'read' then coalesce(x.read_at, occurred_at, now()) else x.read_at end
    where x.id = d.id;
    -- The provider has it: whatever attempt was still planned is off.
    if d.task_id is not null then
        perform private.end_delivery(d.id);
    end if;
    if news = 'failed' and private.delivery_rank(news) > private.delivery_rank(d.status) then
        -- Accepted, and lost later: people are to hear of it as of a refusal.
        perform private.bury(d.queue, 'delivery', d.id, d.client_id, null, coalesce(trouble, '{"code": "failed", "message": "the provider could not deliver it"}'), d.attempts);
        perform private.heed_refusal(d.id, trouble);
    elsif news in ('delivered', 'read') and d.status = 'failed' then
        update public.failed_tasks as f set status = 'resolved', resolved_at = now() where f.task_row_id = d.id and f.status <> 'resolved';
    end if;
end
$$;
comment on function private.apply_status(uuid, jsonb, timestamptz) is
'Moves a delivery forward by what the provider says of it, never backward; one that was cancelled stays so unless an attempt of it got through. One that was accepted and fails later is a dead letter, and its error is heeded like a refusal; should it arrive after all, the dead letter is resolved. Idempotent.';

-- source: sql/30_rules/86_say_goodbye.sql sha256:cb59fd562063e7872c4447bb35799def8b94d45abd85b807ad65e46b6ce2b2f0
create or replace function private.say_goodbye(thread_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
    t private.threads;
    new_message_id uuid := gen_random_uuid();
    new_delivery_id uuid := gen_random_uuid();
begin
    select * into strict t from private.threads as x where x.id = say_goodbye.thread_id;
    insert into public.messages (id, conversation_id, role, content, channel, metadata, client_id, seq)
    select new_message_id, t.conversation_id, 'assistant', private.goodbye(), a.channel, jsonb_build_object('type', 'text', 'delivery_id', new_delivery_id), t.client_id, t.last_seq + 1
    from public.channel_accounts as a
    where a.id = t.channel_account_id;
    update private.threads as x set last_seq = x.last_seq + 1 where x.id = t.id;
    insert into public.deliveries (id, client_id, lead_id, thread_id, channel_account_id, channel, kind, content, message_id, queue, seq)
    select new_delivery_id, t.client_id, t.lead_id, t.id, t.channel_account_id, a.channel, 'goodbye',
        jsonb_build_object('type', 'text', 'text', private.goodbye()), new_message_id, 'high_priority', t.last_seq + 1
    from public.channel_accounts as a
    where a.id = t.channel_account_id;
    perform private.admit_deliveries(t.client_id, 'high_priority');
    perform private.ring('agent_turn');
end
$$;
comment on function private.say_goodbye(uuid) is
'Confirms an opt-out to a lead with no interview to end: the message in its conversation and the delivery. The caller holds the thread''s lock and has given it a conversation.';

-- source: sql/30_rules/87_ingest_messages.sql sha256:ea6aa01c401b9ce1b838a81c009ac8c929ab91bf316141b0028dd663f5131a9c
create or replace function private.ingest_messages(items jsonb) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
    stored integer;
    more integer := 0;
    outside boolean;
    leaving uuid[];
begin
    -- items: [{"ord", "thread_id", "lead_id", "client_id", "event"}], their threads locked by the caller.
    -- What changes a lead's mind goes into the ledger: a word to be left alone, and one to hear from us again from whoever had said the former.
    with wishes as (
        select x.client_id, x.lead_id, x.thread_id, x.ord, x.event, private.wish_of(x.event) as granted, l.opted_out_at is null as before
        from jsonb_to_recordset(items) as x (ord bigint, thread_id uuid, lead_id uuid, client_id uuid, event jsonb)
        join public.leads as l on l.id = x.lead_id
    ),
    changes as (
        select w.*, coalesce(lag(w.granted) over (partition by w.lead_id order by w.ord), w.before) as earlier
        from wishes as w
        where w.granted is not null
    ),
    recorded as (
        insert into public.consents (client_id, lead_id, granted, legal_basis, evidence)
        select c.client_id, c.lead_id, c.granted, 'consent'::public.legal_basis,
            jsonb_build_object('source', 'message', 'text', c.event #>> '{message,text}', 'provider_id', c.event ->> 'provider_id')
        from changes as c
        where c.granted <> c.earlier
        order by c.lead_id, c.ord
        returning lead_id, granted
    )
    select array_agg(distinct c.thread_id) into leaving
    from changes as c
    where c.granted <> c.earlier and not c.granted and (select count(*) from recorded) > 0;

    outside := exists (
        select from jsonb_to_recordset(items) as x (thread_id uuid) join private.threads as t on t.id = x.thread_id where t.interview_id is null
    );
    if outside then
        -- What no interview waits for belongs to the lead's open conversation.
        insert into public.conversations (lead_id, client_id, thread_id)
        select distinct t.lead_id, t.client_id, t.id
        from jsonb_to_recordset(items) as x (thread_id uuid)
        join private.threads as t on t.id = x.thread_id
        where t.interview_id is null and t.conversation_id is null
            and not exists (select from public.conversations as c where c.client_id = t.client_id and c.thread_id = t.id and c.status = 'open');
        update private.threads as t
        set conversation_id = (
            select c.id from public.conversations as c
            where c.client_id = t.client_id and c.thread_id = t.id and c.status = 'open'
            order by c.created_at desc
            limit 1
        )
        where t.id in (select x.thread_id from jsonb_to_recordset(items) as x (thread_id uuid))
            and t.interview_id is null
            and (t.conversation_id is null or not exists (select from public.conversations as c where c.id = t.conversation_id and c.status = 'open'));
    end if;

    update private.threads as t
    set address = a.address
    from (
        select distinct on (x.thread_id) x.thread_id,
            jsonb_build_object('wa_id', x.event #> '{sender,wa_id}', 'bsuid', x.event #> '{sender,bsuid}')
            || jsonb_strip_nulls(jsonb_build_object('lid', x.event #> '{sender,lid}', 'phone', x.event #> '{sender,phone}')) as address
        from jsonb_to_recordset(items) as x (ord bigint, thread_id uuid, event jsonb)
        order by x.thread_id, x.ord desc
    ) as a
    where t.id = a.thread_id and t.address is distinct from a.address;

    insert into public.interview_messages (interview_id, role, content, metadata, client_id, seq, provider_timestamp)
    select t.interview_id, 'user', coalesce(x.event #>> '{message,text}', ''), private.message_metadata(x.event), t.client_id,
        t.last_seq + row_number() over (partition by t.id order by x.ord), (x.event ->> 'occurred_at')::timestamptz
    from jsonb_to_recordset(items) as x (ord bigint, thread_id uuid, event jsonb)
    join private.threads as t on t.id = x.thread_id
    where t.interview_id is not null
    order by x.ord;
    get diagnostics stored = row_count;

    if outside then
        with said as (
            insert into public.messages (conversation_id, role, content, channel, metadata, client_id, seq, provider_timestamp)
            select t.conversation_id, 'user', coalesce(x.event #>> '{message,text}', ''), a.channel, private.message_metadata(x.event), t.client_id,
                t.last_seq + row_number() over (partition by t.id order by x.ord), (x.event ->> 'occurred_at')::timestamptz
            from jsonb_to_recordset(items) as x (ord bigint, thread_id uuid, event jsonb)
            join private.threads as t on t.id = x.thread_id
            join public.channel_accounts as a on a.id = t.channel_account_id
            where t.interview_id is null and t.conversation_id is not null
            order by x.ord
            returning client_id, conversation_id, seq
        )
        update private.threads as t
        set last_seq = s.newest, inbound_seq = s.newest, handled_seq = s.newest, last_inbound_at = private.now()
        from (select client_id, conversation_id, max(seq) as newest from said group by client_id, conversation_id) as s
        where t.client_id = s.client_id and t.conversation_id = s.conversation_id;
        select count(*) into more
        from jsonb_to_recordset(items) as x (thread_id uuid)
        join private.threads as t on t.id = x.thread_id
        where t.interview_id is null;
        update public.conversations as c
        set last_message_at = clock_timestamp()
        where c.id in (
            select t.conversation_id from jsonb_to_recordset(items) as x (thread_id uuid) join private.threads as t on t.id = x.thread_id where t.interview_id is null
        );
    end if;
    if items @? '$[*].event.message.amends ? (@ != null)' then
        perform private.amend_messages(items);
    end if;
    if items @? '$[*].event.becomes ? (@ != null)' then
        perform private.follow_changes(items);
    end if;
    -- Who has just written may be answered at any hour: what waits for one to write to them is looked at again, lest the reply wait behind it.
    update public.deliveries as d
    set due_at = private.now()
    where d.id in (
        select x.id from public.deliveries as x
        where x.thread_id in (select y.thread_id from jsonb_to_recordset(items) as y (thread_id uuid))
            and x.status = 'deferred' and x.task_id is null and x.due_at > private.now() and x.throttles = 0
        order by x.id
        for no key update skip locked
    );
    if leaving is not null then
        perform private.say_goodbye(t.id) from private.threads as t where t.id = any (leaving) and t.interview_id is null order by t.id;
        -- Their other accounts' interviews are answered by no turn.
        perform private.end_interview(o.interview_id, 'opted_out')
        from private.threads as o
        where o.interview_id is not null and o.id <> all (leaving)
            and (o.client_id, o.lead_id) in (select t.client_id, t.lead_id from private.threads as t where t.id = any (leaving));
    end if;
    return stored + more;
end
$$;
comment on function private.ingest_messages(jsonb) is
'Stores inbound messages in order on their threads: in the live interview, or else in the lead''s open conversation. Opt-out words reach the consent ledger before anything is answered. The caller holds the locks of all threads of these leads.';

-- source: sql/30_rules/91_project_statistics.sql sha256:a40b60421c4af8ec134c5ff1a609649e54b526a5f096441b7bbb7ffbc927f86d
create or replace function private.project_statistics(project_id uuid) returns jsonb
language sql stable security definer set search_path = ''
as $$
    select jsonb_build_object(
        'invited', f.invited, 'started', f.started, 'completed', f.completed, 'opted_out', f.opted_out, 'cancelled', f.cancelled,
        'expired', f.expired, 'in_progress', f.in_progress, 'unanswered', f.unanswered,
        'response_rate', case when f.invited = 0 then 0 else round(100.0 * f.responded / f.invited, 1) end,
        'completion_rate', case when f.invited = 0 then 0 else round(100.0 * f.completed / f.invited, 1) end,
        'median_minutes', f.median_minutes,
        'questions', coalesce((
            select jsonb_agg(private.question_statistics(p.id, q.v) order by q.ord)
            from jsonb_array_elements(p.config #> '{questionnaire,questions}') with ordinality as q (v, ord)
        ), '[]')
    )
    from public.projects as p
    cross join lateral (
        select
            count(*) filter (where i.invited_at is not null) as invited,
            count(*) filter (where i.started_at is not null) as started,
            count(*) filter (where i.status = 'completed') as completed,
            count(*) filter (where i.end_reason = 'opted_out') as opted_out,
            count(*) filter (where i.status = 'cancelled' and i.end_reason not in ('opted_out', 'expired')) as cancelled,
            count(*) filter (where i.end_reason = 'expired') as expired,
            count(*) filter (where i.status = 'in_progress') as in_progress,
            count(*) filter (where i.status = 'pending') as unanswered,
            count(*) filter (where i.invited_at is not null and (i.started_at is not null or i.end_reason in ('opted_out', 'cancelled'))) as responded,
            round((percentile_cont(0.5) within group (order by extract(epoch from i.completed_at - i.started_at)) / 60)::numeric, 1) as median_minutes
        from public.interviews as i
        where i.project_id = p.id
    ) as f
    where p.id = project_statistics.project_id;
$$;
comment on function private.project_statistics(uuid) is
'A project''s figures: how many were invited, started, completed, opted out, were cancelled or expired, are in progress or have not answered, the rates in percent, and each question''s figures.';

-- source: sql/30_rules/96_notification_words.sql sha256:68eb929b96a74deff35a8f9d3c69643ac0946a2776f05a04fd3e1ca874003ce5
create or replace function private.notification_words(event text, out title text, out one text, out many text, out urgent boolean)
language sql immutable set search_path = ''
as $$
    select coalesce(w.title, 'Aviso'), coalesce(w.one, 'outro aviso'), coalesce(w.many, 'outros avisos'), coalesce(w.urgent, false)
    from (select notification_words.event as event) as asked
    left join (values
        ('interview_completed', 'Entrevista concluída', 'entrevista concluída', 'entrevistas concluídas', false),
        ('project_completed', 'Pesquisa encerrada', 'pesquisa encerrada', 'pesquisas encerradas', false),
        ('person_needed', 'Um contato precisa de atendimento', 'contato precisa de atendimento', 'contatos precisam de atendimento', true),
        ('account_stopped', 'Um canal de envio parou', 'canal de envio parado', 'canais de envio parados', true),
        ('task_failed', 'Há envios ou tarefas que falharam', 'aviso de falha', 'avisos de falha', false)
    ) as w (event, title, one, many, urgent) on w.event = asked.event;
$$;
comment on function private.notification_words(text) is
'How an event is spoken of: the title of an e-mail, one of it and many of it after a number, and whether it is told at once, never gathered with others.';

-- source: sql/30_rules/96_notify.sql sha256:6ac3537a526cf18cfdb6b5b6bba56626f32a2d17684c310810b4bc7212a4f46e
create or replace function private.notify(client_id uuid, event text, interview_id uuid, txt text, subject text default null) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
    told integer;
begin
    insert into public.notifications (client_id, profile_id, event, interview_id, text, subject)
    select notify.client_id, m.profile_id, notify.event, notify.interview_id, notify.txt, about.subject
    from public.client_members as m
    -- Without anything to go by, the same words are said once a day.
    cross join (
        select coalesce(notify.subject, notify.interview_id::text, md5(notify.txt) || to_char(private.now() at time zone 'America/Sao_Paulo', ' YYYY-MM-DD')) as subject
    ) as about
    where m.client_id = notify.client_id and m.role = 'owner' and m.status = 'active'
        -- on conflict would wait for whoever is just telling of it: the sweep, which holds much else.
        and not exists (
            select from public.notifications as n
            where n.client_id = m.client_id and n.profile_id = m.profile_id and n.event = notify.event and n.subject = about.subject
        )
    order by m.profile_id
    on conflict on constraint a_person_is_told_once do nothing;
    get diagnostics told = row_count;
    return told;
end
$$;
comment on function private.notify(uuid, text, uuid, text, text) is
'Writes down that a client''s owners are to be told of an event, each once per subject (by default the interview, or else the same words on the same day). Returns how many were not yet. Only inserts, so that a commit that ends an interview waits for nobody (call it where the row that subject names is locked); the sweep sends.';

-- source: sql/30_rules/97_digest_text.sql sha256:7cf9cc9cbdc1e9917b6b0c20ff12d8f8dace275005d3df9eaa5e5449c506f0a5
create or replace function private.digest_text(notification_ids uuid[]) returns text
language sql stable set search_path = ''
as $$
    with
    told as (
        select n.event, n.text, row_number() over (order by n.created_at, n.id) as place
        from public.notifications as n
        where n.id = any (digest_text.notification_ids)
    ),
    counted as (
        select count(*) as n, min(t.place) as place, t.event from told as t group by t.event
    )
    select format(
        'Você tem %s avisos: %s. %s%s',
        (select count(*) from told),
        (
            select string_agg(c.n || ' ' || case when c.n = 1 then w.one else w.many end, ', ' order by c.place)
            from counted as c
            cross join private.notification_words(c.event) as w
        ),
        (select string_agg(left(t.text, 160), ' ' order by t.place) from told as t where t.place <= 3),
        (select case when count(*) > 3 then ' E mais ' || count(*) - 3 || '.' else '' end from told)
    );
$$;
comment on function private.digest_text(uuid[]) is 'Many notifications in one text: how many of each event, and the first three in their own words. Read-only.';

-- source: sql/30_rules/97_erase_lead.sql sha256:731508927e15f2e8b5df7824511bce122e1c55ed1263f4bebf556d398ad8c50a
create or replace function private.erase_lead(lead_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
    l public.leads;
begin
    -- Lock order: interviews, threads, leads, deliveries, messages.
    perform private.lock_threads(array(select t.id from private.threads as t where t.lead_id = erase_lead.lead_id));
    select * into strict l from public.leads as x where x.id = erase_lead.lead_id for no key update;
    if l.opted_out_at is null then
        -- Whoever is forgotten must not be found again by the next list: the number stays, for that alone.
        insert into public.consents (client_id, lead_id, granted, legal_basis, evidence)
        values (l.client_id, l.id, false, 'legal_obligation', '{"source": "erasure"}');
    end if;
    update public.leads as x set name = null, email = null, metadata = '{}' where x.id = l.id;
    delete from public.lead_identities as i where i.client_id = l.client_id and i.lead_id = l.id and i.kind not in ('phone', 'wa_id', 'bsuid', 'lid');

    update public.deliveries as d
    set status = 'cancelled', reason = 'the lead''s data was erased'
    where d.client_id = l.client_id and d.lead_id = l.id and d.status in ('queued', 'deferred') and d.kind <> 'goodbye';
    perform private.end_delivery(d.id)
    from public.deliveries as d
    where d.client_id = l.client_id and d.lead_id = l.id and d.status = 'cancelled' and d.task_id is not null;
    update public.deliveries as d
    set content = jsonb_build_object('type', d.content -> 'type', 'text', ''), error = d.error - 'message'
    where d.client_id = l.client_id and d.lead_id = l.id and d.status not in ('queued', 'deferred', 'sending', 'unknown');

    -- The raw items first: the messages know which are theirs.
    update public.webhook_events as e
    set payload = '{}'
    where e.client_id = l.client_id and e.provider_id in (
        select m.metadata ->> 'provider_id' from public.interview_messages as m join public.interviews as i on i.id = m.interview_id
        where i.client_id = l.client_id and i.lead_id = l.id
        union all
        select m.metadata ->> 'provider_id' from public.messages as m join public.conversations as c on c.id = m.conversation_id
        where c.client_id = l.client_id and c.lead_id = l.id
    );
    update public.interview_messages as m
    set content = '', metadata = jsonb_strip_nulls(jsonb_build_object('type', m.metadata -> 'type', 'delivery_id', m.metadata -> 'delivery_id', 'erased', true))
    from public.interviews as i
    where i.client_id = l.client_id and i.lead_id = l.id and m.client_id = l.client_id and m.interview_id = i.id;
    update public.messages as m
    set content = '', metadata = jsonb_strip_nulls(jsonb_build_object('type', m.metadata -> 'type', 'delivery_id', m.metadata -> 'delivery_id', 'erased', true))
    from public.conversations as c
    where c.client_id = l.client_id and c.lead_id = l.id and m.client_id = l.client_id and m.conversation_id = c.id;

    delete from public.interview_answers as a using public.interviews as i where i.client_id = l.client_id and i.lead_id = l.id and a.interview_id = i.id;
    update public.turns as t
    set proposal = null, steps = '[]', error = null
    from private.threads as h
    where h.client_id = l.client_id and h.lead_id = l.id and t.client_id = l.client_id and t.thread_id = h.id;
    update public.interviews as i set metadata = '{}' where i.client_id = l.client_id and i.lead_id = l.id;

    -- What was made of it: the interview's report goes, the project's is written anew, the news of it lose its name.
    delete from public.reports as r using public.interviews as i where i.client_id = l.client_id and i.lead_id = l.id and r.interview_id = i.id;
    insert into private.project_changes (project_id) select distinct i.project_id from public.interviews as i where i.client_id = l.client_id and i.lead_id = l.id;
    -- Every attempt at telling it, the house client's too.
    update public.notifications as n
    set status = 'skipped', reason = 'the lead''s data was erased'
    from public.interviews as i
    where i.client_id = l.client_id and i.lead_id = l.id and n.interview_id = i.id and n.status = 'queued' and n.delivery_id is null;
    update public.deliveries as d
    set content = jsonb_build_object('type', d.content -> 'type', 'text', '')
    from public.notifications as n
    join public.interviews as i on i.id = n.interview_id
    cross join jsonb_array_elements(n.attempts) as a (v)
    where i.client_id = l.client_id and i.lead_id = l.id and d.id = (a.v ->> 'delivery_id')::uuid and d.status not in ('queued', 'deferred', 'sending', 'unknown');
    update public.messages as m
    set content = 'Dados apagados.'
    from public.notifications as n
    join public.interviews as i on i.id = n.interview_id
    cross join jsonb_array_elements(n.attempts) as a (v)
    join public.deliveries as d on d.id = (a.v ->> 'delivery_id')::uuid
    where i.client_id = l.client_id and i.lead_id = l.id and m.client_id = d.client_id and m.id = d.message_id;
    update public.notifications as n
    set text = 'Dados apagados.'
    from public.interviews as i
    where i.client_id = l.client_id and i.lead_id = l.id and n.interview_id = i.id and n.status <> 'queued';

    -- Files not fetched yet are never fetched. Those in Storage can be removed through its API only; storage_path stays to find them by.
    update public.media as m
    set file_name = null, provider_url = null
    where m.client_id = l.client_id and m.lead_id = l.id;
    update public.media as m
    set status = 'expired', error = '{"code": "erased", "message": "the lead''s data was erased"}'
    where m.client_id = l.client_id and m.lead_id = l.id and m.status = 'waiting' and m.task_id is null;
end
$$;
comment on function private.erase_lead(uuid) is
'Erases what a client knows of a lead: name, e-mail address, metadata, what was said and answered, and what was made of it. Its number and ids stay so that it is not written to again; figures without it are made anew. Idempotent.';

-- source: sql/30_rules/97_note_news.sql sha256:35ca8c708c96e41f068749dc8a15e6f9d6c2344aca832745aa167047cb6250a6
create or replace function private.note_news(project_ids uuid[]) returns void
language plpgsql security definer set search_path = ''
as $$
declare
    item record;
begin
    for item in
        select p.id, p.client_id, p.name
        from public.projects as p
        -- By an index: an interview or two would else be looked for in all of them.
        cross join lateral (select i.id from public.interviews as i where i.project_id = p.id order by i.lead_id limit 1) as of_them
        left join lateral (
            select i.id from public.interviews as i
            where i.project_id = p.id and i.status in ('pending', 'in_progress')
            order by i.lead_id
            limit 1
        ) as running on true
        where p.id = any (note_news.project_ids) and p.status = 'active' and p.config #> '{audience,join_later}' is distinct from 'true'
            and running.id is null
        order by p.id
    loop
        perform private.notify(item.client_id, 'project_completed', null, format('Todas as entrevistas da pesquisa "%s" terminaram.', item.name), item.id::text);
    end loop;
    -- Once a day a client hears of its dead letters. Not of notifications' own: they would tell of themselves for ever.
    for item in
        select f.client_id, count(*) as failed
        from public.failed_tasks as f
        where f.status = 'dead' and f.created_at > now() - interval '1 day'
            and not exists (select from public.deliveries as d where d.id = f.task_row_id and d.kind = 'notification')
        group by f.client_id
        order by f.client_id
    loop
        perform private.notify(
            item.client_id, 'task_failed', null,
            case when item.failed = 1 then 'Um envio ou uma tarefa falhou e espera por você'
                else format('%s envios ou tarefas falharam e esperam por você', item.failed) end || ' na lista de falhas da RENUM.',
            to_char(private.now() at time zone 'America/Sao_Paulo', 'YYYY-MM-DD')
        );
    end loop;
end
$$;
comment on function private.note_news(uuid[]) is
'Notes for the clients'' owners what no single commit can know: that of these projects (whose figures changed) the last interview has ended, and that there are dead letters (once a day). Run by the sweep, one at a time. Idempotent.';

-- source: sql/30_rules/97_notification_account.sql sha256:9330b89ccdfff302a3ead670ed15075870b5204d94af185044718480840f2b40
create or replace function private.notification_account(client_id uuid, channel public.channel, preferred uuid) returns public.channel_accounts
language sql stable security definer set search_path = ''
as $$
    -- SECURITY: another client's account is nobody's to use but the house's: then the delivery and its message are the house's own rows,
    -- and what ties them to the client is the client's notification. Leads are never written to in this way.
    select a
    from public.channel_accounts as a
    join public.clients as c on c.id = a.client_id
    where a.channel = notification_account.channel and a.status = 'active'
        and (a.client_id = notification_account.client_id or (c.is_house and a.channel <> 'whatsapp'))
    order by a.client_id <> notification_account.client_id, a.id is distinct from notification_account.preferred, a.created_at, a.id
    limit 1;
$$;
comment on function private.notification_account(uuid, public.channel, uuid) is
'The account to tell a client''s people by: the preferred one or else the client''s oldest active one of the channel; where the client has none for SMS or e-mail, the house client''s. A row of nulls if there is none. Read-only.';

-- source: sql/30_rules/97_notification_content.sql sha256:9019db59eeafd227a0e6a638a916718f63bdcd7140791663e9ead8a9d9572233
create or replace function private.notification_content(
    channel public.channel, template public.message_templates, full_name text, company_name text, project_name text, title text, txt text
) returns jsonb
language sql immutable set search_path = ''
as $$
    select case
        when notification_content.channel = 'email' then jsonb_build_object(
            'type', 'text',
            -- A header of one line: https://www.rfc-editor.org/rfc/rfc5322#section-2.2
            'subject', left(regexp_replace(format('%s | %s', notification_content.title, notification_content.company_name), '\s+', ' ', 'g'), 150),
            'text', format(
                E'Olá%s!\n\n%s\n\nVocê recebe este aviso porque é responsável pela conta de %s na RENUM. Para mudar como é avisado, altere o seu perfil.\n',
                coalesce(', ' || private.first_name(notification_content.full_name), ''), notification_content.txt, notification_content.company_name
            )
        )
        -- Two or three parts of an SMS at most: with accents a part has 67 characters (3GPP TS 23.038, UCS-2).
        when notification_content.channel = 'sms' then jsonb_build_object(
            'type', 'text', 'text', left(regexp_replace(format('%s: %s', notification_content.company_name, notification_content.txt), '\s+', ' ', 'g'), 200)
        )
        when (notification_content.template).id is null then jsonb_build_object('type', 'text', 'text', notification_content.txt)
        else private.template_content(
            notification_content.template, notification_content.full_name, notification_content.company_name, notification_content.project_name,
            -- A parameter and the words around it have 1024 characters together (WhatsApp Cloud API).
            left(notification_content.txt, 700)
        )
    end;
$$;
comment on function private.notification_content(public.channel, public.message_templates, text, text, text, text, text) is
'A notification as a channel takes it: by WhatsApp the template, or free text where there is none; one short text by SMS; a subject and a text by e-mail.';

-- source: sql/30_rules/97_send_notifications.sql sha256:582acd42a9ed48af563b876e5e6e631841103a8349b518bf3a6d5adc2bebde07
create or replace function private.send_notifications() returns integer
language plpgsql security definer set search_path = ''
as $$
declare
    item record;
    one uuid;
    told record;
    sent integer := 0;
    burst integer := private.setting_int('notification_burst');
    since timestamptz := private.now() - make_interval(secs => private.setting_int('notification_window_s'));
begin
    -- One at a time: messages of a person are numbered, and conversations met in any order.
    if not pg_try_advisory_xact_lock(hashtextextended('send_notifications', 0)) then
        return 0;
    end if;
    -- What waits for an account that is stopped goes another way, and does not come again when the account is back.
    for item in
        select d.id
        from public.deliveries as d
        join public.channel_accounts as a on a.id = d.channel_account_id
        where d.status in ('queued', 'deferred') and a.status <> 'active'
            and (d.client_id, d.id) in (select n.sender_client_id, n.delivery_id from public.notifications as n where n.status = 'queued' and n.delivery_id is not null)
        order by d.id
        for no key update of d skip locked
    loop
        update public.deliveries as d set status = 'cancelled', reason = 'the account is stopped' where d.id = item.id;
        perform private.end_delivery(item.id);
    end loop;

    for item in
        select n.client_id, n.profile_id, n.attempts, array_agg(n.id order by n.created_at, n.id) as ids, (private.notification_words(n.event)).urgent
        from public.notifications as n
        join public.profiles as p on p.id = n.profile_id
        where n.status = 'queued' and n.delivery_id is null and n.event <> all (p.muted_events)
        group by n.client_id, n.profile_id, n.attempts, 5
        order by min(n.created_at)
        limit 200
    loop
        begin
            select count(distinct n.told_at) as times, max(n.told_at) as latest into told
            from public.notifications as n
            where n.client_id = item.client_id and n.profile_id = item.profile_id and n.told_at > since;
            if item.attempts <> '[]' then
                -- Together they went, together they go on.
                perform private.tell(item.ids);
                sent := sent + 1;
            elsif item.urgent or told.times + cardinality(item.ids) <= burst then
                foreach one in array item.ids loop
                    perform private.tell(array[one]);
                    sent := sent + 1;
                end loop;
            elsif told.times = 0 then
                perform private.tell(item.ids);
                sent := sent + 1;
            end if;
        exception
            when deadlock_detected or lock_not_available or query_canceled then
                raise;
            when others then
                -- One person who cannot be told must not stop the others.
                raise warning 'person % cannot be told: %', item.profile_id, sqlerrm;
        end;
    end loop;
    update public.notifications as n
    set status = 'skipped', reason = 'the person wants no notifications of this event'
    from public.profiles as p
    where n.status = 'queued' and n.delivery_id is null and p.id = n.profile_id and n.event = any (p.muted_events);
    return sent;
end
$$;
comment on function private.send_notifications() is
'Tells people what is to be told, run by the sweep. One by one up to notification_burst in notification_window_s; where more wait, they are kept until the window since the last message is over, and become one message (an urgent event is told at once). What failed by one channel goes on by the next, and so does what waits for a stopped account. Returns how many messages were made.';

-- source: sql/30_rules/97_tell.sql sha256:9c9657cf8d69f85aaaac538e7a77e6919313ba923387ad512058bc9cf02b5264
create or replace function private.tell(notification_ids uuid[]) returns void
language plpgsql security definer set search_path = ''
as $$
declare
    held integer;
    notice public.notifications;
    person public.profiles;
    project public.projects;
    account public.channel_accounts;
    template public.message_templates;
    medium public.channel;
    company text;
    words record;
    txt text;
    body jsonb;
    problem text;
    state public.delivery_status;
    dialogue_id uuid;
    new_message_id uuid;
    new_delivery_id uuid;
    attempt jsonb;
    dispatched timestamptz := private.now();
begin
    -- One that got through after all in the meantime is not told again.
    perform from public.notifications as n
    where n.id = any (tell.notification_ids) and n.status = 'queued' and n.delivery_id is null
    order by n.id
    for update skip locked;
    get diagnostics held = row_count;
    if held < cardinality(tell.notification_ids) then
        return;
    end if;
    select * into strict notice from public.notifications as n where n.id = any (tell.notification_ids) order by n.created_at, n.id limit 1;
    select * into strict person from public.profiles as p where p.id = notice.profile_id;
    select c.company_name into company from public.clients as c where c.id = notice.client_id;
    select p.* into project from public.projects as p join public.interviews as i on i.project_id = p.id where i.id = notice.interview_id;
    select w.title into words from private.notification_words(notice.event) as w;
    txt := notice.text;
    if cardinality(tell.notification_ids) > 1 then
        select cardinality(tell.notification_ids) || ' avisos' as title into words;
        txt := private.digest_text(tell.notification_ids);
    end if;
    problem := case
        when not exists (
            select from public.client_members as m
            where m.client_id = notice.client_id and m.profile_id = notice.profile_id and m.role = 'owner' and m.status = 'active'
        ) then 'the person is no owner of the client any more'
        when cardinality(person.notification_channels) = 0 then 'the person wants no notifications'
    end;
    if problem is not null then
        update public.notifications as n set status = 'skipped', reason = problem where n.id = any (tell.notification_ids);
        return;
    end if;

    foreach medium in array person.notification_channels loop
        continue when notice.attempts @> jsonb_build_array(jsonb_build_object('channel', medium));
        account := private.notification_account(notice.client_id, medium, project.channel_account_id);
        template := null;
        if medium = 'whatsapp' then
            template := private.template_for(notice.client_id, account.id, 'notification', null);
        end if;
        problem := case
            when account.id is null then 'there is no active account'
            when medium = 'whatsapp' and template.id is null and exists (
                select from private.providers as v where v.provider = account.provider and v.channel = medium and v.templates
            ) then 'the client has no approved template for notifications'
            when medium in ('whatsapp', 'sms') and person.phone is null then 'the person has no phone number'
            when medium = 'email' and person.email is null then 'the person has no e-mail address'
        end;
        attempt := jsonb_build_object('channel', medium, 'reason', problem);
        if problem is null then
            new_message_id := gen_random_uuid();
            new_delivery_id := gen_random_uuid();
            body := private.notification_content(medium, template, person.full_name, company, project.name, words.title, txt);
            insert into public.conversations as c (client_id, profile_id, last_message_at)
            values (account.client_id, person.id, dispatched)
            on conflict (client_id, profile_id) where profile_id is not null do update set last_message_at = excluded.last_message_at
            returning c.id into dialogue_id;
            insert into public.deliveries as d (id, client_id, profile_id, channel_account_id, channel, kind, content, message_id, queue)
            values (new_delivery_id, account.client_id, person.id, account.id, medium, 'notification', body, new_message_id, 'default')
            returning d.status, d.reason into state, problem;
            insert into public.messages (id, conversation_id, role, content, channel, metadata, client_id, seq)
            values (
                new_message_id, dialogue_id, 'assistant', body ->> 'text', medium,
                jsonb_build_object('type', body -> 'type', 'delivery_id', new_delivery_id, 'notification_id', notice.id), account.client_id,
                coalesce((select max(m.seq) from public.messages as m where m.conversation_id = dialogue_id), 0) + 1
            );
            attempt := jsonb_strip_nulls(jsonb_build_object(
                'channel', medium, 'delivery_id', new_delivery_id, 'reason', case when state = 'cancelled' then problem end
            ));
        end if;
        notice.attempts := notice.attempts || attempt;
        if not attempt ? 'reason' then
            -- The dead letters of the channels before are taken care of by this one: replayed, they would tell it again.
            update public.failed_tasks as f
            set status = 'resolved', resolved_at = now()
            where f.task_row_id in (select (a.v ->> 'delivery_id')::uuid from jsonb_array_elements(notice.attempts) as a (v)) and f.status = 'dead';
            update public.notifications as n
            set delivery_id = new_delivery_id, sender_client_id = account.client_id, attempts = notice.attempts, reason = null,
                told_at = coalesce(n.told_at, dispatched)
            where n.id = any (tell.notification_ids);
            return;
        end if;
    end loop;

    update public.notifications as n
    set attempts = notice.attempts,
        status = case when notice.attempts @? '$[*].delivery_id' then 'failed' else 'skipped' end::public.notification_status,
        reason = (select string_agg((a.v ->> 'channel') || ': ' || (a.v ->> 'reason'), '; ' order by a.ord) from jsonb_array_elements(notice.attempts) with ordinality as a (v, ord))
    where n.id = any (tell.notification_ids);
end
$$;
comment on function private.tell(uuid[]) is
'Makes the message and delivery that tell one person of these notifications by the first channel not tried yet, in the person''s own order; where none is left, they are skipped (nothing was ever sent) or failed, with each channel''s reason. Where somebody else holds one of them, or one needs no telling any more, nothing happens. No two run at a time for one person.';

-- source: sql/30_rules/98_run_erasures.sql sha256:f0883282331fbc21c5d46c05bf66b478f45da113e2267395787723104b2662ca
create or replace function private.run_erasures() returns integer
language plpgsql security definer set search_path = ''
as $$
declare
    e public.erasures;
    wanted uuid[];
    held integer;
    done integer := 0;
begin
    for e in
        select * from public.erasures as x
        where x.done_at is null and x.due_at <= private.now()
        order by x.due_at
        limit 50
    loop
        begin
            -- The sweep holds other leads' threads by now: one that somebody works in is left for the next time, not waited for.
            wanted := array(select t.id from private.threads as t where t.client_id = e.client_id and t.lead_id = e.lead_id);
            perform from public.interviews as i
            where i.id in (select t.interview_id from private.threads as t where t.id = any (wanted))
            for no key update skip locked;
            get diagnostics held = row_count;
            continue when held < (select count(t.interview_id) from private.threads as t where t.id = any (wanted));
            perform from private.threads as t where t.id = any (wanted) for no key update skip locked;
            get diagnostics held = row_count;
            continue when held < cardinality(wanted);
            perform private.erase_lead(e.lead_id);
            update public.erasures as x set done_at = private.now() where x.id = e.id;
            done := done + 1;
        exception
            when deadlock_detected or lock_not_available or query_canceled then
                raise;
            when others then
                -- The sweep comes by here: one that fails must not stop what comes after it.
                raise warning 'erasure % failed: %', e.id, sqlerrm;
        end;
    end loop;
    return done;
end
$$;
comment on function private.run_erasures() is 'Carries out the erasures that are due, at most 50; run by the sweep. Returns how many. Idempotent.';

-- source: sql/30_rules/98_sweep.sql sha256:5fd259fb749ab6f29b6d7991d096c5fbbf603c4c1a7a30bc035fdb255df9ac6b
create or replace function private.sweep() returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    item record;
    changed uuid[] := '{}';
    rung text[] := '{}';
begin
    if not pg_try_advisory_xact_lock(hashtextextended('renum sweep', 0)) then
        return '{"busy": true}';
    end if;
    -- Reports of projects whose figures changed.
    for item in
        with gone as (delete from private.project_changes as c returning c.project_id)
        select distinct g.project_id from gone as g order by 1
    loop
        perform private.queue_report(item.project_id, null, false);
        changed := changed || item.project_id;
    end loop;
    -- What waits for a time: reminders, and the end of what nobody answered. Then whatever the clients' people are to be told.
    perform private.fire_reminders();
    perform private.expire_interviews();
    perform private.note_news(changed);
    perform private.send_notifications();
    perform private.run_erasures();
    -- Invitations that have room, and whatever else waits for admission.
    for item in select c.client_id from private.clients_to_invite() as c (client_id) loop
        perform private.invite_next(item.client_id);
    end loop;
    for item in select distinct t.client_id from private.threads as t where t.task_id is null and t.due_at is not null loop
        perform private.admit_turns(item.client_id);
    end loop;
    for item in
        select distinct d.client_id, d.queue from public.deliveries as d
        where d.status in ('queued', 'deferred') and d.task_id is null and d.due_at <= private.now()
    loop
        perform private.admit_deliveries(item.client_id, item.queue);
    end loop;
    for item in
        select distinct r.client_id from public.reports as r where r.stale and r.task_id is null and r.due_at <= now() and r.status <> 'failed'
    loop
        perform private.admit_reports(item.client_id);
    end loop;
    for item in
        select distinct m.client_id from public.media as m where m.status = 'waiting' and m.task_id is null and m.due_at <= now()
    loop
        perform private.admit_media(item.client_id);
    end loop;
    -- Ring for every queue that has something due: new, put off, or held by somebody who died.
    if exists (select from private.threads as t where t.task_id is not null and t.due_at <= clock_timestamp())
        or exists (select from public.deliveries as d where d.queue = 'high_priority' and d.task_id is not null and d.due_at <= private.now()) then
        rung := rung || 'agent_turn'::text;
    end if;
    if exists (select from public.deliveries as d where d.queue = 'default' and d.task_id is not null and d.due_at <= private.now())
        or exists (select from public.media as m where m.status = 'waiting' and m.task_id is not null and m.due_at <= clock_timestamp()) then
        rung := rung || 'deliver'::text;
    end if;
    if exists (select from public.reports as r where r.task_id is not null and r.due_at <= clock_timestamp()) then
        rung := rung || 'report'::text;
    end if;
    perform private.ring(f) from unnest(rung) as f;
    return jsonb_build_object('rung', to_jsonb(rung));
end
$$;
comment on function private.sweep() is
'The safety net under the doorbell, run by pg_cron: admits what waits, makes what only commits'' notes ask for (project reports, notifications), and rings for every queue with something due. Everything it does is idempotent.';

-- source: sql/30_rules/99_next_due_ms.sql sha256:53ccd2d5cbbcd2ba9dfe9bfda9fffb3d98adc8fb6fe0e13f827cdabddfe77559
create or replace function private.next_due_ms(queues text[]) returns integer
language sql volatile security definer set search_path = ''
as $$
    -- What somebody holds is not waited for. At least 20 ms: a task locked this very moment must not make the caller spin.
    select least(greatest(20, ceil(extract(epoch from min(w.due_at) - clock_timestamp()) * 1000)), 2147483647)::integer
    from (
        select min(t.due_at) from private.threads as t where t.task_id is not null and t.lease is null and 'high_priority' = any (queues)
        union all
        select min(d.due_at) - (private.now() - clock_timestamp()) from public.deliveries as d where d.task_id is not null and d.status <> 'sending' and d.queue = any (queues)
        union all
        select min(m.due_at) from public.media as m where m.status = 'waiting' and m.task_id is not null and m.claim is null and 'default' = any (queues)
        union all
        select min(r.due_at) from public.reports as r where r.task_id is not null and r.status <> 'writing' and 'low_priority' = any (queues)
    ) as w (due_at)
    where w.due_at is not null
    having min(w.due_at) is not null;
$$;
comment on function private.next_due_ms(text[]) is 'Milliseconds until the next task of these queues that nobody holds is due; null if there is none.';

-- source: sql/40_triggers/10_touch.sql sha256:1434f984da57ab091dc6bb68dae35b88c4c58d6bda3c789410bb9e82f15746f3
create or replace function private.touch() returns trigger
language plpgsql set search_path = ''
as $$
begin
    new.updated_at := now();
    return new;
end
$$;
comment on function private.touch() is 'Trigger: keeps updated_at.';

do $$
declare
    t text;
begin
    foreach t in array array[
        'profiles', 'clients', 'client_members', 'leads', 'channel_accounts', 'message_templates', 'renus_config', 'tools', 'sub_agents', 'projects',
        'interviews', 'conversations', 'interview_answers', 'deliveries', 'notifications', 'reminders', 'reports', 'media', 'sending_rules'
    ] loop
        execute format('create or replace trigger _100_touch before update on public.%I for each row execute function private.touch()', t);
    end loop;
end
$$;

-- source: sql/40_triggers/26_same_client.sql sha256:a1cf3d51f05124391dae8708483c9542edd2a741f3e08debb0ad562bc5fdfa44
create or replace function private.same_client() returns trigger
language plpgsql set search_path = ''
as $$
begin
    raise exception '% cannot move to another client', tg_table_name using errcode = '42501';
end
$$;
comment on function private.same_client() is 'Trigger: a row stays with its client for ever.';

do $$
declare
    t text;
begin
    foreach t in array array['client_members', 'leads', 'channel_accounts', 'message_templates', 'renus_config', 'projects', 'interviews', 'conversations', 'sending_rules'] loop
        execute format(
            'create or replace trigger _100_same_client before update of client_id on public.%I for each row when (new.client_id is distinct from old.client_id) execute function private.same_client()', t
        );
    end loop;
end
$$;

-- source: sql/40_triggers/27_start_account.sql sha256:db2adfd17021d3d42035b549befd3c6ed64631de7ff2b4f0f6de8c718f93a079
create or replace function private.start_account() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    new.stopped_reason := null;
    -- What waited for it need not wait for the next look.
    -- Whoever holds one of them looks at its account anyway; nobody is waited for under the account's lock.
    update public.deliveries as d
    set due_at = private.now()
    where d.id in (
        select x.id from public.deliveries as x
        where x.client_id = new.client_id and x.channel_account_id = new.id and x.status = 'deferred' and x.reason like 'the channel account is %'
        for no key update skip locked
    );
    return new;
end
$$;
comment on function private.start_account() is 'Trigger: an account that sends again forgets why it had stopped, and what waited for it goes on.';

create or replace trigger _500_start_account before update of status on public.channel_accounts
for each row when (new.status = 'active' and old.status <> 'active') execute function private.start_account();

-- source: sql/40_triggers/30_normalize_lead.sql sha256:7ab2741528e1d0deee166df85887f93a6b6232e89588dd20fc1cf0aac77d473c
create or replace function private.normalize_lead() returns trigger
language plpgsql set search_path = ''
as $$
begin
    new.phone := private.checked_phone(new.phone);
    new.name := nullif(btrim(regexp_replace(new.name, '[[:cntrl:]]', ' ', 'g')), '');
    new.email := nullif(lower(btrim(new.email)), '');
    if not private.is_email(new.email) then
        raise exception 'email % is not an e-mail address', quote_literal(left(new.email, 100)) using errcode = '22023';
    end if;
    if new.time_zone is not null and new.time_zone ~ '/' then
        begin
            perform now() at time zone new.time_zone;
        exception when invalid_parameter_value then
            raise exception 'time_zone % is not known', quote_literal(left(new.time_zone, 100)) using errcode = '22023', hint = 'For example America/Sao_Paulo, America/Manaus or America/Noronha.';
        end;
    end if;
    return new;
end
$$;
comment on function private.normalize_lead() is 'Trigger: phones to E.164, names and e-mail addresses trimmed; what can be neither number nor address is refused.';

create or replace trigger _100_normalize_lead before insert or update of phone, name, email, time_zone on public.leads
for each row execute function private.normalize_lead();

-- source: sql/40_triggers/33_check_consent.sql sha256:65c2d18c598302a350bb7ee44b03b8fd3b0f69a43f5f494f8362d20374414b03
create or replace function private.check_consent() returns trigger
language plpgsql set search_path = ''
as $$
declare
    opted_out boolean;
begin
    if current_user not in ('authenticated', 'service_role') then
        return new;
    end if;
    -- Under the asker's rights: of another client's lead it learns nothing.
    opted_out := exists (select from public.leads as l where l.client_id = new.client_id and l.id = new.lead_id and l.opted_out_at is not null);
    if opted_out and new.granted and (new.legal_basis <> 'consent' or new.evidence - array['source', 'recorded_by'] = '{}') then
        raise exception 'a lead who opted out comes back by its consent only, and with evidence of it'
            using errcode = '22023', hint = 'For example {"legal_basis": "consent", "evidence": {"text": "asked for it at the counter on 3 March"}}.';
    end if;
    -- SECURITY: nobody records a word of the lead's, or a provider's, that never came.
    new.evidence := new.evidence || jsonb_build_object(
        'source', case when new.evidence ->> 'source' = 'import' and not opted_out then 'import' else 'person' end, 'recorded_by', private.current_profile_id()
    );
    return new;
end
$$;
comment on function private.check_consent() is
'Trigger: what people add to the ledger is marked as theirs, and takes back an opt-out only as an explicit consent with its evidence.';

create or replace trigger _100_check_consent before insert on public.consents
for each row execute function private.check_consent();

-- source: sql/40_triggers/34_apply_consent.sql sha256:7ccc3a407b2f3befdaa5c281f9d45cc7be373fb0c18f14dcf984ebe02faa56f9
create or replace function private.apply_consent() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
    source text := coalesce(new.evidence ->> 'source', '');
begin
    -- The lead's own word is answered by a turn, whose goodbye ends the interview; who withdraws in another way ends it here.
    -- Lock order: interviews, threads (by their trigger), leads.
    if not new.granted and source not in ('message', 'agent') then
        perform private.end_interview(t.interview_id, 'opted_out')
        from private.threads as t
        where t.client_id = new.client_id and t.lead_id = new.lead_id and t.interview_id is not null;
    end if;
    -- An opt-out is taken back explicitly or not at all: not by a list, and by a provider's "resume" only if it was its own "stop".
    if new.granted and (source = 'import' or (source = 'provider' and exists (
        select from (
            select c.evidence ->> 'source' as source from public.consents as c
            where c.client_id = new.client_id and c.lead_id = new.lead_id and not c.granted
            order by c.created_at desc
            limit 1
        ) as w
        where w.source is distinct from 'provider'
    ))) then
        return null;
    end if;
    update public.leads as l
    set opted_out_at = case when new.granted then null else coalesce(l.opted_out_at, new.created_at) end
    where l.id = new.lead_id and (l.opted_out_at is null) is distinct from new.granted;
    if new.granted then
        -- Data that an opt-out alone would have had erased.
        delete from public.erasures as e where e.client_id = new.client_id and e.lead_id = new.lead_id and e.requested_by is null and e.done_at is null;
    else
        insert into public.erasures (client_id, lead_id, reason, requested_by, due_at)
        select new.client_id, new.lead_id, 'opt-out', null, private.now() + make_interval(hours => min(k.erase_after_hours))
        from public.renus_config as r
        join private.policy_packs as k on k.agent_type = r.agent_type
        where r.client_id = new.client_id and r.active and k.erase_after_hours is not null and source <> 'erasure'
        having count(*) > 0
        on conflict (lead_id) where done_at is null do nothing;
    end if;
    return null;
end
$$;
comment on function private.apply_consent() is
'Trigger: leads.opted_out_at follows the newest row of the consent ledger that may speak for the lead, the live interviews of a lead that opted out end, and its data is erased where the client''s agents are bound to.';

create or replace trigger _500_apply_consent after insert on public.consents
for each row execute function private.apply_consent();

-- source: sql/40_triggers/37_check_sending_rules.sql sha256:e28be23cadbf4b140a8b8cfaa97405f8548a80b6fec7cff1dbcbcc9386bc95ec
create or replace function private.check_sending_rules() returns trigger
language plpgsql set search_path = ''
as $$
declare
    problem text := private.hours_problem(new.hours);
begin
    if problem is not null then
        raise exception '%', problem using errcode = '22023';
    end if;
    return new;
end
$$;
comment on function private.check_sending_rules() is 'Trigger: the hours of sending_rules are checked when they are written.';

create or replace trigger _100_check_sending_rules before insert or update of hours on public.sending_rules
for each row execute function private.check_sending_rules();

-- source: sql/40_triggers/38_channel_of_delivery.sql sha256:62abe54f2ae2f0b34cfcf793f6a15982838bf238ab69200cf50e038f6c88594d
create or replace function private.channel_of_delivery() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    new.channel := coalesce((select a.channel from public.channel_accounts as a where a.id = new.channel_account_id and a.client_id = new.client_id), new.channel);
    return new;
end
$$;
comment on function private.channel_of_delivery() is 'Trigger: a delivery goes over its account''s channel.';

create or replace trigger _050_channel_of_delivery before insert on public.deliveries
for each row execute function private.channel_of_delivery();

-- source: sql/40_triggers/38_check_template.sql sha256:82a455edbbd1f11e83f6e99c124cfc6d6ece1e45804887c10eadf220e941fb38
create or replace function private.check_template() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
    gap text;
begin
    -- What the provider says is taken as it is; private.template_for leaves alone what cannot be used.
    if new.synced_at is not null and (tg_op = 'INSERT' or new.synced_at is distinct from old.synced_at) then
        return new;
    end if;
    if tg_op = 'UPDATE' and old.synced_at is not null and (new.status, new.category, new.body) is distinct from (old.status, old.category, old.body) then
        raise exception 'template % follows its provider: status, category and body are changed there', new.name
            using errcode = '42501', hint = 'Only parameters and purpose are chosen here. Change the rest at the provider, then fetch the list again: renum channel sync.';
    end if;
    if tg_op = 'INSERT' or (new.body, new.parameters) is distinct from (old.body, old.parameters) then
        gap := private.template_gap(new.name, new.body, new.parameters);
        if gap is not null then
            raise exception '%', gap using errcode = '22023', hint = 'parameters is a list in the order of the variables, such as {lead.first_name,client.company_name}.';
        end if;
    end if;
    return new;
end
$$;
comment on function private.check_template() is
'Trigger: a template names something for each variable of its body, and what the provider said of it stays the provider''s. What worker.save_templates and private.follow_template write passes as it is.';

create or replace trigger _100_check_template before insert or update on public.message_templates
for each row execute function private.check_template();

-- source: sql/40_triggers/40_check_project.sql sha256:b8ac1b67dee1de6b584c49480b91b6b3736fa7c923c37adfe17d3eabcb77f797
create or replace function private.check_project() returns trigger
language plpgsql set search_path = ''
as $$
declare
    problem text := private.project_config_problem(new.config);
    agent public.agent_type;
    company text;
    template public.message_templates;
begin
    if problem is not null then
        raise exception 'projects.config: %', problem using errcode = '22023';
    end if;
    -- SECURITY: under the asker's rights, as private.account_for: another client's agent is none.
    agent := (select r.agent_type from public.renus_config as r where r.client_id = new.client_id and r.id = new.renus_config_id);
    problem := private.question_refusal(agent, new.config);
    if problem is not null then
        raise exception 'projects.config: %', problem using errcode = '22023';
    end if;
    if new.status = 'active' and new.type = 'survey' and not new.config ? 'questionnaire' then
        raise exception 'a survey needs projects.config.questionnaire before it starts' using errcode = '22023';
    end if;
    -- A running project keeps what it started with: without an account or a template it could not invite.
    if new.status = 'active' and new.config ? 'questionnaire' then
        if tg_op = 'INSERT' or old.status <> 'active' or new.channel_account_id is distinct from old.channel_account_id or new.channel_account_id is null then
            new.channel_account_id := private.account_for(new.client_id, new.channel_account_id);
        end if;
        if new.channel_account_id is null then
            raise exception 'the client has no active WhatsApp account to write from' using errcode = '22023', hint = 'Add one to channel_accounts.';
        end if;
        template := private.template_for(new.client_id, new.channel_account_id, 'invitation', new.config #>> '{invitation,template}');
        if template is null then
            raise exception '%', private.no_template(new.client_id, new.channel_account_id, 'invitation', new.config #>> '{invitation,template}')
                using errcode = '22023', hint = 'The invitation needs a template in message_templates that the provider approved, with something for each of its variables.';
        end if;
        company := (select c.company_name from public.clients as c where c.id = new.client_id);
        problem := coalesce(
            private.account_refusal(agent, new.channel_account_id),
            private.invitation_refusal(agent, private.template_content(template, null, company, new.name, null) ->> 'text', company)
        );
        if problem is not null then
            raise exception '%', problem using errcode = '22023';
        end if;
    end if;
    return new;
end
$$;
comment on function private.check_project() is 'Trigger: projects.config is checked when it is written, and a project starts, and runs on, only with what it needs and what its agent''s trade allows.';

create or replace trigger _100_check_project before insert or update of config, status, type, channel_account_id, renus_config_id on public.projects
for each row execute function private.check_project();

-- source: sql/40_triggers/42_start_project.sql sha256:295f115ef964cceea053250065995e4ef5898cfe1cba298f0536983068fe4afb
create or replace function private.start_project() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
    -- Here, not in _100_check_project: policies have let the row pass, so that no count tells of another client's leads.
    problem text := private.start_problem(new);
begin
    if problem is not null then
        raise exception '%', problem using errcode = '22023', hint = 'Set config.stretch to true to spread it over several days, or make the audience smaller.';
    end if;
    perform private.add_interviews(new.id);
    perform private.invite_next(new.client_id);
    perform private.ring('deliver');
    return null;
end
$$;
comment on function private.start_project() is 'Trigger: a project that becomes active, and may, gets the interviews of its audience, set-based and each once, and its first invitations; the sweep goes on with the rest.';

create or replace trigger _900_start_project_inserted after insert on public.projects
for each row when (new.status = 'active') execute function private.start_project();

create or replace trigger _900_start_project after update of status on public.projects
for each row when (new.status = 'active' and old.status <> 'active') execute function private.start_project();

-- source: sql/40_triggers/52_end_of_interview.sql sha256:bc3ff68b3c1fe3c486f2c653519c372d2bc22e823eec5aaccd644cb62f14d84e
create or replace function private.end_of_interview() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    update private.threads as t set interview_id = null where t.id = new.thread_id and t.interview_id = new.id;
    perform private.stop_reminders(new.client_id, new.id, case new.end_reason when 'opted_out' then 'the lead opted out' else 'the interview has ended' end, true);
    insert into private.project_changes (project_id) values (new.project_id);
    if new.status = 'completed' then
        perform private.queue_report(new.project_id, new.id, true);
        perform private.ring('report');
        perform private.notify(new.client_id, 'interview_completed', new.id, (
            select format('%s concluiu a pesquisa "%s".', coalesce(l.name, l.phone, 'Um contato'), p.name)
            from public.leads as l
            cross join public.projects as p
            where l.id = new.lead_id and p.id = new.project_id
        ));
    end if;
    if new.end_reason = 'handed_over' then
        perform private.notify(new.client_id, 'person_needed', new.id, (
            select format('%s precisa de atendimento de uma pessoa.', coalesce(l.name, l.phone, 'Um contato')) from public.leads as l where l.id = new.lead_id
        ));
    end if;
    return null;
end
$$;
comment on function private.end_of_interview() is
'Trigger: an interview that ended frees its thread for the next one, and reminds nobody more; a completed one also queues its report and the client''s notification, one that was handed over only that.';

create or replace trigger _900_end_of_interview after update of status on public.interviews
for each row when (new.status in ('completed', 'cancelled') and old.status in ('pending', 'in_progress')) execute function private.end_of_interview();

-- source: sql/40_triggers/56_tell_of_template.sql sha256:370dcda0609b79d97a1dbb285f00fd09f5cf3296fbe15b8ebfa18a970338ea08
create or replace function private.tell_of_template() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    if new.purpose <> 'other' or exists (
        select from public.projects as p
        where p.client_id = new.client_id and p.status = 'active' and p.config #>> '{invitation,template}' = new.name
    ) then
        perform private.notify(new.client_id, 'template_stopped', null, format('Atenção: %s. Até que isso mude, ele não é enviado.', private.template_problem(new, true)));
    end if;
    return null;
end
$$;
comment on function private.tell_of_template() is 'Trigger: a client''s owners are told, once a day, that a template in use was paused, rejected or disabled by its provider.';

create or replace trigger _900_tell_of_template after update of status on public.message_templates
for each row when (old.status = 'approved' and new.status in ('paused', 'rejected', 'disabled') and new.synced_at is not null)
execute function private.tell_of_template();

-- source: sql/40_triggers/60_count_inbound.sql sha256:f02448a61d37e6ac0bd5d38ba171c6d53e9fbebe2826b96de6f3f0b412fedf90
create or replace function private.count_inbound() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
    longest interval := make_interval(secs => private.setting_int('debounce_max_ms') / 1000.0);
    right_now timestamptz := clock_timestamp();
    client_id uuid;
    sooner record;
    work integer := 0;
begin
    -- Lock order: threads by id; ingest holds these locks already.
    perform from private.threads as t
    where (t.client_id, t.interview_id) in (select n.client_id, n.interview_id from new_rows as n where n.role = 'user')
    order by t.id
    for no key update;
    for sooner in
        with
        said as (
            -- The last message of a burst says whether there is more to come; an opt-out among them waits for nothing.
            select m.client_id, m.interview_id, max(m.seq) as newest, max(m.seq) filter (where m.wanted) as newest_to_answer,
                make_interval(secs => case
                    when bool_or(private.is_opt_out(m.content)) then 0
                    else private.debounce_ms(
                        (array_agg(m.metadata order by m.seq desc) filter (where m.wanted))[1], (array_agg(m.content order by m.seq desc) filter (where m.wanted))[1],
                        private.question_type(m.interview_id)
                    )
                end / 1000.0) as pause
            from (select n.*, private.needs_answer(n.metadata, n.content) as wanted from new_rows as n where n.role = 'user') as m
            group by m.client_id, m.interview_id
        ),
        counted as (
            update private.threads as t
            set last_seq = greatest(t.last_seq, s.newest), inbound_seq = greatest(t.inbound_seq, s.newest_to_answer), last_inbound_at = private.now(),
                waiting_since = case when s.newest_to_answer is null then t.waiting_since else coalesce(t.waiting_since, right_now) end,
                not_before = case
                    when s.newest_to_answer is null then t.not_before
                    else least(right_now + s.pause, coalesce(t.waiting_since, right_now) + longest)
                end
            from said as s
            join private.threads as earlier on earlier.client_id = s.client_id and earlier.interview_id = s.interview_id
            where t.id = earlier.id
            returning t.id, t.task_id, t.lease, t.not_before, earlier.not_before as not_before_earlier
        )
        select c.id, c.task_id from counted as c
        where c.task_id is not null and c.lease is null and c.not_before < c.not_before_earlier - interval '20 milliseconds'
    loop
        -- Somebody holds the turn for a longer wait than there is now: it shows again at once, and whoever comes first begins it.
        perform pgmq.set_vt('high_priority', sooner.task_id, 0);
        update private.threads as t set due_at = t.not_before where t.id = sooner.id;
        work := work + 1;
    end loop;
    update private.threads as t
    set due_at = t.not_before, attempts = 0
    from public.leads as l
    where (t.client_id, t.interview_id) in (
            select n.client_id, n.interview_id from new_rows as n where n.role = 'user' and private.needs_answer(n.metadata, n.content)
        )
        and t.task_id is null and t.inbound_seq > t.handled_seq
        and l.id = t.lead_id and l.status <> 'blocked';
    for client_id in select distinct n.client_id from new_rows as n order by 1 loop
        work := work + private.admit_turns(client_id);
    end loop;
    if work > 0 then
        perform private.ring('agent_turn');
    end if;
    return null;
end
$$;
comment on function private.count_inbound() is
'Trigger: counts what leads said on their threads, starts the debounce, and has one turn wait for admission for each thread that has something to answer and none queued.';

create or replace trigger _900_count_inbound after insert on public.interview_messages
referencing new table as new_rows
for each statement execute function private.count_inbound();

-- source: sql/40_triggers/61_stop_reminding.sql sha256:ceb368e4bb8f5fe8f4bc747d23141971f87dd71835a181dbe2bdb6fceb5bc293
create or replace function private.stop_reminding() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    perform private.stop_reminders(n.client_id, n.interview_id, 'the lead answered', false)
    from (
        select distinct r.client_id, r.interview_id from new_rows as r
        where r.role = 'user' and private.needs_answer(r.metadata, r.content)
        order by r.interview_id
    ) as n;
    return null;
end
$$;
comment on function private.stop_reminding() is 'Trigger: whoever has answered is reminded no more. After count_inbound, under whose thread locks it works.';

create or replace trigger _910_stop_reminding after insert on public.interview_messages
referencing new table as new_rows
for each statement execute function private.stop_reminding();

-- source: sql/40_triggers/62_follow_delivery.sql sha256:5f656f94c3d23346ea636e598253d3bc99ff89498f84158acf531805e4627950
create or replace function private.follow_delivery() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
    overtaken uuid[];
begin
    if new.status in ('failed', 'cancelled') then
        update public.notifications as n
        set status = 'queued', reason = null, delivery_id = null, sender_client_id = null,
            attempts = jsonb_set(n.attempts, '{-1,reason}', to_jsonb(coalesce(new.reason, new.error ->> 'message', 'the delivery failed')))
        where n.sender_client_id = new.client_id and n.delivery_id = new.id;
        return null;
    end if;
    update public.notifications as n
    set status = 'sent', reason = null
    where n.sender_client_id = new.client_id and n.delivery_id = new.id and n.status <> 'sent';
    if not found and old.status in ('queued', 'sending', 'unknown', 'failed', 'cancelled') then
        -- Given up, and it got through after all: whatever the next channel still holds is off.
        with
        earlier as materialized (
            select n.id, n.delivery_id from public.notifications as n
            where n.profile_id = new.profile_id and n.status <> 'sent' and n.attempts @> jsonb_build_array(jsonb_build_object('delivery_id', new.id))
        ),
        told as (
            update public.notifications as n
            set status = 'sent', reason = null, delivery_id = new.id, sender_client_id = new.client_id
            from earlier as e
            where n.id = e.id
        )
        select array_agg(e.delivery_id) into overtaken from earlier as e where e.delivery_id is not null;
        if overtaken is not null then
            update public.deliveries as d
            set status = 'cancelled', reason = 'the person was told by another channel'
            where d.id in (
                select x.id from public.deliveries as x
                where x.id = any (overtaken) and x.status in ('queued', 'deferred')
                order by x.id
                for no key update skip locked
            );
        end if;
    end if;
    return null;
end
$$;
comment on function private.follow_delivery() is
'Trigger: a notification is sent as its delivery is; one whose delivery failed or was cancelled, before or after the provider took it, waits to go on by the next channel, which is the sweep''s to choose.';

create or replace trigger _900_follow_delivery after update of status on public.deliveries
for each row when (new.kind = 'notification' and new.status in ('sent', 'delivered', 'read', 'failed', 'cancelled') and old.status is distinct from new.status)
execute function private.follow_delivery();

-- source: sql/40_triggers/63_follow_invitation.sql sha256:6441053277ab5066cd2ae86cf5c7cdf84b0e547fdda2e8e159c763a7d5ceb582
create or replace function private.follow_invitation() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
    accepted boolean := new.status in ('sent', 'delivered', 'read');
begin
    if tg_op = 'UPDATE' then
        -- From one accepted status to the next nothing changes.
        if accepted and old.status in ('sent', 'delivered', 'read') then
            return null;
        end if;
        if new.kind = 'reminder' then
            update public.reminders as r
            set status = case when accepted then 'sent' else 'skipped' end::public.reminder_status,
                reason = case when not accepted then coalesce(new.reason, new.error ->> 'message', 'the delivery failed') end
            where r.client_id = new.client_id and r.delivery_id = new.id and r.status <> 'cancelled';
            if not accepted and not exists (
                select from public.deliveries as d
                where d.client_id = new.client_id and d.interview_id = new.interview_id and d.status in ('sent', 'delivered', 'read')
            ) then
                perform private.plan_reminders(new.interview_id, 'failed');
            end if;
            return null;
        end if;
    end if;
    if new.kind = 'invitation' then
        perform private.plan_reminders(new.interview_id, new.status);
    end if;
    return null;
end
$$;
comment on function private.follow_invitation() is
'Trigger: an invitation that the provider took, or that failed or was cancelled, has its ladder of reminders written down; a reminder is sent or skipped as its delivery is.';

create or replace trigger _900_follow_invitation after update of status on public.deliveries
for each row when (
    new.kind in ('invitation', 'reminder') and new.status in ('sent', 'delivered', 'read', 'failed', 'cancelled') and old.status is distinct from new.status
) execute function private.follow_invitation();

create or replace trigger _900_follow_invitation_refused after insert on public.deliveries
for each row when (new.kind = 'invitation' and new.status = 'cancelled') execute function private.follow_invitation();

-- source: sql/40_triggers/70_police_delivery.sql sha256:790fc80407bce54cd12ac4b8019e76ab934907695952d651bf3e72f8f3b6727d
create or replace function private.police_delivery() returns trigger
language plpgsql set search_path = ''
as $$
declare
    v record;
begin
    -- SECURITY: whoever writes decides, so this runs as them. The engine's functions are postgres's.
    if current_user in ('authenticated', 'renum_agent', 'service_role') then
        return private.admit_direct(new, current_user);
    end if;
    if new.kind = 'message' and new.thread_id is null then
        new := private.place_message(new);
    end if;
    if new.status not in ('queued', 'deferred') then
        return new;
    end if;
    select * into v from private.policy_verdict(new);
    if v.verdict = 'wait' then
        new.status := 'deferred';
        new.due_at := greatest(v.until, new.due_at);
        new.reason := v.reason;
    elsif v.verdict = 'cancel' then
        new.status := 'cancelled';
        new.reason := v.reason;
        if v.reason = private.for_a_person() then
            perform private.notify(new.client_id, 'person_needed', new.interview_id, format(
                'O assistente reteve uma resposta a %s que só uma pessoa pode dar. Veja a conversa e continue por ele.',
                (select coalesce(l.name, l.phone, 'um contato') from public.leads as l where l.id = new.lead_id)
            ), 'reply ' || coalesce(new.interview_id, new.lead_id));
        end if;
    end if;
    return new;
end
$$;
comment on function private.police_delivery() is
'Trigger: nothing is sent against policy. What the engine makes is stored all the same, deferred or cancelled with the reason; what a person or a tool inserts is refused with it.';

create or replace trigger _100_police_delivery before insert on public.deliveries
for each row execute function private.police_delivery();

-- source: sql/40_triggers/72_say_message.sql sha256:2860b75bed2757591c20e1bed7c362072d64d3fa52f943447e6fe8fc0760989b
create or replace function private.say_message() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
    facts jsonb := jsonb_strip_nulls(jsonb_build_object(
        'type', new.content -> 'type', 'delivery_id', new.id, 'written_by', private.current_profile_id(),
        'turn_id', case when private.turn_lead_id() = new.lead_id then current_setting('renum.lease', true) end
    ));
begin
    -- After the insert, so that one that came twice is said once. The thread is locked since it was placed.
    if new.interview_id is not null then
        insert into public.interview_messages (id, interview_id, role, content, metadata, client_id, seq)
        values (new.message_id, new.interview_id, 'assistant', new.content ->> 'text', facts, new.client_id, new.seq);
    else
        insert into public.messages (id, conversation_id, role, content, channel, metadata, client_id, seq)
        select new.message_id, t.conversation_id, 'assistant', new.content ->> 'text', new.channel, facts, new.client_id, new.seq
        from private.threads as t
        where t.id = new.thread_id;
        update public.conversations as c set last_message_at = clock_timestamp()
        from private.threads as t
        where t.id = new.thread_id and c.id = t.conversation_id;
    end if;
    update private.threads as t set last_seq = greatest(t.last_seq, new.seq) where t.id = new.thread_id;
    if new.status = 'queued' and private.admit_deliveries(new.client_id, new.queue) > 0 then
        perform private.ring('agent_turn');
    end if;
    return null;
end
$$;
comment on function private.say_message() is 'Trigger: what a person or a tool writes to a lead stands in the dialogue, and its delivery is let go in its turn.';

create or replace trigger _900_say_message after insert on public.deliveries
for each row when (new.kind = 'message') execute function private.say_message();

-- source: sql/60_rpc/public/channel_findings.sql sha256:6beb16b36c34a9837352a79501b7f452e051321d043ba9bbaf54b4d078820800
create or replace function public.channel_findings(channel_account_id uuid) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
    account public.channel_accounts;
    provider private.providers;
    base text := rtrim(coalesce(private.setting('public_url') #>> '{}', private.setting('functions_url') #>> '{}'), '/');
    stored boolean;
begin
    select a.* into account
    from public.channel_accounts as a
    where a.id = channel_findings.channel_account_id and a.client_id in (select private.owned_client_ids());
    if not found then
        raise exception 'there is no such channel account of a client you own' using errcode = 'PT404';
    end if;
    select p.* into strict provider from private.providers as p where p.provider = account.provider and p.channel = account.channel;
    stored := exists (select from private.channel_credentials as s where s.channel_account_id = account.id);
    return jsonb_build_object(
        'provider', account.provider, 'title', provider.title, 'credentials', provider.credentials,
        'webhook_url', base || format('/%s_webhook/%s', account.channel, account.id),
        'findings', jsonb_build_array(
            case
                when account.status = 'active' then private.finding('account', true, format('A conta “%s” (%s) está ativa.', account.name, provider.title), null)
                else private.finding(
                    'account', false,
                    format(
                        'A conta “%s” (%s) está %s%s.', account.name, provider.title,
                        case account.status when 'paused' then 'em pausa' else 'desconectada' end, coalesce(': ' || account.stopped_reason, '')
                    ),
                    'Resolva o motivo com o provedor e volte a ativar a conta (status active em channel_accounts).'
                )
            end,
            case
                when stored then private.finding('credentials', true, 'As credenciais estão guardadas, criptografadas.', null)
                else private.finding(
                    'credentials', false, 'Nenhuma credencial está guardada.',
                    format('Informe %s com `renum channel credentials`.', array_to_string(provider.credentials, ', '))
                )
            end
        ) || case when account.channel = 'whatsapp' then private.template_findings(account, provider.templates) else '[]' end
    );
end
$$;
comment on function public.channel_findings(uuid) is
'Owners and admins: what the database knows about whether a channel account can work, for the function channel_check: {"provider", "title", "credentials": names the provider needs, "webhook_url": null where no address is set, "findings": [{"item", "ok", "text", "todo"}], in Portuguese}. Read-only; tells no secret.';

-- source: sql/60_rpc/public/preview_audience.sql sha256:0efebcd2d0ac2dc75ed8157f6044ec901fcacedd923e158221ba4d8d3accc4ff
create or replace function public.preview_audience(project_id uuid) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
    project public.projects;
    account public.channel_accounts;
    template public.message_templates;
    answer jsonb;
begin
    select p.* into project from public.projects as p where p.id = preview_audience.project_id and p.client_id in (select private.visible_client_ids());
    if not found then
        raise exception 'there is no such project' using errcode = 'PT404';
    end if;
    select jsonb_build_object(
        'count', coalesce(sum(a.leads) filter (where a.left_out is null), 0),
        'left_out', coalesce(jsonb_object_agg(a.left_out, a.leads) filter (where a.left_out is not null), '{}')
    ) into answer
    from (select b.left_out, count(*) as leads from private.audience(project.id) as b group by b.left_out) as a;
    select a.* into account from public.channel_accounts as a where a.id = coalesce(project.channel_account_id, private.account_for(project.client_id, null));
    template := private.template_for(project.client_id, account.id, 'invitation', project.config #>> '{invitation,template}');
    return answer || jsonb_build_object(
        'cost', private.message_cost(account.provider, template.category, (answer ->> 'count')::integer),
        'limit', private.daily_room(project) - 'audience'
    );
end
$$;
comment on function public.preview_audience(uuid) is
'What starting a project now would do: {"count": leads it would interview, "left_out": {"opted_out": 2}, "cost": what their invitations cost by the price list {"currency", "amount", "per_message", "category"} or null where no price is known, "limit": whether they fit into the account''s daily limit {"daily_limit", "used_24h", "waiting", "free", "needed", "fits", "days"} or null where there is none}. Read-only.';

-- source: sql/60_rpc/public/replay_failed_task.sql sha256:9b86660e4f431c2d77ed177bfbe1ef99551514c24baede8229d87fde4a2f0eeb
create or replace function public.replay_failed_task(failed_task_id uuid) returns public.failed_tasks
language plpgsql security definer set search_path = ''
as $$
declare
    f public.failed_tasks;
begin
    select x.* into f
    from public.failed_tasks as x
    where x.id = replay_failed_task.failed_task_id and x.client_id in (select private.visible_client_ids());
    if not found then
        raise exception 'there is no such failed task' using errcode = 'PT404';
    end if;
    -- Lock order: the thread before its deliveries, the dead letter last.
    if f.task = 'agent_turn' then
        perform private.lock_threads(array[f.task_row_id]);
    elsif f.task = 'delivery' then
        perform from private.threads as t where t.id = (select d.thread_id from public.deliveries as d where d.id = f.task_row_id) for no key update;
    elsif f.task = 'report' then
        perform from public.reports as r where r.id = f.task_row_id for update;
    elsif f.task = 'media' then
        perform from public.media as m where m.id = f.task_row_id for update;
    end if;
    select x.* into f from public.failed_tasks as x where x.id = f.id for update;
    if f.status <> 'dead' then
        return f;
    end if;
    case f.task
        when 'agent_turn' then
            perform private.queue_turn(f.task_row_id);
        when 'delivery' then
            update public.deliveries as d
            -- It gets a message id of its own: where the provider tells no more than that, its statuses would find nothing by the old one.
            set status = 'queued', attempts = 0, repeats = 0, throttles = 0, due_at = private.now(), reason = null, provider_message_id = null
            where d.id = f.task_row_id and d.status = 'failed';
            perform private.admit_deliveries(f.client_id, d.queue) from public.deliveries as d where d.id = f.task_row_id;
        when 'media' then
            update public.media as m
            set status = 'waiting', attempts = 0, due_at = now()
            where m.id = f.task_row_id and m.status = 'failed';
            perform private.admit_media(f.client_id);
        when 'report' then
            perform private.queue_report(r.project_id, r.interview_id, true) from public.reports as r where r.id = f.task_row_id;
    end case;
    update public.failed_tasks as x
    set replayed_at = now(), status = case
            -- Its interview is over, or what it failed to answer was answered since: there is nothing to put back.
            when x.task = 'agent_turn' and not exists (select from private.threads as t where t.id = x.task_row_id and t.due_at is not null) then 'resolved'
            else 'replayed'
        end::public.failed_task_status
    where x.id = f.id
    returning x.* into f;
    perform private.ring(private.function_of(f.queue));
    return f;
end
$$;
comment on function public.replay_failed_task(uuid) is
'Puts a dead letter''s work back in its place, with all its attempts. A lead''s later messages are not overtaken: a turn always takes everything unhandled. Idempotent.';

-- source: sql/60_rpc/public/set_channel_credentials.sql sha256:99616dc204051e176001c0fefd248919173b235104f2a67868bb0ca2382bc79b
create or replace function public.set_channel_credentials(channel_account_id uuid, ciphertext text, key_id text) returns void
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
begin
    if set_channel_credentials.ciphertext !~ '^[A-Za-z0-9+/]{38,}={0,2}$' or char_length(set_channel_credentials.ciphertext) > 100000 then
        raise exception 'ciphertext must be base64 of what the function channel_credentials makes' using errcode = '22023';
    end if;
    if set_channel_credentials.key_id !~ '^[!-~]{1,100}$' then
        raise exception 'key_id must be 1 to 100 letters, digits or signs' using errcode = '22023';
    end if;
    insert into private.channel_credentials as s (channel_account_id, client_id, ciphertext, key_id)
    select a.id, a.client_id, set_channel_credentials.ciphertext, set_channel_credentials.key_id
    from public.channel_accounts as a
    where a.id = set_channel_credentials.channel_account_id and a.client_id in (select private.owned_client_ids())
    on conflict (channel_account_id) do update
    set ciphertext = excluded.ciphertext, key_id = excluded.key_id, updated_at = now();
    if not found then
        raise exception 'there is no such channel account of a client you own' using errcode = 'PT404';
    end if;
    -- It may have stopped for the old ones.
    update public.channel_accounts as a set status = 'active' where a.id = set_channel_credentials.channel_account_id and a.stopped_reason is not null;
end
$$;
comment on function public.set_channel_credentials(uuid, text, text) is
'Owners and admins, through the function channel_credentials: stores an account''s credentials, already encrypted, and starts the account again if the engine had stopped it. They cannot be read again through the API. Idempotent.';

-- source: sql/60_rpc/worker/commit_turns.sql sha256:d56b007f195a9e2ceeaf31afbd7511ba8b4c4b9a9b450fa517639c03ad1f97f9
create or replace function worker.commit_turns(results jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    item jsonb;
    verdicts jsonb := '[]';
    problem text;
    place text;
    visibility_s integer := private.setting_int('visibility_s');
begin
    perform private.lock_threads(array(select (x ->> 'thread_id')::uuid from jsonb_array_elements(results) as x));
    perform private.lock_paces(array(
        select t.channel_account_id from private.threads as t where t.id in (select (x ->> 'thread_id')::uuid from jsonb_array_elements(results) as x)
    ));
    for item in select x from jsonb_array_elements(results) as x order by (x ->> 'thread_id')::uuid loop
        begin
            verdicts := verdicts || private.commit_turn(item, visibility_s);
        exception
            when deadlock_detected or lock_not_available or query_canceled then
                raise;
            when others then
                -- One turn that cannot be committed must not take its neighbours with it.
                get stacked diagnostics problem = message_text, place = pg_exception_context;
                verdicts := verdicts || jsonb_build_object(
                    'thread_id', item -> 'thread_id', 'lease', item -> 'lease', 'verdict', 'failed', 'task', null, 'delivery', null,
                    'error', jsonb_build_object('code', sqlstate, 'message', problem)
                );
                if exists (select from private.threads as t where t.id = (item ->> 'thread_id')::uuid and t.lease = (item ->> 'lease')::uuid) then
                    perform private.retry_turn(
                        (item ->> 'thread_id')::uuid, jsonb_build_object('code', sqlstate, 'message', problem, 'trace', place), true, 'failed'
                    );
                end if;
        end;
    end loop;
    return verdicts;
end
$$;
comment on function worker.commit_turns(jsonb) is
'Commits turns, each whole or not at all: [{"thread_id", "lease", "proposal", "model", "graph", "steps", …}] → [{"thread_id", "lease", "verdict", "task", "delivery"}]. verdict: committed, partial (a further turn follows), superseded (task: the same lease with merged input, run it again), stale (the lease was lost, nothing written; a commit repeated because its answer got lost hears its answer again), failed (an error, retried later). delivery: the reply, claimed for the caller to send at once. Idempotent by the lease.';

-- source: sql/60_rpc/worker/complete_deliveries.sql sha256:bc5932a5ecd7d4e32363def8849cc278df872b59429b12f3caf14eea417f7a23
create or replace function worker.complete_deliveries(results jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    item jsonb;
    d public.deliveries;
    answer jsonb := '[]';
    next_task jsonb;
    visibility_s integer := private.setting_int('visibility_s');
begin
    -- Lock order: interviews (which a refusal that is an opt-out ends, whatever account it came by), threads, then deliveries.
    if results @? '$[*].error ? (@.scope == "recipient")' then
        perform private.lock_threads(array(
            select t.id
            from private.threads as t
            join public.deliveries as x on x.client_id = t.client_id and x.lead_id = t.lead_id
            where x.id in (select (r ->> 'id')::uuid from jsonb_array_elements(results) as r where r #>> '{error,scope}' = 'recipient')
            union
            select x.thread_id from public.deliveries as x where x.id in (select (r ->> 'id')::uuid from jsonb_array_elements(results) as r)
        ));
    else
        perform from private.threads as t
        where t.id in (select x.thread_id from public.deliveries as x where x.id in (select (r ->> 'id')::uuid from jsonb_array_elements(results) as r))
        order by t.id
        for no key update;
    end if;
    perform private.lock_paces(array(
        select x.channel_account_id from public.deliveries as x where x.id in (select (r ->> 'id')::uuid from jsonb_array_elements(results) as r)
    ));
    -- Accounts that may be stopped, by id as well: two batches that stop the same two do not wait crosswise.
    if results @? '$[*].error ? (@.scope == "number" || @.scope == "account")' then
        perform from public.channel_accounts as a
        where a.id in (
            select x.channel_account_id from public.deliveries as x
            where x.id in (select (r ->> 'id')::uuid from jsonb_array_elements(results) as r where r #>> '{error,scope}' in ('number', 'account'))
        )
        order by a.id
        for no key update;
    end if;
    for item in select r from jsonb_array_elements(results) as r order by (r ->> 'id')::uuid loop
        begin
            select * into d from public.deliveries as x where x.id = (item ->> 'id')::uuid for no key update;
            next_task := null;
            if found and d.status in ('sent', 'delivered', 'read') then
                -- A status was faster than the answer to the send.
                update public.deliveries as x
                set claim = null, provider_message_id = coalesce(x.provider_message_id, item ->> 'provider_message_id')
                where x.id = d.id and x.claim = (item ->> 'claim')::uuid;
            elsif not found or d.claim is null or d.claim is distinct from (item ->> 'claim')::uuid or d.status not in ('sending', 'unknown') then
                answer := answer || jsonb_build_object('id', item -> 'id', 'status', 'stale', 'task', null);
                continue;
            elsif item ->> 'outcome' = 'sent' then
                update public.deliveries as x
                set status = 'sent', sent_at = now(), claim = null, error = null, throttles = 0,
                    -- An id that another delivery has already is not worth losing the result for.
                    provider_message_id = coalesce(x.provider_message_id, (
                        select i.id from (select item ->> 'provider_message_id' as id) as i
                        where not exists (
                            select from public.deliveries as e where e.channel_account_id = x.channel_account_id and e.provider_message_id = i.id
                        )
                    ))
                where x.id = d.id;
                perform private.end_delivery(d.id);
            elsif item ->> 'outcome' = 'unknown' then
                perform private.await_word(d.id, item -> 'error');
            elsif item ->> 'outcome' = 'throttled' then
                perform private.throttle_delivery(d.id, item -> 'error', (item ->> 'retry_after_ms')::numeric);
            else
                perform private.refuse_delivery(d.id, coalesce(item -> 'error', '{"code": "unnamed", "message": "the send failed"}'));
            end if;
            select * into d from public.deliveries as x where x.id = d.id;
            if d.thread_id is not null and d.status not in ('queued', 'unknown') then
                next_task := coalesce(
                    private.release_next(d.thread_id, visibility_s, (item ->> 'claim')::uuid), private.released_by(d.thread_id, (item ->> 'claim')::uuid)
                );
            end if;
            answer := answer || jsonb_build_object('id', d.id, 'status', d.status, 'task', next_task);
        exception
            when deadlock_detected or lock_not_available or query_canceled then
                raise;
            when others then
                -- One result that cannot be stored must not take its neighbours with it. Its message may have left.
                perform private.await_word(x.id, jsonb_build_object('code', sqlstate, 'message', sqlerrm))
                from public.deliveries as x
                where x.id = d.id and x.status = 'sending' and x.claim::text = item ->> 'claim';
                answer := answer || jsonb_build_object('id', item -> 'id', 'status', 'unknown', 'task', null);
        end;
    end loop;
    perform private.admit_deliveries(c.client_id, c.queue)
    from (
        select distinct x.client_id, x.queue from public.deliveries as x where x.id in (select (r ->> 'id')::uuid from jsonb_array_elements(results) as r)
    ) as c;
    return answer;
end
$$;
comment on function worker.complete_deliveries(jsonb) is
'What became of sends: [{"id", "claim", "outcome": sent | unknown | failed | throttled, "provider_message_id", "error", "retry_after_ms"}] → [{"id", "status", "task"}]. task: the thread''s next reply, claimed for the caller. status stale: the claim was lost. unknown waits for the provider''s word, throttled does not count as an attempt, and where the number or the account is throttled all its sends wait; an error of the account''s (scope number or account, for good) stops the account, and the delivery waits for it. Idempotent by the claim: repeated because its answer got lost, it hands out the same task again.';

-- source: sql/60_rpc/worker/extend_task.sql sha256:87292c6362be2438c2bf4a48433f6e41a8aa62862a31951040cfee6899a48bc1
create or replace function worker.extend_task(task text, id uuid, claim uuid, visibility_s integer) returns boolean
language plpgsql security definer set search_path = ''
as $$
declare
    until timestamptz := clock_timestamp() + make_interval(secs => extend_task.visibility_s);
    msg_id bigint;
    q text;
begin
    case extend_task.task
        when 'agent_turn' then
            update private.threads as t set lease_until = until, due_at = until
            where t.id = extend_task.id and t.lease = extend_task.claim
            returning t.task_id, 'high_priority' into msg_id, q;
        when 'delivery' then
            update public.deliveries as d set due_at = private.now() + make_interval(secs => extend_task.visibility_s)
            where d.id = extend_task.id and d.claim = extend_task.claim and d.status = 'sending'
            returning d.task_id, d.queue into msg_id, q;
        when 'report' then
            update public.reports as r set due_at = until
            where r.id = extend_task.id and r.claim = extend_task.claim
            returning r.task_id, 'low_priority' into msg_id, q;
        when 'media' then
            update public.media as m set due_at = until
            where m.id = extend_task.id and m.claim = extend_task.claim
            returning m.task_id, 'default' into msg_id, q;
        else
            raise exception 'there is no task named %', extend_task.task using errcode = 'PT400';
    end case;
    if msg_id is null then
        return false;
    end if;
    perform pgmq.set_vt(q, msg_id, extend_task.visibility_s);
    return true;
end
$$;
comment on function worker.extend_task(text, uuid, uuid, integer) is 'Keeps a claim for longer. false: it was lost, stop.';

-- source: sql/60_rpc/worker/fail_task.sql sha256:17c8ddcb214681215e4b3e84b9b9c19b3abd496a3c217712d99e412743c353ae
create or replace function worker.fail_task(task text, id uuid, claim uuid, error jsonb, retryable boolean) returns jsonb
language plpgsql security definer set search_path = ''
as $$
begin
    case fail_task.task
        when 'agent_turn' then
            perform private.lock_threads(array[fail_task.id]);
            if exists (select from private.threads as t where t.id = fail_task.id and t.lease = fail_task.claim) then
                return private.retry_turn(fail_task.id, fail_task.error, fail_task.retryable, 'failed');
            end if;
        when 'delivery' then
            perform from public.deliveries as d where d.id = fail_task.id and d.claim = fail_task.claim and d.status = 'sending' for no key update;
            if found then
                return private.retry_delivery(fail_task.id, fail_task.error, fail_task.retryable);
            end if;
        when 'report' then
            perform from public.reports as r where r.id = fail_task.id and r.claim = fail_task.claim for update;
            if found then
                return private.retry_report(fail_task.id, fail_task.error, fail_task.retryable);
            end if;
        when 'media' then
            perform from public.media as m where m.id = fail_task.id and m.claim = fail_task.claim for update;
            if found then
                return private.retry_media(fail_task.id, fail_task.error, fail_task.retryable);
            end if;
        else
            raise exception 'there is no task named %', fail_task.task using errcode = 'PT400';
    end case;
    return '{"outcome": "stale", "retry_in_ms": null}';
end
$$;
comment on function worker.fail_task(text, uuid, uuid, jsonb, boolean) is
'A claimed task failed: {"outcome": "retry" | "dead" | "stale", "retry_in_ms"}. Retries after 1, 5, 25 seconds; then, or at once when not retryable, a row in failed_tasks. Idempotent by the claim.';

-- source: sql/60_rpc/worker/ingest.sql sha256:420fd0e38ca998fdac4f78adae8a326903a19fc63a5cbaee86f6378c44ae4f05
create or replace function worker.ingest(channel_account_id uuid, events jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    account public.channel_accounts;
    fresh jsonb;
    spoken jsonb;
    moved jsonb;
    item record;
    total integer := jsonb_array_length(events);
    stored integer := 0;
    fetching integer := 0;
begin
    select * into account from public.channel_accounts as a where a.id = ingest.channel_account_id;
    if not found then
        raise exception 'there is no channel account %', ingest.channel_account_id using errcode = 'PT404';
    end if;

    -- Each item once, by the provider's own id, whatever number of times and in whatever company it comes.
    with
    items as materialized (
        select distinct on (e.v ->> 'provider_id') e.v, e.ord, s.id as account_id
        from (
            -- An item without an id of its own is known by its content, one whose id no index could hold by a digest of it.
            select case
                    when x.v ->> 'provider_id' is null or octet_length(x.v ->> 'provider_id') > 1024
                        then x.v || jsonb_build_object('provider_id', 'md5:' || md5(coalesce(x.v ->> 'provider_id', x.v::text)))
                    else x.v
                end as v, x.ord
            from jsonb_array_elements(events) with ordinality as x (v, ord)
        ) as e
        left join public.channel_accounts as s
            on s.client_id = account.client_id
            and (
                (s.id = account.id and coalesce(e.v ->> 'number', account.external_id) = account.external_id)
                or (s.id <> account.id and s.provider = account.provider and s.app_id = account.app_id and s.external_id = e.v ->> 'number' and e.v ->> 'number' <> account.external_id)
            )
        order by e.v ->> 'provider_id', e.ord
    ),
    taken as (
        insert into public.webhook_events (client_id, channel_account_id, provider_id, kind, outcome, payload, reason, field)
        select account.client_id, coalesce(i.account_id, account.id), i.v ->> 'provider_id', i.v ->> 'kind',
            case
                when i.account_id is null then 'unrouted'
                when i.v ->> 'kind' = 'message' and private.sender_key(i.v -> 'sender') is null then 'unrouted'
                when i.v ->> 'kind' = 'message' then 'stored'
                when i.v ->> 'kind' = 'status' then 'status'
                when i.v ->> 'kind' in ('opt_out', 'opt_in') then 'preference'
                when i.v ->> 'kind' in ('account', 'template') then 'followed'
                else 'kept'
            end::public.event_outcome,
            coalesce(i.v -> 'raw', i.v),
            case
                when i.account_id is null then 'names the number ' || coalesce(i.v ->> 'number', '?')
                when i.v ->> 'kind' = 'message' and private.sender_key(i.v -> 'sender') is null then 'names no sender'
            end,
            i.v ->> 'field'
        from items as i
        order by i.v ->> 'provider_id'
        on conflict on constraint a_providers_item_is_taken_once do nothing
        returning provider_id, outcome
    )
    select jsonb_agg(jsonb_build_object('ord', i.ord, 'outcome', t.outcome, 'account_id', i.account_id, 'event', i.v) order by i.ord) into fresh
    from taken as t
    join items as i on i.v ->> 'provider_id' = t.provider_id;
    if fresh is null then
        return jsonb_build_object('messages', 0, 'statuses', 0, 'other', 0, 'duplicates', total, 'unrouted', 0);
    end if;

    -- Who speaks: leads are met in one order, so that two webhooks with the same strangers do not wait for each other crosswise.
    select jsonb_object_agg(s.sender::text, private.meet_sender(account.client_id, s.sender) ) into spoken
    from (
        select x.v #> '{event,sender}' as sender from jsonb_array_elements(fresh) as x (v)
        where x.v ->> 'outcome' in ('stored', 'preference') and x.v #> '{event,sender}' is not null
        -- As public.import_leads has them: by the number as it is stored.
        group by 1 order by min(private.normalize_phone('+' || ltrim(coalesce(x.v #>> '{event,sender,wa_id}', x.v #>> '{event,sender,phone}'), '+'))), min(private.sender_key(x.v #> '{event,sender}')), 1
    ) as s;
    insert into private.threads (client_id, lead_id, channel_account_id)
    select distinct account.client_id, (spoken ->> (x.v #> '{event,sender}')::text)::uuid, (x.v ->> 'account_id')::uuid
    from jsonb_array_elements(fresh) as x (v)
    where x.v ->> 'outcome' = 'stored' and spoken ->> (x.v #> '{event,sender}')::text is not null
    order by 2, 3
    on conflict on constraint a_lead_has_one_thread_per_account do nothing;

    select jsonb_agg(jsonb_build_object('ord', x.v -> 'ord', 'thread_id', t.id, 'lead_id', t.lead_id, 'client_id', t.client_id, 'event', x.v -> 'event')) into spoken
    from (select f.v, (spoken ->> (f.v #> '{event,sender}')::text)::uuid as lead_id from jsonb_array_elements(fresh) as f (v)) as x
    join private.threads as t on t.lead_id = x.lead_id and t.channel_account_id = (x.v ->> 'account_id')::uuid
    where x.v ->> 'outcome' = 'stored';
    select jsonb_agg(jsonb_build_object('ord', x.v -> 'ord', 'delivery_id', d.id, 'thread_id', d.thread_id, 'event', x.v -> 'event')) into moved
    from jsonb_array_elements(fresh) as x (v)
    cross join lateral (
        select a.id, a.thread_id
        from public.deliveries as a
        where a.channel_account_id = (x.v ->> 'account_id')::uuid and a.provider_message_id = x.v #>> '{event,status,message_id}'
        union all
        select b.id, b.thread_id
        from public.deliveries as b
        where b.channel_account_id = (x.v ->> 'account_id')::uuid
            and b.id = case when x.v #>> '{event,status,reference}' ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then (x.v #>> '{event,status,reference}')::uuid end
        limit 1
    ) as d
    where x.v ->> 'outcome' = 'status';

    -- Lock order: interviews and threads before leads and deliveries (private.lock_threads tells the whole of it).
    perform private.lock_threads(array(
        select (x.v ->> 'thread_id')::uuid from jsonb_array_elements(coalesce(moved, '[]')) as x (v)
        union
        -- Of a lead all of them: a word to be left alone, and a refusal that means one, ends what is under way on any.
        select t.id
        from (
            select (x.v ->> 'client_id')::uuid as client_id, (x.v ->> 'lead_id')::uuid as lead_id from jsonb_array_elements(coalesce(spoken, '[]')) as x (v)
            union
            select d.client_id, d.lead_id
            from jsonb_array_elements(coalesce(moved, '[]')) as x (v)
            join public.deliveries as d on d.id = (x.v ->> 'delivery_id')::uuid
            where x.v #>> '{event,status,error,scope}' = 'recipient'
        ) as l
        join private.threads as t on t.client_id = l.client_id and t.lead_id = l.lead_id
        union
        select t.id
        from jsonb_array_elements(fresh) as x (v)
        cross join lateral (select private.lead_of_sender(account.client_id, x.v #> '{event,sender}') as lead_id) as l
        join private.threads as t on t.client_id = account.client_id and t.lead_id = l.lead_id
        where x.v ->> 'outcome' = 'preference'
    ));

    -- Then the accounts that this may stop or start.
    if fresh @? '$[*] ? (@.outcome == "followed" || @.event.status.error.scope == "number" || @.event.status.error.scope == "account")' then
        perform from public.channel_accounts as a
        where a.id in (select (x.v ->> 'account_id')::uuid from jsonb_array_elements(fresh) as x (v) where x.v ->> 'outcome' in ('followed', 'status'))
        order by a.id
        for no key update;
    end if;

    if spoken is not null then
        stored := private.ingest_messages(spoken);
        if spoken @? '$[*].event.message.media.id' then
            fetching := private.keep_media(spoken);
        end if;
    end if;
    for item in
        select (x.v ->> 'delivery_id')::uuid as delivery_id, x.v #> '{event,status}' as status, (x.v #>> '{event,occurred_at}')::timestamptz as occurred_at
        from jsonb_array_elements(coalesce(moved, '[]')) as x (v)
        order by 1, (x.v ->> 'ord')::bigint
    loop
        perform private.apply_status(item.delivery_id, item.status, item.occurred_at);
    end loop;
    if moved is not null and private.admit_deliveries(account.client_id, 'high_priority') > 0 then
        perform private.ring('agent_turn');
    end if;
    if fetching > 0 and private.admit_media(account.client_id) > 0 then
        perform private.ring('deliver');
    end if;
    for item in
        select x.v -> 'event' as event, (x.v ->> 'account_id')::uuid as account_id from jsonb_array_elements(fresh) as x (v)
        where x.v ->> 'outcome' = 'followed'
        order by (x.v ->> 'ord')::bigint
    loop
        case item.event ->> 'kind'
            when 'account' then perform private.follow_account(item.account_id, item.event -> 'account');
            when 'template' then perform private.follow_template(item.account_id, item.event);
        end case;
    end loop;
    insert into public.consents (client_id, lead_id, granted, legal_basis, evidence)
    select account.client_id, l.lead_id, x.v #>> '{event,kind}' = 'opt_in', 'consent',
        jsonb_build_object('source', 'provider', 'provider_id', x.v #> '{event,provider_id}')
    from jsonb_array_elements(fresh) as x (v)
    cross join lateral (select private.lead_of_sender(account.client_id, x.v #> '{event,sender}') as lead_id) as l
    where x.v ->> 'outcome' = 'preference' and l.lead_id is not null
    order by l.lead_id, (x.v ->> 'ord')::bigint;

    return (
        select jsonb_build_object(
            'messages', stored,
            'statuses', count(*) filter (where x.v ->> 'outcome' = 'status'),
            'other', count(*) filter (where x.v ->> 'outcome' in ('kept', 'preference', 'followed')) + count(*) filter (where x.v ->> 'outcome' = 'stored') - stored,
            'duplicates', total - count(*),
            'unrouted', count(*) filter (where x.v ->> 'outcome' = 'unrouted')
        )
        from jsonb_array_elements(fresh) as x (v)
    );
end
$$;
comment on function worker.ingest(uuid, jsonb) is
'Takes a webhook''s items (events as an adapter''s parse() makes them) in one transaction: each once, leads found or made, messages stored on their threads, deliveries moved by statuses, opt-outs recorded, everything else kept raw. Idempotent. Returns how many of each. 404 for an unknown account.';

-- source: sql/60_rpc/worker/save_account_facts.sql sha256:6f561dfd532eb51e35d3d1fa7f9f460fe3e8f9ef0e4d415258b9ef5f65cce4fe
create or replace function worker.save_account_facts(channel_account_id uuid, facts jsonb) returns void
language plpgsql security definer set search_path = ''
as $$
declare
    portfolio text;
begin
    update public.channel_accounts as a
    set daily_limit = case when facts ? 'daily_limit' then (facts ->> 'daily_limit')::integer else a.daily_limit end,
        display_phone = coalesce(left(nullif(btrim(facts ->> 'display_phone'), ''), 50), a.display_phone),
        portfolio_id = coalesce(left(nullif(btrim(facts ->> 'portfolio_id'), ''), 200), a.portfolio_id)
    where a.id = save_account_facts.channel_account_id
        and (a.daily_limit, a.display_phone, a.portfolio_id) is distinct from (
            case when facts ? 'daily_limit' then (facts ->> 'daily_limit')::integer else a.daily_limit end,
            coalesce(left(nullif(btrim(facts ->> 'display_phone'), ''), 50), a.display_phone),
            coalesce(left(nullif(btrim(facts ->> 'portfolio_id'), ''), 200), a.portfolio_id)
        );
    -- The limit is the portfolio's: what one of its numbers is told holds for all of the client's.
    select a.portfolio_id into portfolio from public.channel_accounts as a where a.id = save_account_facts.channel_account_id;
    if facts ? 'daily_limit' and portfolio is not null then
        update public.channel_accounts as b
        set daily_limit = a.daily_limit
        from public.channel_accounts as a
        where a.id = save_account_facts.channel_account_id and b.client_id = a.client_id and b.portfolio_id = portfolio
            and b.daily_limit is distinct from a.daily_limit;
    end if;
end
$$;
comment on function worker.save_account_facts(uuid, jsonb) is
'Notes what a provider says of an account: {"daily_limit"?: people in 24 hours or null for no limit, "display_phone"?, "portfolio_id"?}. What is not told stays; the limit counts for every account of the client in the same portfolio. Idempotent; nothing happens for an unknown account.';

-- source: sql/60_rpc/worker/save_templates.sql sha256:4ff140b2f31082d59a4764051b2e2b4f7d561174f06f18f5f6c5382c4816973e
create or replace function worker.save_templates(channel_account_id uuid, templates jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
    account public.channel_accounts;
    -- Later than whatever webhooks said before the list was asked for, earlier than what they say from now on.
    asked_at timestamptz := clock_timestamp();
    given integer;
    saved integer;
    gone integer;
begin
    -- One list at a time: two would disable each other's rows.
    select * into account from public.channel_accounts as a where a.id = save_templates.channel_account_id for no key update;
    if not found then
        raise exception 'there is no channel account %', save_templates.channel_account_id using errcode = 'PT404';
    end if;

    with
    listed as (
        select x.v ->> 'provider_id' as provider_id, x.v ->> 'name' as name, x.v ->> 'language' as language, x.v ->> 'category' as category,
            x.v ->> 'body' as body, x.v ->> 'status' as status, x.v ->> 'reason' as reason, x.v -> 'components' as components
        from jsonb_array_elements(save_templates.templates) as x (v)
    ),
    storable as (
        -- A name may be there twice while its successor waits for approval.
        select distinct on (l.name, l.language) l.*
        from listed as l
        where l.name ~ '^[a-z0-9_]+$' and char_length(l.name) <= 512 and l.language ~ '^[a-z]{2,3}(_[A-Za-z]{2,4})?$'
            and l.category in ('marketing', 'utility', 'authentication') and btrim(l.body) <> '' and char_length(l.body) <= 4096
            and l.status = any (enum_range(null::public.template_status)::text[])
            and (l.components is null or (jsonb_typeof(l.components) = 'array' and octet_length(l.components::text) <= 65536))
        order by l.name, l.language, l.status <> 'approved'
    ),
    written as (
        insert into public.message_templates as t (
            client_id, channel_account_id, name, language, category, body, status, reason, provider_id, components, synced_at, parameters, purpose
        )
        select account.client_id, account.id, s.name, s.language, s.category, s.body, s.status::public.template_status,
            case when s.status <> 'approved' then left(s.reason, 500) end, s.provider_id, s.components, asked_at,
            -- What people chose for the same template of any account.
            coalesce(case when private.template_gap(s.name, s.body, w.parameters) is null then w.parameters end, '{}'), coalesce(w.purpose, 'other')
        from storable as s
        left join public.message_templates as w
            on w.client_id = account.client_id and w.channel_account_id is null and w.name = s.name and w.language = s.language
        order by s.name, s.language
        on conflict (client_id, channel_account_id, name, language) do update
        set category = excluded.category, body = excluded.body, status = excluded.status, reason = excluded.reason, provider_id = excluded.provider_id,
            components = excluded.components, synced_at = excluded.synced_at
        returning 1
    )
    select (select count(*) from listed), (select count(*) from written) into given, saved;

    update public.message_templates as t
    set status = 'disabled', reason = 'the provider has no such template', synced_at = asked_at
    where t.client_id = account.client_id and t.channel_account_id = account.id and t.synced_at is distinct from asked_at;
    get diagnostics gone = row_count;
    return jsonb_build_object('saved', saved, 'left_out', given - saved, 'gone', gone);
end
$$;
comment on function worker.save_templates(uuid, jsonb) is
'Makes an account''s templates what its provider''s whole list says: [{"provider_id", "name", "language", "category", "body", "status", "reason", "components"}]. parameters and purpose stay as people chose them; a template that is not listed becomes disabled. Idempotent. Returns {"saved", "left_out": not storable or listed twice, "gone": not listed}. 404 for an unknown account.';

-- source: sql/80_views/project_progress.sql sha256:c78182dff597e41a1db73b186ec870984da25b407e85943638591556f6a1d3a2
create or replace view public.project_progress with (security_invoker = true) as
select
    i.client_id,
    i.project_id,
    count(*) as leads,
    count(*) filter (where i.invited_at is not null) as invited,
    count(*) filter (where i.status = 'in_progress') as in_progress,
    count(*) filter (where i.status = 'completed') as completed,
    count(*) filter (where i.end_reason = 'opted_out') as opted_out,
    count(*) filter (where i.status = 'cancelled' and i.end_reason not in ('opted_out', 'expired')) as cancelled,
    count(*) filter (where i.status = 'pending') as unanswered,
    count(*) filter (where i.end_reason = 'expired') as expired
from public.interviews as i
group by i.client_id, i.project_id;
comment on view public.project_progress is 'How far each project''s interviews have come. Under the reader''s own rights.';

-- source: policies/05_roles.sql sha256:1bc1bd0eb1c07e20703f45492a85b7a493bda881a2b8032227708478a0668256
-- PostgREST's own role may become the functions' role; postgres must be able to give functions to the agents' role.
grant renum_worker to authenticator;
grant renum_agent to postgres;

-- SECURITY: renum_worker runs our RPCs and reads no table. Whoever steals its key can do no more.
grant usage on schema worker to renum_worker;
grant execute on all functions in schema worker to renum_worker;

grant usage on schema private to authenticated, service_role;
grant execute on function private.current_profile_id() to authenticated, service_role;
grant execute on function private.asks_for_rows() to authenticated;
-- deliveries.due_at begins with it.
grant execute on function private.now() to authenticated, service_role, renum_agent;
grant execute on function private.is_admin() to authenticated, service_role;
grant execute on function private.visible_client_ids() to authenticated;
grant execute on function private.visible_profile_ids() to authenticated;
grant execute on function private.owned_client_ids() to authenticated;
grant execute on function private.default_client_id() to authenticated, service_role;
-- What the triggers that run as whoever writes need; columns' defaults ask private.default_client_id.
grant execute on function private.normalize_phone(text) to authenticated, service_role;
grant execute on function private.question_problem(jsonb) to authenticated, service_role;
grant execute on function private.skip_rule_problem(jsonb, text[]) to authenticated, service_role;
grant execute on function private.project_config_problem(jsonb) to authenticated, service_role;
grant execute on function private.reminders_problem(jsonb) to authenticated, service_role;
grant execute on function private.plain(text) to authenticated, service_role;
grant execute on function private.account_for(uuid, uuid) to authenticated, service_role;
grant execute on function private.template_for(uuid, uuid, public.template_purpose, text) to authenticated, service_role;
grant execute on function private.no_template(uuid, uuid, public.template_purpose, text) to authenticated, service_role;
grant execute on function private.template_problem(public.message_templates, boolean) to authenticated, service_role;
grant execute on function private.template_gap(text, text, text[], boolean) to authenticated, service_role;
grant execute on function private.template_variables(text) to authenticated, service_role;
grant execute on function private.checked_phone(text) to authenticated, service_role;
grant execute on function private.is_email(text) to authenticated, service_role;
-- What a trade's rules say of a project is asked as whoever writes the project; where a message goes, as whoever writes the message.
grant execute on function private.hours_problem(jsonb) to authenticated, service_role;
grant execute on function private.first_name(text) to authenticated, service_role;
grant execute on function private.render_template(text, text[]) to authenticated, service_role;
grant execute on function private.template_content(public.message_templates, text, text, text, text) to authenticated, service_role;
grant execute on function private.question_refusal(public.agent_type, jsonb) to authenticated, service_role;
grant execute on function private.invitation_refusal(public.agent_type, text, text) to authenticated, service_role;
grant execute on function private.account_refusal(public.agent_type, uuid) to authenticated, service_role;
grant execute on function private.admit_direct(public.deliveries, text) to authenticated, service_role, renum_agent;
-- What public.import_leads, which runs as the person, reads its list with.
grant execute on function private.phone_key(text) to authenticated;
grant execute on function private.lead_column(text) to authenticated;
grant execute on function private.csv_rows(text, integer) to authenticated;
grant execute on function private.read_leads(text, jsonb, integer) to authenticated;

-- SECURITY: the functions put leads' files into Storage with a key that reads nothing and is good for nothing else: policies/storage_objects.sql.
-- renum_files inherits its way into schema storage from anon, which has nothing of ours:
-- https://supabase.com/docs/guides/storage/schema/custom-roles
grant renum_files to authenticator;
grant anon to renum_files;
grant usage on schema private to renum_files;
grant execute on function private.media_bucket() to renum_files, authenticated;
grant execute on function private.awaits_file(text) to renum_files;
-- SECURITY: an agent's tool is bound to its turn: these tell it whose that is, and nothing without the turn's lease.
grant usage on schema private to renum_agent;
grant execute on function private.turn_client_id() to renum_agent;
grant execute on function private.turn_lead_id() to renum_agent;

-- source: policies/account_paces.sql sha256:5fe687869fa5783d838e48e9823a9fc1f72b750f5cd73178cf92a002357f9cd4
-- Nobody but the owner.
alter table private.account_paces enable row level security;
alter table private.account_paces force row level security;

-- first: policies/channel_accounts.sql
drop policy if exists "channel_accounts_select" on public.channel_accounts;
drop policy if exists "channel_accounts_insert" on public.channel_accounts;
drop policy if exists "channel_accounts_update" on public.channel_accounts;
-- source: policies/channel_accounts.sql sha256:1be0a10abc0f85c70f51c881e06066c766fa53b1edb79bbaa350ba0b0a251285
-- All of a client's people see the accounts; owners and admins manage them.
alter table public.channel_accounts enable row level security;
alter table public.channel_accounts force row level security;

grant select on public.channel_accounts to authenticated;
grant insert (
    id, client_id, channel, provider, name, external_id, display_phone, app_id, config, status, throughput, portfolio_id, daily_limit
) on public.channel_accounts to authenticated;
grant update (name, display_phone, app_id, config, status, throughput, portfolio_id, daily_limit) on public.channel_accounts to authenticated;
grant select, insert, update, delete on public.channel_accounts to service_role;

create policy channel_accounts_select on public.channel_accounts for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());

create policy channel_accounts_insert on public.channel_accounts for insert to authenticated
with check (client_id = any(array(select private.owned_client_ids())));

create policy channel_accounts_update on public.channel_accounts for update to authenticated
using (client_id = any(array(select private.owned_client_ids())))
with check (client_id = any(array(select private.owned_client_ids())));

-- first: policies/consents.sql
drop policy if exists "consents_select" on public.consents;
drop policy if exists "consents_insert" on public.consents;
-- source: policies/consents.sql sha256:1ead87deac6d83f7cc1183747c560e45974fdcbe61b5a14bb93e4689e85fc948
-- Append-only: a person may record what a lead agreed to or withdrew.
alter table public.consents enable row level security;
alter table public.consents force row level security;

grant select on public.consents to authenticated;
grant insert (client_id, lead_id, granted, legal_basis, text_version, evidence, purpose) on public.consents to authenticated;
grant select, insert, update, delete on public.consents to service_role;

create policy consents_select on public.consents for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());

create policy consents_insert on public.consents for insert to authenticated
with check (client_id = any(array(select private.visible_client_ids())));

-- first: policies/deliveries.sql
drop policy if exists "deliveries_select" on public.deliveries;
drop policy if exists "deliveries_insert" on public.deliveries;
drop policy if exists "deliveries_insert_by_agents" on public.deliveries;
-- source: policies/deliveries.sql sha256:1d39b7ec18b3a64a4715be6fa2bf5a509e46052aa99ea949a7db9fa1c4dd7896
-- Written by the engine. People and agents' tools write messages to leads; where they go and whether they may, private.police_delivery says.
alter table public.deliveries enable row level security;
alter table public.deliveries force row level security;

grant select on public.deliveries to authenticated;
grant insert (id, client_id, lead_id, channel_account_id, content) on public.deliveries to authenticated;
grant select, insert, update, delete on public.deliveries to service_role;

create policy deliveries_select on public.deliveries for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());

create policy deliveries_insert on public.deliveries for insert to authenticated
with check (client_id = any(array(select private.visible_client_ids())) and kind = 'message' and lead_id is not null);

-- SECURITY: a tool writes to the lead whose turn it works in, and to nobody else, whatever the lead talks the model into.
grant insert (id, client_id, lead_id, channel_account_id, content) on public.deliveries to renum_agent;

create policy deliveries_insert_by_agents on public.deliveries for insert to renum_agent
with check (client_id = (select private.turn_client_id()) and lead_id = (select private.turn_lead_id()) and kind = 'message');

-- source: policies/erasures.sql sha256:352ce5b4b12f46ad34ec7672d61ddfa2c1d417f677b4bf41bfca0e109eb7f26f
-- People ask for it; the engine does it. Who asked and when it is due is not theirs to say.
alter table public.erasures enable row level security;
alter table public.erasures force row level security;

grant select on public.erasures to authenticated;
grant insert (id, client_id, lead_id, reason) on public.erasures to authenticated;
grant select, insert, update, delete on public.erasures to service_role;

create policy erasures_select on public.erasures for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());

create policy erasures_insert on public.erasures for insert to authenticated
with check (client_id = any(array(select private.visible_client_ids())));

-- source: policies/functions.sql sha256:adf9aeedcefd59b3769811b39490c409d1d5f9c4834021584acb5cb90dd23c26
-- The RPCs people call. Each asks itself whether the caller may.
grant execute on function public.create_client(text, text, text, public.client_plan) to authenticated;
grant execute on function public.invite_member(uuid, text, public.member_role) to authenticated;
grant execute on function public.remove_member(uuid) to authenticated;
grant execute on function public.preview_audience(uuid) to authenticated;
grant execute on function public.request_report(uuid) to authenticated;
grant execute on function public.report_markdown(uuid) to authenticated;
grant execute on function public.channel_findings(uuid) to authenticated;
grant execute on function public.set_channel_credentials(uuid, text, text) to authenticated;
grant execute on function public.replay_failed_task(uuid) to authenticated;
grant execute on function public.queue_metrics() to authenticated;
grant execute on function public.import_leads(text, jsonb, uuid, public.legal_basis, text, boolean) to authenticated;

-- first: policies/leads.sql
drop policy if exists "leads_select" on public.leads;
drop policy if exists "leads_insert" on public.leads;
drop policy if exists "leads_update" on public.leads;
drop policy if exists "leads_delete" on public.leads;
-- source: policies/leads.sql sha256:41d9636a02f86a089f3b7ba5d798cc5cf98dd651fc8d8d2970e2950f3412a47f
-- A client's people do with their leads what they want, except hand them to another client (private.same_client) or speak for them in consents.
-- client_id may be named in an update only so that an upsert on (client_id, phone) works.
alter table public.leads enable row level security;
alter table public.leads force row level security;

grant select on public.leads to authenticated;
grant insert (id, client_id, phone, name, email, metadata, status, consent_basis, time_zone) on public.leads to authenticated;
grant update (client_id, phone, name, email, metadata, status, consent_basis, time_zone) on public.leads to authenticated;
grant delete on public.leads to authenticated;
grant select, insert, update, delete on public.leads to service_role;

create policy leads_select on public.leads for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());

create policy leads_insert on public.leads for insert to authenticated
with check (client_id = any(array(select private.visible_client_ids())));

create policy leads_update on public.leads for update to authenticated
using (client_id = any(array(select private.visible_client_ids())))
with check (client_id = any(array(select private.visible_client_ids())));

create policy leads_delete on public.leads for delete to authenticated
using (client_id = any(array(select private.visible_client_ids())));

-- source: policies/policy_packs.sql sha256:db6443dd9f3a79d7f346551360a086af8c300849ea74b33fd8bca687aaf8269d
-- Nobody but the owner: what they say reaches people through errors.
alter table private.policy_packs enable row level security;
alter table private.policy_packs force row level security;

-- source: policies/prices.sql sha256:8bd282c5d795146dd67e9a88e5f332f7711c66e116d19a60a573ddc961ed1c6b
-- Nobody but the owner: what it says reaches people through public.preview_audience.
alter table private.prices enable row level security;
alter table private.prices force row level security;

-- first: policies/profiles.sql
drop policy if exists "profiles_select" on public.profiles;
drop policy if exists "profiles_update" on public.profiles;
-- source: policies/profiles.sql sha256:44a63dafe3a7d62d53eb823bafe02d0ba20521ddf4c823d860c9d40fb7ab2225
-- People see themselves and the members of their clients; they change their own name and phone, and how they are told. Rows are made by the trigger on auth.users.
alter table public.profiles enable row level security;
alter table public.profiles force row level security;

grant select on public.profiles to authenticated;
grant update (full_name, phone, role, notification_channels, muted_events) on public.profiles to authenticated;
grant select, insert, update, delete on public.profiles to service_role;

create policy profiles_select on public.profiles for select to authenticated
using (id = any(array(select private.visible_profile_ids())) and private.asks_for_rows());

create policy profiles_update on public.profiles for update to authenticated
using (id = (select private.current_profile_id()) or (select private.is_admin()))
with check (id = (select private.current_profile_id()) or (select private.is_admin()));

-- source: policies/providers.sql sha256:a6d1c2b1525914e108ef991fc6920079228cfc8d75801edc06220a86a87d8d35
-- Nobody but the owner: what it says reaches people through errors and checks.
alter table private.providers enable row level security;
alter table private.providers force row level security;

-- source: policies/reminders.sql sha256:c9e6b70fe862f765364ab20ef00c42b6bb5777c415193883a83facb06b8b5863
-- Written by the engine.
alter table public.reminders enable row level security;
alter table public.reminders force row level security;

grant select on public.reminders to authenticated;
grant select, insert, update, delete on public.reminders to service_role;

create policy reminders_select on public.reminders for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());

-- source: policies/risk_acceptances.sql sha256:d0a144ca8f376761e1e5e6ebab55ec9c085ed4df4f819d88ffa87bb49646a9e8
-- An admin's word, in the own name, for good.
alter table public.risk_acceptances enable row level security;
alter table public.risk_acceptances force row level security;

grant select on public.risk_acceptances to authenticated;
grant insert (id, client_id, agent_type, text) on public.risk_acceptances to authenticated;
grant select, insert, update, delete on public.risk_acceptances to service_role;

create policy risk_acceptances_select on public.risk_acceptances for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());

create policy risk_acceptances_insert on public.risk_acceptances for insert to authenticated
with check ((select private.is_admin()) and accepted_by = (select private.current_profile_id()));

-- source: policies/sending_rules.sql sha256:50577b0d9128d0f550958a3cd5429132c499f20b43c3bff31942de01455aaccc
-- When a client writes is its owner's to say; its staff see it.
alter table public.sending_rules enable row level security;
alter table public.sending_rules force row level security;

grant select on public.sending_rules to authenticated;
grant insert (id, client_id, hours, on_holidays, closed_dates, daily_cap, weekly_cap) on public.sending_rules to authenticated;
grant update (client_id, hours, on_holidays, closed_dates, daily_cap, weekly_cap) on public.sending_rules to authenticated;
grant select, insert, update, delete on public.sending_rules to service_role;

create policy sending_rules_select on public.sending_rules for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());

create policy sending_rules_insert on public.sending_rules for insert to authenticated
with check (client_id = any(array(select private.owned_client_ids())));

create policy sending_rules_update on public.sending_rules for update to authenticated
using (client_id = any(array(select private.owned_client_ids())))
with check (client_id = any(array(select private.owned_client_ids())));

-- removed: sql/30_rules/54_delivery_refusal.sql
drop function if exists private.delivery_refusal(public.delivery_kind, jsonb, public.leads, timestamptz);

-- removed: sql/30_rules/97_send_notification.sql
drop function if exists private.send_notification(public.notifications);

-- Functions that take one argument more.
drop function if exists private.release_next(uuid, integer);
drop function if exists private.grant_delivery(uuid, integer);
drop function if exists private.notify(uuid, text, uuid, text);

-- Interviews that run already get their reminders and their end, too.
select private.plan_reminders(i.id, 'sent')
from public.interviews as i
where i.invited_at is not null and i.status in ('pending', 'in_progress')
    and exists (
        select from public.deliveries as d
        where d.client_id = i.client_id and d.interview_id = i.id and d.kind = 'invitation' and d.status in ('sent', 'delivered', 'read')
    );
