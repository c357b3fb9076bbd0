-- Made by `renum migration` from sql/ and policies/. Frozen once it is listed in migrations.lock.

-- source: sql/00_setup/10_schemas.sql sha256:0b1ae5f1149cd33c78b5bb9a656053a6500b0dfbbab95c125773ffdb4fa46213
-- public is the API (tables and the RPCs people call); worker is the functions' API; nothing else is exposed.
create schema if not exists worker;
comment on schema worker is 'RPCs for the deployed functions. Exposed through PostgREST, executable by renum_worker only.';

create schema if not exists private;
comment on schema private is 'Rules, helpers, settings, threads and secrets. Never exposed.';

create schema if not exists agent_tools;
comment on schema agent_tools is 'SQL functions that agents may call, owned by renum_agent. Never exposed.';

create schema if not exists parts;
comment on schema parts is 'Monthly partitions. Never exposed: a partition asked for directly would bypass its parent''s policies.';

-- source: sql/00_setup/20_extensions.sql sha256:faef11dac4bbeb1afcf6356b62c80e049e2cfaa9ae5378e3afe5d62741bcdc78
-- No versions: hosted Supabase ignores them and will refuse them.
create extension if not exists pgmq;
create extension if not exists pg_net with schema extensions;
create extension if not exists pg_cron;

-- source: sql/00_setup/30_roles.sql sha256:6d855708d6479383ba48d389a26bb520d124a83e543dd32f4181b1ce7c24697b
-- Roles are the server's, not the database's: they may be there already.
do $$
begin
  if not exists (select from pg_catalog.pg_roles where rolname = 'renum_worker') then
    create role renum_worker nologin noinherit;
  end if;
  if not exists (select from pg_catalog.pg_roles where rolname = 'renum_agent') then
    create role renum_agent nologin noinherit;
  end if;
end
$$;

-- source: sql/10_types/agent_type.sql sha256:9fed875191411ab5f29268045563d1fca49fb0c70a2f2877f238090f5d552e0a
create type public.agent_type as enum ('renus_base', 'mmn', 'vereador', 'clinica');
comment on type public.agent_type is 'Which agent a client runs.';

-- source: sql/10_types/answer_status.sql sha256:0b2513cf653a9f9b61eb4ab4d69f770e2c036c4cd74a477bfb53c9eff932122e
create type public.answer_status as enum ('answered', 'refused', 'skipped', 'invalid');
comment on type public.answer_status is 'What became of a question: skipped by a rule, refused by the lead, or tried without a valid answer yet.';

-- source: sql/10_types/channel.sql sha256:3cc05ddf979bb7f467939d3dfd52afd20657954667a5605da06b429675dd05db
create type public.channel as enum ('whatsapp', 'sms', 'email');
comment on type public.channel is 'The medium a message travels by.';

-- source: sql/10_types/channel_account_status.sql sha256:7c412d67db0da0c3115688bdc929d670ee22136da77bb764bef2189b13160d42
create type public.channel_account_status as enum ('active', 'paused', 'disconnected');
comment on type public.channel_account_status is 'Whether an account may send.';

-- source: sql/10_types/client_plan.sql sha256:d50b61244233eebfae360168712d641463672751368b0f9639cc5acb8d0b6810
create type public.client_plan as enum ('basic', 'pro', 'enterprise');
comment on type public.client_plan is 'What a client pays for.';

-- source: sql/10_types/client_status.sql sha256:dad9f1e29aa8e3d0b8086b6919292b138af1065e80c62401fd9bb28aabf5763c
create type public.client_status as enum ('active', 'inactive', 'suspended');
comment on type public.client_status is 'Only the people of an active client have access.';

-- source: sql/10_types/conversation_status.sql sha256:b2497bf8008245752538f45d9410274f94f36ea853c30342ab91148f2eafb485
create type public.conversation_status as enum ('open', 'closed');
comment on type public.conversation_status is 'Life of a conversation.';

-- source: sql/10_types/delivery_kind.sql sha256:43c067154a937d469cf923fa335db00421f2a855613d218c24db4ebb801c40c1
create type public.delivery_kind as enum ('invitation', 'reply', 'goodbye', 'notification');
comment on type public.delivery_kind is 'Why something is sent. goodbye is the one confirmation of an opt-out.';

-- source: sql/10_types/delivery_status.sql sha256:a5b6bc989ceb6131b2a30ae4957cb2337f35674b781709f9527bf68397641a11
create type public.delivery_status as enum ('queued', 'deferred', 'sending', 'unknown', 'sent', 'delivered', 'read', 'failed', 'cancelled');
comment on type public.delivery_status is 'Life of a delivery. unknown: it may have left; a status or the grace period decides.';

-- source: sql/10_types/end_reason.sql sha256:42497e3d6126fe3efccde806e9020bde8da7c3a6f8c0429243247e6ea9bd0e5d
create type public.end_reason as enum ('completed', 'opted_out', 'expired', 'cancelled', 'handed_over');
comment on type public.end_reason is 'Why an interview ended.';

-- source: sql/10_types/event_outcome.sql sha256:b13974db82946a9087bb9ffd5cae14656f14e1815c9a17253b22ac3259339fd8
create type public.event_outcome as enum ('stored', 'status', 'preference', 'kept', 'unrouted');
comment on type public.event_outcome is 'What became of an item of a webhook: a message stored, a delivery moved, a preference recorded, kept raw, or kept raw because it names a number of somebody else.';

-- source: sql/10_types/failed_task_status.sql sha256:9dd58d0edb410032d339f9dfb5dcfa0f3a3ff976cbb0e97ee560e7b93ddb31e4
create type public.failed_task_status as enum ('dead', 'replayed', 'resolved');
comment on type public.failed_task_status is 'Life of a dead letter.';

-- source: sql/10_types/identity_kind.sql sha256:190ce0e793f35c7a912695c44cf79584ded2fab18e3a189dfed81945b3d0545c
create type public.identity_kind as enum ('phone', 'wa_id', 'bsuid', 'lid', 'email');
comment on type public.identity_kind is 'Ways to recognise a lead. phone holds the matching key, not the number (private.phone_key).';

-- source: sql/10_types/interview_status.sql sha256:f8bb13573d3c0009d4bd01367cdc00ae8af9cceebe7ca54610a921fb4e93f151
create type public.interview_status as enum ('pending', 'in_progress', 'completed', 'cancelled');
comment on type public.interview_status is 'Life of an interview.';

-- source: sql/10_types/isa_target_type.sql sha256:70fd9d1797a104ffb7e0aacaf42bc240a3a6b4b4b1727ee663022816f7b0b4bd
create type public.isa_target_type as enum ('client', 'lead', 'interview', 'conversation');
comment on type public.isa_target_type is 'What an ISA command is about.';

-- source: sql/10_types/lead_status.sql sha256:a33dc20a07aca7f7afce7c5f5952188097912c33949749a685b6730ac2cffb33
create type public.lead_status as enum ('active', 'inactive', 'blocked');
comment on type public.lead_status is 'Only active leads are written to; a blocked lead is not answered either.';

-- source: sql/10_types/legal_basis.sql sha256:e6fcdd0aefb290b339ad7c837c30239d24598bcab072277f2486afe71bf50f32
create type public.legal_basis as enum ('consent', 'contract', 'legitimate_interest', 'legal_obligation', 'not_informed');
comment on type public.legal_basis is 'LGPD art. 7 grounds on which a lead may be contacted; not_informed where the import did not say.';

-- source: sql/10_types/member_role.sql sha256:c5e6bf701f876c3c4ae8b7070f90df75334f9a1e0049a6ea4dfc1e1b63a7acbf
create type public.member_role as enum ('owner', 'staff');
comment on type public.member_role is 'What a person may do at a client: owners also manage people and channel accounts.';

-- source: sql/10_types/member_status.sql sha256:1896fc4c57380430df7531f7dba11fb82354a3cee509a298c85268bcbad4087b
create type public.member_status as enum ('invited', 'active', 'removed');
comment on type public.member_status is 'Life of a membership. Invited becomes active when its e-mail address is confirmed.';

-- source: sql/10_types/message_role.sql sha256:e49ee03a01c08cf4b9fe68da88bd1bb6b027cca6d0e7093939f1550260fbced8
create type public.message_role as enum ('user', 'assistant', 'system');
comment on type public.message_role is 'Who speaks: the lead (user), RENUM (assistant), or a note of the system.';

-- source: sql/10_types/notification_status.sql sha256:cd159bb2c5b8f4067075eb935c436c57ce10593707cf6979dae9c94e308a8cd6
create type public.notification_status as enum ('queued', 'sent', 'failed', 'skipped');
comment on type public.notification_status is 'Life of a notification. skipped: there was no way to reach the person, see reason.';

-- source: sql/10_types/project_status.sql sha256:5bf47269ba713bc02c0e85ce1320622274d08302d70a1de7e0310887d791b7bf
create type public.project_status as enum ('draft', 'active', 'paused', 'completed');
comment on type public.project_status is 'Life of a project: only an active one invites.';

-- source: sql/10_types/project_type.sql sha256:aeab75d1b04c33c77492c00bfa873009654d4d32d5a21bed80bc8cab012388db
create type public.project_type as enum ('survey', 'campaign', 'support');
comment on type public.project_type is 'What a project is for.';

-- source: sql/10_types/report_kind.sql sha256:afdcfaca51a756706679964f2299e47f89bb5b203a599b183349b9498cbbb45e
create type public.report_kind as enum ('interview', 'project');
comment on type public.report_kind is 'What a report is about.';

-- source: sql/10_types/report_status.sql sha256:da80e333e1d8fc9923890ec405d827c54b7e65fa760889776eae5a84a769bd0f
create type public.report_status as enum ('queued', 'writing', 'ready', 'failed');
comment on type public.report_status is 'Life of a report.';

-- source: sql/10_types/sub_agent_type.sql sha256:8b4b6eae6beb8dcabb881b2e73a39ad35e26daf3c30a9e6dfc1c810160f0eabb
create type public.sub_agent_type as enum ('mmn', 'vereador', 'clinica', 'custom');
comment on type public.sub_agent_type is 'What a sub-agent is a specialist of.';

-- source: sql/10_types/template_purpose.sql sha256:2ad6de26d01d155641b6b3939db7e773db7560a33bbecee40a34b2ddc9ba4887
create type public.template_purpose as enum ('invitation', 'notification', 'other');
comment on type public.template_purpose is 'What a template is used for.';

-- source: sql/10_types/template_status.sql sha256:616df26f3d597f9f41b89663a6f748a51e510587500189a57a7e646aa3ab3898
create type public.template_status as enum ('pending', 'approved', 'paused', 'rejected');
comment on type public.template_status is 'The provider''s verdict on a message template.';

-- source: sql/10_types/text_markdown.sql sha256:acfd54c82fb1ca06c904a770ba1da449e8b0404bd7d362282b9d7031ed5faaaf
-- PostgREST answers `Accept: text/markdown` with a function that returns this domain.
create domain public."text/markdown" as text;
comment on domain public."text/markdown" is 'A Markdown document, as a media type PostgREST can answer with.';

-- source: sql/10_types/turn_status.sql sha256:c52983561d82791647ec71b1340ff0031aa5b1bf10a3381b7bcbb9327483277a
create type public.turn_status as enum ('committed', 'partial', 'failed', 'crashed');
comment on type public.turn_status is 'How a turn ended. partial: newer input had arrived and a further turn follows.';

-- source: sql/10_types/user_role.sql sha256:697d3d013bbc644d64995ef72794c26a22f9e1d591b71a19ddf5f2faf8acb2fd
create type public.user_role as enum ('admin', 'client');
comment on type public.user_role is 'What a person is to RENUM: an admin of the whole system, or somebody at a client.';

-- source: sql/20_tables/05_settings.sql sha256:5ad8a515aff9977f745f81a4e319abf2c322b6707aa8439471003a1ef013beca
create table private.settings (
    key text primary key,
    value jsonb not null,
    comment text not null
);
comment on table private.settings is 'Numbers and addresses an operator may change while the system runs.';

insert into private.settings (key, value, comment) values
('functions_url', 'null', 'Where the functions are, without a slash at the end. null: no ring is sent.'),
('ring_timeout_ms', '1500', 'How long a ring waits for its answer, which nobody reads.'),
('debounce_ms', '800', 'How long a lead''s burst of messages is waited for after its last message.'),
('debounce_max_ms', '8000', 'After this long since the first unanswered message a turn starts, whatever still comes.'),
('max_attempts', '4', 'Attempts at a task: the first and three retries.'),
('retry_after_s', '[1, 5, 25]', 'Seconds to wait before each retry.'),
('max_reruns', '2', 'How often a turn is run again because the lead wrote meanwhile.'),
('max_tries', '3', 'How often a question is put again after an answer that is not valid; then it counts as refused.'),
('admitted_tasks', '100', 'Tasks of one client that may be in one queue at once; the others wait in their rows.'),
('unknown_grace_s', '20', 'How long a delivery that may have left waits for the provider''s word before it is tried again.'),
('history_messages', '30', 'Messages before the new input that a turn is given.'),
('project_report_every_s', '60', 'Least time between two reports of a project, unless somebody asks for one.'),
('partitions_ahead', '3', 'Months for which partitions are made ahead.'),
('keep_webhook_events_days', '30', 'Days that raw webhook items are kept. Providers repeat for up to 7 days.'),
('keep_job_runs_days', '3', 'Days that pg_cron''s run log is kept.');

-- source: sql/20_tables/10_profiles.sql sha256:af04f5730282d7c78a09a55b5c784b280ae5b1c4e06e4aa14784ec884d262319
create table public.profiles (
    id uuid primary key references auth.users (id) on delete cascade,
    email text unique,
    full_name text,
    role public.user_role not null default 'client',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    phone text,
    constraint phone_is_e164 check (phone ~ '^\+[1-9][0-9]{7,14}$')
);
comment on table public.profiles is 'The people who use RENUM: its admins and the clients'' staff. One row for each auth.users row.';

-- source: sql/20_tables/12_clients.sql sha256:952da1392a2fe1dbd85fa2a736caf42b99b5b383b96233eb42f8be9439413607
create table public.clients (
    id uuid primary key default gen_random_uuid(),
    profile_id uuid references public.profiles (id) on delete set null,
    company_name text not null,
    cnpj text,
    plan public.client_plan not null default 'basic',
    status public.client_status not null default 'active',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    is_house boolean not null default false,
    constraint company_name_is_not_blank check (btrim(company_name) <> ''),
    constraint company_name_has_at_most_200_characters check (char_length(company_name) <= 200),
    constraint cnpj_has_14_letters_or_digits check (cnpj ~ '^[0-9A-Z]{12}[0-9]{2}$')
);
create index idx_clients_profile_id on public.clients (profile_id);
create unique index there_is_one_house_client on public.clients (is_house) where is_house;
comment on table public.clients is 'The companies that buy agents: the tenants. The house client is RENUM itself.';
comment on column public.clients.profile_id is 'The owner, kept by trigger from client_members.';
comment on column public.clients.cnpj is 'Company number without punctuation: 12 letters or digits and 2 check digits.';

-- source: sql/20_tables/14_client_members.sql sha256:7990278e1322c9fb3503b31e9ed33c8e196d58352153369908329e7ef6902de2
create table public.client_members (
    id uuid primary key default gen_random_uuid(),
    client_id uuid not null references public.clients (id) on delete cascade,
    profile_id uuid references public.profiles (id) on delete set null,
    email text not null,
    role public.member_role not null default 'staff',
    status public.member_status not null default 'invited',
    invited_by uuid references public.profiles (id) on delete set null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (client_id, email),
    constraint email_is_lower_case_with_an_at check (email = lower(email) and email ~ '^[^@\s]+@[^@\s]+$'),
    constraint active_members_have_a_profile check (status <> 'active' or profile_id is not null)
);
create unique index a_profile_is_once_a_member on public.client_members (profile_id, client_id);
create index idx_client_members_email on public.client_members (email);
create index idx_client_members_invited_by on public.client_members (invited_by);
comment on table public.client_members is 'Who works at a client. An invited row becomes active when a person confirms its e-mail address.';

-- source: sql/20_tables/16_leads.sql sha256:5c244a1924d24ecca748dbe91d1d662b10b0d66b91ee7ab4e80ab4acde2b07c4
create table public.leads (
    id uuid primary key default gen_random_uuid(),
    client_id uuid not null references public.clients (id),
    phone text,
    name text,
    email text,
    metadata jsonb not null default '{}',
    status public.lead_status not null default 'active',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    consent_basis public.legal_basis not null default 'not_informed',
    opted_out_at timestamptz,
    unique (client_id, id),
    constraint a_phone_is_once_a_lead_of_a_client unique (client_id, phone),
    constraint phone_is_e164 check (phone ~ '^\+[1-9][0-9]{7,14}$'),
    constraint metadata_is_an_object check (jsonb_typeof(metadata) = 'object'),
    constraint name_has_at_most_200_characters check (char_length(name) <= 200)
);
create index idx_leads_client_id on public.leads (client_id, created_at);
create index idx_leads_phone on public.leads (phone);
comment on table public.leads is 'The people a client talks with. They never log in.';
comment on column public.leads.phone is 'E.164, Brazilian mobiles with their ninth digit. null where only another identity is known.';
comment on column public.leads.opted_out_at is 'Since when nothing may be sent to this lead. Kept by trigger from consents.';

-- source: sql/20_tables/18_lead_identities.sql sha256:a798429c1a5c9d6a14521eacb9cc2f438ae3f297b72ad2ad3fba34017c015b13
create table public.lead_identities (
    id uuid primary key default gen_random_uuid(),
    client_id uuid not null references public.clients (id),
    lead_id uuid not null,
    kind public.identity_kind not null,
    value text not null,
    created_at timestamptz not null default now(),
    constraint an_identity_is_one_lead_of_a_client unique (client_id, kind, value),
    foreign key (client_id, lead_id) references public.leads (client_id, id) on delete cascade
);
create index idx_lead_identities_lead_id on public.lead_identities (client_id, lead_id);
comment on table public.lead_identities is 'Everything a lead is known by. A phone number alone is not an identity: webhooks may carry only a BSUID or a lid.';

-- source: sql/20_tables/20_consents.sql sha256:2535b97d6d3cdfc847c384be5c395d9c7aed5674120835330e89a7e53c51898a
create table public.consents (
    id uuid primary key default gen_random_uuid(),
    client_id uuid not null references public.clients (id),
    lead_id uuid not null,
    granted boolean not null,
    legal_basis public.legal_basis not null,
    text_version text,
    evidence jsonb not null default '{}',
    created_at timestamptz not null default now(),
    foreign key (client_id, lead_id) references public.leads (client_id, id) on delete cascade
);
create index idx_consents_lead_id on public.consents (client_id, lead_id, created_at);
comment on table public.consents is 'On what ground each lead may be contacted, and when that was withdrawn. Append-only; the newest row counts.';

-- source: sql/20_tables/22_channel_accounts.sql sha256:62c03917683e172b563a7ea29e088c20d86b3054bbfce9df3baa0874c1b6f440
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
    unique (client_id, id),
    constraint a_number_is_once_an_account_of_a_client unique (client_id, provider, external_id),
    constraint provider_is_known check (provider in ('whatsapp_cloud')),
    constraint throughput_is_positive check (throughput > 0),
    constraint config_is_an_object check (jsonb_typeof(config) = 'object')
);
comment on table public.channel_accounts is 'A client''s accounts with providers. Their credentials are in private.channel_credentials, encrypted.';
comment on column public.channel_accounts.external_id is 'The provider''s name of the number: the phone_number_id of the WhatsApp Cloud API.';
comment on column public.channel_accounts.app_id is 'Accounts of one client with one app id may receive each other''s webhook items.';
comment on column public.channel_accounts.throughput is 'Messages per second the provider allows; null: no limit.';

-- source: sql/20_tables/24_channel_credentials.sql sha256:64c9002ac88274bd49720104e998252ee99d9b79188dc18360986776f875d33c
create table private.channel_credentials (
    channel_account_id uuid primary key,
    client_id uuid not null,
    ciphertext text not null,
    key_id text not null,
    updated_at timestamptz not null default now(),
    foreign key (client_id, channel_account_id) references public.channel_accounts (client_id, id) on delete cascade
);
create index idx_channel_credentials_client_id on private.channel_credentials (client_id, channel_account_id);
comment on table private.channel_credentials is 'AES-256-GCM ciphertext, bound to its account. The key is in the functions'' environment only.';

-- source: sql/20_tables/26_message_templates.sql sha256:0ac19ad2aa56c31a16dac020c71dab1d5e3cf87e723b0082ebc8b73173850ccc
create table public.message_templates (
    id uuid primary key default gen_random_uuid(),
    client_id uuid not null references public.clients (id),
    channel_account_id uuid,
    name text not null,
    language text not null default 'pt_BR',
    category text not null default 'utility',
    body text not null,
    parameters text[] not null default '{}',
    status public.template_status not null default 'pending',
    purpose public.template_purpose not null default 'other',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique nulls not distinct (client_id, channel_account_id, name, language),
    foreign key (client_id, channel_account_id) references public.channel_accounts (client_id, id),
    constraint name_has_lower_case_letters_digits_and_underscores check (name ~ '^[a-z0-9_]+$' and char_length(name) <= 512),
    constraint category_is_known check (category in ('marketing', 'utility', 'authentication')),
    constraint parameters_are_known check (
        parameters <@ array['lead.name', 'lead.first_name', 'client.company_name', 'project.name', 'notification.text']
    )
);
create index idx_message_templates_account on public.message_templates (client_id, channel_account_id);
comment on table public.message_templates is 'Messages the provider approved for writing first. {{1}} in body stands for the first of parameters.';

-- source: sql/20_tables/28_renus_config.sql sha256:c7b8a13188b8341f9e79c38e7b1cca8214d4a9569ac076161137a7a615e17a3c
create table public.renus_config (
    id uuid primary key default gen_random_uuid(),
    client_id uuid not null references public.clients (id),
    agent_type public.agent_type not null default 'renus_base',
    config jsonb not null default '{}',
    prompts jsonb not null default '{}',
    active boolean not null default true,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    version integer not null default 1,
    unique (client_id, id),
    constraint config_is_an_object check (jsonb_typeof(config) = 'object'),
    constraint prompts_is_an_object check (jsonb_typeof(prompts) = 'object')
);
comment on table public.renus_config is 'How a client''s agent speaks and acts. version grows with every change; turns record it.';

-- source: sql/20_tables/30_tools.sql sha256:d4976b3f31b2dee2b27192727d538a21e2d9fd4a129fe6e36fff190e147a314a
create table public.tools (
    id uuid primary key default gen_random_uuid(),
    name text not null unique,
    description text not null,
    function_name text not null,
    parameters_schema jsonb not null default '{"type": "object", "properties": {}}',
    active boolean not null default true,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint function_name_is_an_identifier check (function_name ~ '^[a-z_][a-z0-9_]*$'),
    constraint parameters_schema_describes_an_object check (coalesce(parameters_schema ->> 'type' = 'object', false))
);
comment on table public.tools is 'What agents can call: function_name is a function in agent_tools.';

-- source: sql/20_tables/32_sub_agents.sql sha256:c47966fdf5bfbe0c9a539542b61d87623c126087be2fb39e71c661617d656591
create table public.sub_agents (
    id uuid primary key default gen_random_uuid(),
    name text not null unique,
    type public.sub_agent_type not null default 'custom',
    description text not null default '',
    config jsonb not null default '{}',
    tools jsonb not null default '[]',
    active boolean not null default true,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint config_is_an_object check (jsonb_typeof(config) = 'object'),
    constraint tools_is_an_array check (jsonb_typeof(tools) = 'array')
);
comment on table public.sub_agents is 'Specialists that an agent can hand the dialogue to. tools holds ids of public.tools.';

-- source: sql/20_tables/34_isa_commands.sql sha256:39178c19cba702c6a206eed5666c9af884a42e4f3c6808e7b2ad46a241307a05
create table public.isa_commands (
    id uuid primary key default gen_random_uuid(),
    admin_id uuid not null references public.profiles (id),
    command text not null,
    target_type public.isa_target_type,
    target_id uuid,
    result jsonb,
    executed_at timestamptz,
    created_at timestamptz not null default now()
);
create index idx_isa_commands_admin_id on public.isa_commands (admin_id, created_at);
comment on table public.isa_commands is 'What admins asked of ISA and what came of it.';

-- source: sql/20_tables/36_projects.sql sha256:b6605fbf8d52f6c8424a582ae8d7bf5febb3d5195b8bf63d0d7762af8cd2e170
create table public.projects (
    id uuid primary key default gen_random_uuid(),
    client_id uuid not null references public.clients (id),
    name text not null,
    description text,
    type public.project_type not null default 'survey',
    status public.project_status not null default 'draft',
    config jsonb not null default '{}',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    renus_config_id uuid,
    channel_account_id uuid,
    unique (client_id, id),
    foreign key (client_id, renus_config_id) references public.renus_config (client_id, id),
    foreign key (client_id, channel_account_id) references public.channel_accounts (client_id, id),
    constraint name_is_not_blank check (btrim(name) <> ''),
    constraint name_has_at_most_200_characters check (char_length(name) <= 200),
    constraint config_is_an_object check (jsonb_typeof(config) = 'object')
);
create index idx_projects_client_id on public.projects (client_id, created_at);
create index idx_projects_renus_config_id on public.projects (client_id, renus_config_id);
create index idx_projects_channel_account_id on public.projects (client_id, channel_account_id);
create index idx_projects_active on public.projects (id) where status = 'active';
comment on table public.projects is 'A client''s surveys, campaigns and support lines.';
comment on column public.projects.config is 'goal, audience, questionnaire, invitation: checked by private.project_config_problem.';
comment on column public.projects.channel_account_id is 'The number that writes; null until started, then the client''s oldest active WhatsApp account.';

-- source: sql/20_tables/38_threads.sql sha256:467e7f5144ee9a16415e2d691d579e4cdd6234358edcc32cb480b4ab8b14ba42
create table private.threads (
    id uuid primary key default gen_random_uuid(),
    client_id uuid not null,
    lead_id uuid not null,
    channel_account_id uuid not null,
    interview_id uuid,
    conversation_id uuid,
    address jsonb not null default '{}',
    last_seq bigint not null default 0,
    inbound_seq bigint not null default 0,
    handled_seq bigint not null default 0,
    last_inbound_at timestamptz,
    not_before timestamptz,
    waiting_since timestamptz,
    due_at timestamptz,
    task_id bigint,
    attempts integer not null default 0,
    lease uuid,
    lease_until timestamptz,
    lease_seq bigint,
    lease_began_at timestamptz,
    reruns integer not null default 0,
    unique (client_id, id),
    constraint a_lead_has_one_thread_per_account unique (lead_id, channel_account_id),
    foreign key (client_id, lead_id) references public.leads (client_id, id) on delete cascade,
    foreign key (client_id, channel_account_id) references public.channel_accounts (client_id, id),
    constraint a_thread_has_one_live_dialogue check (num_nonnulls(interview_id, conversation_id) <= 1),
    constraint handled_is_not_ahead_of_inbound check (handled_seq <= inbound_seq)
) with (fillfactor = 70);
create index idx_threads_lead_id on private.threads (client_id, lead_id);
create index idx_threads_channel_account_id on private.threads (client_id, channel_account_id);
create index idx_threads_due on private.threads (due_at) where task_id is not null;
comment on table private.threads is
'One for each lead and channel account: the lock, the order (last_seq), the counters of what came in and what was handled, and the one live interview or conversation.';
comment on column private.threads.task_id is 'The agent_turn task in pgmq, if there is one. Only a commit or the last failed attempt removes it.';
comment on column private.threads.lease is 'The fencing token of the turn under way. A commit with another token writes nothing.';
comment on column private.threads.due_at is 'When the task is to be looked at next: an estimate that the sweep rings by.';
comment on column private.threads.address is 'How the lead wrote last, verbatim: {"wa_id", "bsuid"}. Replies go there.';

-- source: sql/20_tables/40_interviews.sql sha256:89a5f9d1b1ad88b09de0bf831ecd9e5ca7f41cf829305239416574c2c0c61609
create table public.interviews (
    id uuid primary key default gen_random_uuid(),
    lead_id uuid not null,
    project_id uuid not null,
    status public.interview_status not null default 'pending',
    started_at timestamptz,
    completed_at timestamptz,
    metadata jsonb not null default '{}',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    client_id uuid not null references public.clients (id),
    end_reason public.end_reason,
    thread_id uuid,
    current_question text,
    invited_at timestamptz,
    unique (client_id, id),
    constraint a_lead_is_interviewed_once_per_project unique (project_id, lead_id),
    foreign key (client_id, lead_id) references public.leads (client_id, id),
    foreign key (client_id, project_id) references public.projects (client_id, id),
    foreign key (client_id, thread_id) references private.threads (client_id, id),
    constraint metadata_is_an_object check (jsonb_typeof(metadata) = 'object'),
    constraint completed_at_only_when_completed check ((completed_at is not null) = (status = 'completed')),
    constraint end_reason_only_when_ended check ((end_reason is not null) = (status in ('completed', 'cancelled'))),
    constraint completed_is_the_reason_of_completed_ones check ((end_reason = 'completed') = (status = 'completed') or end_reason is null),
    constraint started_at_once_in_progress check (status not in ('in_progress', 'completed') or started_at is not null)
);
create index idx_interviews_lead_id on public.interviews (lead_id);
create index idx_interviews_status on public.interviews (status);
create index idx_interviews_client_lead on public.interviews (client_id, lead_id);
create index idx_interviews_client_project on public.interviews (client_id, project_id);
create index idx_interviews_thread_id on public.interviews (client_id, thread_id);
create index idx_interviews_to_invite on public.interviews (project_id, created_at, id) where status = 'pending' and invited_at is null;
comment on table public.interviews is 'One lead''s interview in one project.';
comment on column public.interviews.current_question is 'Key of the question last put to the lead; null while only the invitation went out.';
comment on column public.interviews.invited_at is 'When the invitation was made. A second survey of a lead waits for the first to end.';

alter table private.threads
add constraint the_live_interview_is_of_the_same_client
foreign key (client_id, interview_id) references public.interviews (client_id, id);
create index idx_threads_interview_id on private.threads (client_id, interview_id);

-- source: sql/20_tables/42_conversations.sql sha256:40556b2dfeab077ef5db76e86aa22d4b9f231b9284ad09144f49fd22ec7f292c
create table public.conversations (
    id uuid primary key default gen_random_uuid(),
    lead_id uuid,
    client_id uuid not null references public.clients (id),
    status public.conversation_status not null default 'open',
    last_message_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    profile_id uuid references public.profiles (id) on delete cascade,
    thread_id uuid,
    unique (client_id, id),
    foreign key (client_id, lead_id) references public.leads (client_id, id),
    foreign key (client_id, thread_id) references private.threads (client_id, id),
    constraint the_other_side_is_a_lead_or_a_profile check (num_nonnulls(lead_id, profile_id) = 1)
);
create index idx_conversations_lead_id on public.conversations (lead_id);
create index idx_conversations_client_id on public.conversations (client_id, last_message_at);
create index idx_conversations_client_lead on public.conversations (client_id, lead_id);
create index idx_conversations_profile_id on public.conversations (profile_id);
create index idx_conversations_thread_id on public.conversations (client_id, thread_id);
create unique index a_profile_has_one_conversation_per_client on public.conversations (client_id, profile_id) where profile_id is not null;
comment on table public.conversations is 'Dialogues that are no interview: with a lead, or (notifications) with one of the client''s people.';

alter table private.threads
add constraint the_live_conversation_is_of_the_same_client
foreign key (client_id, conversation_id) references public.conversations (client_id, id);
create index idx_threads_conversation_id on private.threads (client_id, conversation_id);

-- source: sql/20_tables/44_interview_messages.sql sha256:3ef3e1e5a97ba9321452e537d3a1b479de6a1374ec46b5cf0b8a6b0618bd082c
create table public.interview_messages (
    id uuid not null default gen_random_uuid(),
    interview_id uuid not null,
    role public.message_role not null,
    content text not null,
    metadata jsonb not null default '{}',
    "timestamp" timestamptz not null default clock_timestamp(),
    created_at timestamptz not null default now(),
    client_id uuid not null,
    seq bigint not null,
    provider_timestamp timestamptz,
    primary key (id, "timestamp"),
    foreign key (client_id, interview_id) references public.interviews (client_id, id)
) partition by range ("timestamp");
create index idx_interview_messages_interview_id on public.interview_messages (interview_id, "timestamp");
create index idx_interview_messages_client_id on public.interview_messages (client_id, "timestamp");
create index idx_interview_messages_client_interview on public.interview_messages (client_id, interview_id);
create index idx_interview_messages_timestamp on public.interview_messages using brin ("timestamp");
comment on table public.interview_messages is 'What was said in interviews. Partitioned by month of timestamp, our own receive time; seq orders a thread.';
comment on column public.interview_messages.metadata is '{"type", "provider_id", "payload", "reply_to"} of what came in; {"delivery_id"} of what went out.';

create table parts.interview_messages_default partition of public.interview_messages default;

-- source: sql/20_tables/46_messages.sql sha256:bb75b52c6768907a6bd0f4ba0db8c2caf2c05fd1d823db8db5f525a614bc5eb4
create table public.messages (
    id uuid not null default gen_random_uuid(),
    conversation_id uuid not null,
    role public.message_role not null,
    content text not null,
    channel public.channel not null default 'whatsapp',
    metadata jsonb not null default '{}',
    "timestamp" timestamptz not null default clock_timestamp(),
    created_at timestamptz not null default now(),
    client_id uuid not null,
    seq bigint not null,
    provider_timestamp timestamptz,
    primary key (id, "timestamp"),
    foreign key (client_id, conversation_id) references public.conversations (client_id, id) on delete cascade
) partition by range ("timestamp");
create index idx_messages_conversation_id on public.messages (conversation_id, "timestamp");
create index idx_messages_client_id on public.messages (client_id, "timestamp");
create index idx_messages_client_conversation on public.messages (client_id, conversation_id);
create index idx_messages_timestamp on public.messages using brin ("timestamp");
comment on table public.messages is 'What was said in conversations, notifications included. Partitioned like interview_messages.';

create table parts.messages_default partition of public.messages default;

-- source: sql/20_tables/48_interview_answers.sql sha256:05be90b9779ea18a5a5437c2c4c6c9319d8cb914c30639935fcacbf516e36065
create table public.interview_answers (
    id uuid primary key default gen_random_uuid(),
    client_id uuid not null,
    interview_id uuid not null,
    question_key text not null,
    status public.answer_status not null,
    value jsonb,
    quote text,
    message_seq bigint,
    tries integer not null default 0,
    probes integer not null default 0,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint a_question_is_answered_once_per_interview unique (interview_id, question_key),
    foreign key (client_id, interview_id) references public.interviews (client_id, id) on delete cascade,
    constraint value_only_when_answered check ((value is not null) = (status = 'answered'))
);
create index idx_interview_answers_interview_id on public.interview_answers (client_id, interview_id);
comment on table public.interview_answers is 'What became of each question of an interview, with the lead''s own words (quote) and where they stand (message_seq).';

-- source: sql/20_tables/50_deliveries.sql sha256:10eae6062dd23c0c40dedb65e29edf4925d3e5cbf56ad71f289d21c04a527553
create table public.deliveries (
    id uuid primary key default gen_random_uuid(),
    client_id uuid not null references public.clients (id),
    lead_id uuid,
    profile_id uuid references public.profiles (id) on delete cascade,
    thread_id uuid,
    interview_id uuid,
    channel_account_id uuid not null,
    channel public.channel not null default 'whatsapp',
    kind public.delivery_kind not null,
    content jsonb not null,
    message_id uuid,
    status public.delivery_status not null default 'queued',
    reason text,
    queue text not null,
    seq bigint not null default 0,
    attempts integer not null default 0,
    due_at timestamptz not null default now(),
    task_id bigint,
    claim uuid,
    provider_message_id text,
    error jsonb,
    pricing jsonb,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    sent_at timestamptz,
    delivered_at timestamptz,
    read_at timestamptz,
    unique (client_id, id),
    foreign key (client_id, lead_id) references public.leads (client_id, id),
    foreign key (client_id, thread_id) references private.threads (client_id, id),
    foreign key (client_id, interview_id) references public.interviews (client_id, id),
    foreign key (client_id, channel_account_id) references public.channel_accounts (client_id, id),
    constraint the_recipient_is_a_lead_or_a_profile check (num_nonnulls(lead_id, profile_id) = 1),
    constraint deferred_and_cancelled_ones_have_a_reason check (status not in ('deferred', 'cancelled') or reason is not null),
    constraint queue_is_known check (queue in ('high_priority', 'default'))
) with (fillfactor = 80);
create index idx_deliveries_client_id on public.deliveries (client_id, created_at);
create index idx_deliveries_lead_id on public.deliveries (client_id, lead_id);
create index idx_deliveries_profile_id on public.deliveries (profile_id);
create index idx_deliveries_interview_id on public.deliveries (client_id, interview_id);
create index idx_deliveries_channel_account_id on public.deliveries (client_id, channel_account_id);
create index idx_deliveries_thread_id on public.deliveries (client_id, thread_id);
create index idx_deliveries_open on public.deliveries (thread_id, seq) where status in ('queued', 'deferred', 'sending', 'unknown');
create index idx_deliveries_unsent on public.deliveries (client_id, due_at) where status in ('queued', 'deferred', 'sending');
create index idx_deliveries_admitted on public.deliveries (queue, client_id, due_at) where task_id is not null;
create unique index a_provider_message_is_one_delivery on public.deliveries (channel_account_id, provider_message_id);
comment on table public.deliveries is 'The outbox: everything sent or to be sent, and what became of it.';
comment on column public.deliveries.content is '{"type": "text", "text"} or {"type": "template", "name", "language", "parameters", "text"}.';
comment on column public.deliveries.due_at is 'When to look at it next: to be sent, the end of a claim, or of the grace period of an unknown one.';
comment on column public.deliveries.task_id is 'Its task in pgmq; null: not admitted yet, or done.';

-- source: sql/20_tables/52_turns.sql sha256:d5c3ce3cc6d2b00521724925b3301ffd437517c2630c6453047d86a48af7c367
create table public.turns (
    id uuid primary key,
    client_id uuid not null references public.clients (id),
    thread_id uuid not null,
    interview_id uuid,
    conversation_id uuid,
    status public.turn_status not null,
    from_seq bigint not null,
    to_seq bigint not null,
    attempt integer not null,
    reruns integer not null default 0,
    graph text,
    model text,
    renus_config_id uuid,
    renus_config_version integer,
    steps jsonb not null default '[]',
    proposal jsonb,
    input_tokens integer not null default 0,
    output_tokens integer not null default 0,
    error jsonb,
    started_at timestamptz not null,
    finished_at timestamptz not null default clock_timestamp(),
    foreign key (client_id, thread_id) references private.threads (client_id, id) on delete cascade,
    foreign key (client_id, interview_id) references public.interviews (client_id, id),
    foreign key (client_id, conversation_id) references public.conversations (client_id, id),
    foreign key (client_id, renus_config_id) references public.renus_config (client_id, id)
);
create index idx_turns_client_id on public.turns (client_id, started_at);
create index idx_turns_thread_id on public.turns (client_id, thread_id);
create index idx_turns_interview_id on public.turns (client_id, interview_id);
create index idx_turns_conversation_id on public.turns (client_id, conversation_id);
create index idx_turns_renus_config_id on public.turns (client_id, renus_config_id);
comment on table public.turns is 'Every run of an agent: which messages it answered (from_seq exclusive, to_seq inclusive), with what, in which steps, and how it ended. id is the lease.';

-- source: sql/20_tables/54_notifications.sql sha256:af4bb4aa4b1ab8c66da55aa40340b1867f2df09b6f54e9c1f2b39f6b29a5384f
create table public.notifications (
    id uuid primary key default gen_random_uuid(),
    client_id uuid not null references public.clients (id),
    profile_id uuid not null references public.profiles (id) on delete cascade,
    event text not null,
    interview_id uuid,
    text text not null,
    status public.notification_status not null default 'queued',
    reason text,
    delivery_id uuid,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint a_person_is_told_once unique (profile_id, event, interview_id),
    foreign key (client_id, interview_id) references public.interviews (client_id, id),
    foreign key (client_id, delivery_id) references public.deliveries (client_id, id),
    constraint event_is_known check (event in ('interview_completed')),
    constraint skipped_and_failed_ones_have_a_reason check (status not in ('skipped', 'failed') or reason is not null)
);
create index idx_notifications_client_id on public.notifications (client_id, created_at);
create index idx_notifications_interview_id on public.notifications (client_id, interview_id);
create index idx_notifications_delivery_id on public.notifications (client_id, delivery_id);
create index idx_notifications_to_send on public.notifications (created_at) where status = 'queued' and delivery_id is null;
comment on table public.notifications is 'What a client''s people were told: one row for each event and person.';

-- source: sql/20_tables/56_reports.sql sha256:c7a3a3e2f5cbeefb1cc250bbc10c167fcdb55175ceb41999b001eefedfa5f6ee
create table public.reports (
    id uuid primary key default gen_random_uuid(),
    client_id uuid not null references public.clients (id),
    kind public.report_kind not null,
    project_id uuid not null,
    interview_id uuid,
    status public.report_status not null default 'queued',
    stale boolean not null default true,
    statistics jsonb,
    summary text,
    markdown text,
    model text,
    usage jsonb,
    error jsonb,
    attempts integer not null default 0,
    due_at timestamptz not null default now(),
    task_id bigint,
    claim uuid,
    generated_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    foreign key (client_id, project_id) references public.projects (client_id, id),
    foreign key (client_id, interview_id) references public.interviews (client_id, id),
    constraint one_report_per_interview_and_one_per_project unique nulls not distinct (project_id, interview_id),
    constraint an_interview_report_names_its_interview check ((kind = 'interview') = (interview_id is not null)),
    constraint ready_reports_are_written check (status <> 'ready' or (statistics is not null and markdown is not null))
);
create index idx_reports_client_id on public.reports (client_id, created_at);
create index idx_reports_project_id on public.reports (client_id, project_id);
create index idx_reports_interview_id on public.reports (client_id, interview_id);
create index idx_reports_waiting on public.reports (client_id, due_at) where stale and task_id is null;
create index idx_reports_admitted on public.reports (client_id, due_at) where task_id is not null;
comment on table public.reports is 'Reports of interviews and of projects: figures by SQL, words by the model, kept as JSON (statistics) and Markdown.';
comment on column public.reports.stale is 'Something happened since it was written: it will be written again.';

-- source: sql/20_tables/57_project_changes.sql sha256:1d288ab37b5c3236224137ab83429250a29a0ba7231c725806c422b4232d61af
create table private.project_changes (
    id bigint generated always as identity primary key,
    project_id uuid not null references public.projects (id) on delete cascade
);
create index idx_project_changes_project_id on private.project_changes (project_id);
comment on table private.project_changes is
'Projects whose figures changed. Only inserted into by commits, so that two of them never wait for one report row; the sweep empties it.';

-- source: sql/20_tables/58_webhook_events.sql sha256:70ac146e036519357edd6fb3ca99f13341292b8a46219b6dce9ec4175b294907
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
    constraint a_providers_item_is_taken_once unique (channel_account_id, provider_id),
    foreign key (client_id, channel_account_id) references public.channel_accounts (client_id, id)
);
create index idx_webhook_events_client_id on public.webhook_events (client_id, received_at);
create index idx_webhook_events_channel_account_id on public.webhook_events (client_id, channel_account_id);
create index idx_webhook_events_received_at on public.webhook_events using brin (received_at);
comment on table public.webhook_events is 'Every item a provider sent, raw, once. What makes a repeated webhook harmless.';

-- source: sql/20_tables/60_failed_tasks.sql sha256:7afe1ad7b4c47768d19a40b21ba82370c7405e82431086837cb230e38e30e889
create table public.failed_tasks (
    id uuid primary key default gen_random_uuid(),
    client_id uuid not null references public.clients (id),
    queue text not null,
    task text not null,
    task_row_id uuid not null,
    payload jsonb not null,
    error jsonb not null,
    attempts integer not null,
    status public.failed_task_status not null default 'dead',
    created_at timestamptz not null default now(),
    replayed_at timestamptz,
    resolved_at timestamptz
);
create index idx_failed_tasks_client_id on public.failed_tasks (client_id, created_at);
create index idx_failed_tasks_task_row_id on public.failed_tasks (task_row_id) where status <> 'resolved';
comment on table public.failed_tasks is 'The dead letters: work that failed for good, with its error. The queue of the same name carries their ids.';

-- source: sql/30_rules/05_setting.sql sha256:6cba408ed872e902d27d7fc05021843d948a504cfe24d8775219638d22c1e9d5
create or replace function private.setting(key text) returns jsonb
language sql stable security definer set search_path = ''
as $$
    select s.value from private.settings as s where s.key = setting.key;
$$;
comment on function private.setting(text) is 'A setting''s value; null if there is none of that name.';

-- source: sql/30_rules/06_setting_int.sql sha256:fccb0fd005cdd18f1cb9ad47ad96e26c7e99b6b485ff95e1fd58097747476d74
create or replace function private.setting_int(key text) returns integer
language sql stable security definer set search_path = ''
as $$
    select (s.value #>> '{}')::integer from private.settings as s where s.key = setting_int.key;
$$;
comment on function private.setting_int(text) is 'A setting that is a whole number.';

-- source: sql/30_rules/10_current_profile_id.sql sha256:d35583bace7078bddb3fc4501b1c4b9ec941093d8741f60f47a2db22e8452bb4
create or replace function private.current_profile_id() returns uuid
language sql stable set search_path = ''
as $$
    -- After the first request on a pooled connection the setting is '', not null.
    select (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid;
$$;
comment on function private.current_profile_id() is 'The person whose token the request carries; null without one. Our own reading of the claims: roles of ours have no right to schema auth.';

-- source: sql/30_rules/11_is_admin.sql sha256:1e3bfd90e058a7fa1be79d39ce3bc48da8bed80fcebe2f4023389bbfc3bcfb6f
create or replace function private.is_admin() returns boolean
language sql stable security definer set search_path = ''
as $$
    select exists (
        select from public.profiles as p
        where p.id = private.current_profile_id() and p.role = 'admin'
    );
$$;
comment on function private.is_admin() is 'Whether the request is by one of RENUM''s admins. Reads the table, not the token: a removed admin loses access at once.';

-- source: sql/30_rules/12_visible_client_ids.sql sha256:db2f7bf035f3bbbcec79ba2c2fff6c64962167e569e738b1cf4e7053f3361e96
create or replace function private.visible_client_ids() returns setof uuid
language plpgsql stable security definer set search_path = ''
as $$
begin
    if private.is_admin() then
        return query select c.id from public.clients as c;
    else
        return query
        select m.client_id
        from public.client_members as m
        join public.clients as c on c.id = m.client_id
        where m.profile_id = private.current_profile_id() and m.status = 'active' and c.status = 'active';
    end if;
end
$$;
comment on function private.visible_client_ids() is
'The clients whose rows the request may see: all for an admin, else the active ones it is an active member of. What every tenant policy asks.';

-- source: sql/30_rules/13_visible_profile_ids.sql sha256:a82bc448e059179fa1151a973e38371555f29def37e89084dd00bf206970ce37
create or replace function private.visible_profile_ids() returns setof uuid
language plpgsql stable security definer set search_path = ''
as $$
begin
    if private.is_admin() then
        return query select p.id from public.profiles as p;
    else
        return query
        select private.current_profile_id()
        union
        select m.profile_id
        from public.client_members as m
        where m.client_id in (select private.visible_client_ids()) and m.profile_id is not null and m.status = 'active';
    end if;
end
$$;
comment on function private.visible_profile_ids() is 'The people the request may see: oneself and the members of one''s clients; all for an admin.';

-- source: sql/30_rules/14_owned_client_ids.sql sha256:9357748ce91137d7d8a43b65a60629b4deb608a2deb8c8ac37d3e4618cdd469b
create or replace function private.owned_client_ids() returns setof uuid
language plpgsql stable security definer set search_path = ''
as $$
begin
    if private.is_admin() then
        return query select c.id from public.clients as c;
    else
        return query
        select m.client_id
        from public.client_members as m
        join public.clients as c on c.id = m.client_id
        where m.profile_id = private.current_profile_id()
            and m.status = 'active' and m.role = 'owner' and c.status = 'active';
    end if;
end
$$;
comment on function private.owned_client_ids() is 'The clients whose people and channel accounts the request may manage: all for an admin, else the active ones it owns.';

-- source: sql/30_rules/15_default_client_id.sql sha256:7601a981a2849ddbfa53df7ef516fd02b63fd0f829b2e4240a93568b4efac94d
create or replace function private.default_client_id() returns uuid
language plpgsql stable security definer set search_path = ''
as $$
declare
    ids uuid[] := array(
        select m.client_id
        from public.client_members as m
        join public.clients as c on c.id = m.client_id
        where m.profile_id = private.current_profile_id() and m.status = 'active' and c.status = 'active'
        limit 2
    );
begin
    return case cardinality(ids) when 1 then ids[1] end;
end
$$;
comment on function private.default_client_id() is 'The client a row belongs to when an insert does not say: the one the person works at, if it is just one.';

alter table public.leads alter column client_id set default private.default_client_id();
alter table public.projects alter column client_id set default private.default_client_id();
alter table public.channel_accounts alter column client_id set default private.default_client_id();
alter table public.message_templates alter column client_id set default private.default_client_id();
alter table public.renus_config alter column client_id set default private.default_client_id();
alter table public.consents alter column client_id set default private.default_client_id();

-- source: sql/30_rules/20_normalize_phone.sql sha256:000c15cdcc7d59f813bb7fd7ae33b4003a7416f79032cee81ce77df73a99f4b1
create or replace function private.normalize_phone(phone text) returns text
language plpgsql immutable set search_path = ''
as $$
declare
    international boolean := btrim(phone) ~ '^(\+|00)';
    digits text := regexp_replace(phone, '[^0-9]', '', 'g');
begin
    if phone is null or btrim(phone) = '' then
        return null;
    end if;
    digits := regexp_replace(digits, '^00', '');
    -- A number without a country is Brazilian: DDD (two digits, neither 0) and 8 or 9 digits, perhaps after a trunk 0.
    if not international then
        digits := regexp_replace(digits, '^0', '');
        if digits ~ '^[1-9][1-9][2-9][0-9]{7,8}$' then
            digits := '55' || digits;
        elsif digits not like '55%' then
            -- A local number without its area code, say. As an international one it would be somebody else's.
            return null;
        end if;
    end if;
    -- Brazilian mobiles have had nine digits since 2016; older lists and WhatsApp's own ids may lack the first 9.
    if digits ~ '^55[1-9][1-9][6-9][0-9]{7}$' then
        digits := left(digits, 4) || '9' || substr(digits, 5);
    end if;
    if digits !~ '^[1-9][0-9]{7,14}$' or (digits like '55%' and digits !~ '^55[1-9][1-9](9[0-9]{8}|[2-5][0-9]{7})$') then
        return null;
    end if;
    return '+' || digits;
end
$$;
comment on function private.normalize_phone(text) is
'A phone number in E.164; null if it cannot be one. Without + or 00 it is taken as Brazilian, with or without 55; a mobile''s missing ninth digit is put in.';

-- source: sql/30_rules/21_phone_key.sql sha256:aa13631df76d368f7f83c6d8e16e1c1244a014ac109069ecd8c41ce3aab412b6
create or replace function private.phone_key(phone text) returns text
language sql immutable set search_path = ''
as $$
    -- 55 + DDD + last eight digits: the same with and without the ninth digit. Where the eight begin with 2 to 5 they are a landline's:
    -- a mobile like that never had eight digits.
    select case
        when d.digits ~ '^55[1-9][1-9]9[016-9][0-9]{7}$' then left(d.digits, 4) || right(d.digits, 8)
        else d.digits
    end
    from (select regexp_replace(phone_key.phone, '[^0-9]', '', 'g') as digits) as d
    where d.digits <> '';
$$;
comment on function private.phone_key(text) is
'What two writings of one number have in common. Providers give Brazilian numbers with or without the ninth digit. Expects the country code.';

-- source: sql/30_rules/22_first_name.sql sha256:fd5830d2935ca84ba5cffad0ac07cb36ae44182a77486bf811ad927b84e75e1f
create or replace function private.first_name(name text) returns text
language sql immutable set search_path = ''
as $$
    select nullif(split_part(btrim(first_name.name), ' ', 1), '');
$$;
comment on function private.first_name(text) is 'The first word of a name; null if there is none.';

-- source: sql/30_rules/23_plain.sql sha256:72bbe811762857bfc31574cb693ec62c51767a5515aa5cd522af5406068a12cb
create or replace function private.plain(txt text) returns text
language sql immutable set search_path = ''
as $$
    select btrim(regexp_replace(
        translate(lower(normalize(plain.txt, nfc)), 'áàâãäéèêëíìîïóòôõöúùûüçñ', 'aaaaaeeeeiiiiooooouuuucn'),
        '[^a-z0-9]+', ' ', 'g'
    ));
$$;
comment on function private.plain(text) is 'Words without case, accents and punctuation, for comparing what people type.';

-- source: sql/30_rules/24_is_opt_out.sql sha256:22260e428b8586c0cbcddfbe953c58c43e0a85fea9866763150d915affc4e6dd
create or replace function private.is_opt_out(txt text) returns boolean
language sql immutable set search_path = ''
as $$
    select coalesce(private.plain(is_opt_out.txt) in (
        'sair', 'parar', 'pare', 'stop', 'cancelar', 'cancela', 'descadastrar', 'descadastre', 'remover', 'unsubscribe',
        'sair da lista', 'quero sair', 'quero parar', 'parar mensagens', 'cancelar inscricao', 'nao quero mais receber',
        'nao quero mais receber mensagens', 'nao quero receber mensagens', 'nao me mande mais mensagens', 'me tire da lista', 'me tira da lista'
    ), false);
$$;
comment on function private.is_opt_out(text) is
'Whether a whole message is one of the words that must always work to be left alone, whatever agent or model is running.';

-- source: sql/30_rules/30_question_problem.sql sha256:156575b99e6916aa9d9eaf66970d73ec8c99ea6717d332e257682f600f115fc9
create or replace function private.question_problem(question jsonb) returns text
language plpgsql immutable set search_path = ''
as $$
declare
    k text := question ->> 'key';
    kind text := question ->> 'type';
    rules jsonb := coalesce(question -> 'validation', '{}');
    rule text;
begin
    if jsonb_typeof(question) is distinct from 'object' then
        return 'each question must be an object';
    end if;
    if jsonb_typeof(question -> 'key') is distinct from 'string' or k !~ '^[a-z][a-z0-9_]{0,62}$' then
        return format('question key %s must be lower-case letters, digits and underscores, beginning with a letter', coalesce(quote_literal(k), 'null'));
    end if;
    if jsonb_typeof(question -> 'text') is distinct from 'string' or btrim(question ->> 'text') = '' then
        return format('question %s has no text', k);
    end if;
    if char_length(question ->> 'text') > 1000 then
        return format('question %s has a text of more than 1000 characters', k);
    end if;
    if kind is null or kind not in ('text', 'number', 'scale', 'yes_no', 'choice') then
        return format('question %s has type %s; known types are text, number, scale, yes_no, choice', k, coalesce(quote_literal(kind), 'null'));
    end if;
    if kind = 'choice' then
        if jsonb_typeof(question -> 'options') is distinct from 'array'
            or jsonb_array_length(question -> 'options') not between 2 and 20
            or exists (
                select from jsonb_array_elements(question -> 'options') as o (v)
                where jsonb_typeof(o.v) <> 'string' or btrim(o.v #>> '{}') = ''
            ) then
            return format('question %s needs options: 2 to 20 texts', k);
        end if;
        if (select count(distinct private.plain(o.v)) from jsonb_array_elements_text(question -> 'options') as o (v))
            < jsonb_array_length(question -> 'options') then
            return format('question %s has the same option twice', k);
        end if;
    elsif question ? 'options' and question -> 'options' <> 'null' then
        return format('question %s has options but is not of type choice', k);
    end if;
    if jsonb_typeof(rules) <> 'object' then
        return format('question %s has a validation that is not an object', k);
    end if;
    for rule in select jsonb_object_keys(rules) loop
        if not (
            (rule in ('min', 'max') and kind in ('number', 'scale') and jsonb_typeof(rules -> rule) = 'number')
            or (rule = 'integer' and kind in ('number', 'scale') and jsonb_typeof(rules -> rule) = 'boolean')
            or (rule in ('min_length', 'max_length') and kind = 'text' and rules ->> rule ~ '^[0-9]{1,6}$')
        ) then
            return format('question %s has validation %s, which does not fit its type', k, rule);
        end if;
    end loop;
    if kind = 'scale' and not (rules ? 'min' and rules ? 'max') then
        return format('question %s is a scale and needs validation.min and validation.max', k);
    end if;
    if (rules ->> 'min')::numeric > (rules ->> 'max')::numeric
        or (rules ->> 'min_length')::numeric > (rules ->> 'max_length')::numeric then
        return format('question %s has a smallest value above its largest', k);
    end if;
    if question ? 'required' and jsonb_typeof(question -> 'required') <> 'boolean' then
        return format('question %s: required must be true or false', k);
    end if;
    if question ? 'nps' and (jsonb_typeof(question -> 'nps') <> 'boolean' or kind <> 'scale') then
        return format('question %s: nps is true or false, on a scale only', k);
    end if;
    if question ? 'probes' and not coalesce(question ->> 'probes' ~ '^[0-3]$', false) then
        return format('question %s: probes must be 0 to 3', k);
    end if;
    return null;
end
$$;
comment on function private.question_problem(jsonb) is 'What is wrong with one question of a questionnaire, as a sentence; null if nothing.';

-- source: sql/30_rules/31_skip_rule_problem.sql sha256:6d2efeeae614bc870fc1672c3d6bc7409d05d45de01432c4c44ebff768e9a6dd
create or replace function private.skip_rule_problem(rule jsonb, earlier_keys text[]) returns text
language sql immutable set search_path = ''
as $$
    select case
        when jsonb_typeof(rule) <> 'object' then 'skip_if must be an object'
        when not coalesce(rule ->> 'key' = any (earlier_keys), false) then 'skip_if.key must name an earlier question'
        when not coalesce(rule ->> 'op' in ('eq', 'ne', 'lt', 'lte', 'gt', 'gte', 'in', 'not_answered'), false)
            then 'skip_if.op must be one of eq, ne, lt, lte, gt, gte, in, not_answered'
        when rule ->> 'op' = 'in' and jsonb_typeof(rule -> 'value') is distinct from 'array' then 'skip_if.value must be a list for in'
        when rule ->> 'op' in ('lt', 'lte', 'gt', 'gte') and jsonb_typeof(rule -> 'value') is distinct from 'number'
            then 'skip_if.value must be a number for ' || (rule ->> 'op')
        when rule ->> 'op' <> 'not_answered' and not rule ? 'value' then 'skip_if.value is missing'
    end;
$$;
comment on function private.skip_rule_problem(jsonb, text[]) is 'What is wrong with a question''s skip_if, given the keys of the questions before it; null if nothing.';

-- source: sql/30_rules/32_project_config_problem.sql sha256:5cd58cfea3139f8de0caf4b1e228fa29e56f72e607408bb470a0af493b3d15eb
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
    if config ? 'goal' and jsonb_typeof(config -> 'goal') not in ('string', 'null') then
        return 'goal must be a text';
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
    if not config ? 'questionnaire' then
        return null;
    end if;
    if jsonb_typeof(questions) is distinct from 'array' or jsonb_array_length(questions) not between 1 and 100 then
        return 'questionnaire.questions must be a list of 1 to 100 questions';
    end if;
    if coalesce(jsonb_typeof(config #> '{questionnaire,closing}'), 'string') <> 'string' then
        return 'questionnaire.closing must be a text';
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

-- source: sql/30_rules/33_read_answer.sql sha256:e3da3d8c841a883958393637e2954e21e6af8400abf771cb943a28ba75d72b01
create or replace function private.read_answer(question jsonb, proposed jsonb, out value jsonb, out problem text)
language plpgsql immutable set search_path = ''
as $$
declare
    kind text := question ->> 'type';
    rules jsonb := coalesce(question -> 'validation', '{}');
    txt text := btrim(proposed #>> '{}', E' \t\r\n');
    n numeric;
begin
    if txt is null or txt = '' then
        problem := 'Não consegui entender a resposta.';
    elsif kind in ('number', 'scale') then
        -- As Brazilians write numbers: 1.500 is fifteen hundred, 1,5 one and a half.
        if jsonb_typeof(proposed) = 'string' and txt ~ '^[+-]?[1-9][0-9]{0,2}([.][0-9]{3})+(,[0-9]+)?$' then
            txt := replace(txt, '.', '');
        end if;
        txt := replace(txt, ',', '.');
        n := case when txt ~ '^[+-]?[0-9]{1,15}(\.[0-9]{1,9})?$' then txt::numeric end;
        if n is null
            or n < (rules ->> 'min')::numeric or n > (rules ->> 'max')::numeric
            or ((rules ->> 'integer')::boolean and n <> trunc(n)) then
            problem := 'Preciso de um número'
            || case when (rules ->> 'integer')::boolean then ' inteiro' else '' end
            || case
                when rules ? 'min' and rules ? 'max' then format(' de %s a %s', rules ->> 'min', rules ->> 'max')
                when rules ? 'min' then format(' a partir de %s', rules ->> 'min')
                when rules ? 'max' then format(' até %s', rules ->> 'max')
                else ''
            end || '.';
        else
            value := to_jsonb(trim_scale(n));
        end if;
    elsif kind = 'yes_no' then
        value := case
            when jsonb_typeof(proposed) = 'boolean' then proposed
            when private.plain(txt) in ('sim', 's', 'yes', 'true') then 'true'::jsonb
            when private.plain(txt) in ('nao', 'n', 'no', 'false') then 'false'::jsonb
        end;
        problem := case when value is null then 'Pode me responder com sim ou não?' end;
    elsif kind = 'choice' then
        select to_jsonb(o.label) into value
        from jsonb_array_elements_text(question -> 'options') as o (label)
        where private.plain(o.label) = private.plain(txt) and private.plain(txt) <> '' or o.label = txt
        limit 1;
        problem := case when value is null then
            'Pode escolher uma destas opções? ' || (select string_agg(o.label, ', ' order by o.ord) from jsonb_array_elements_text(question -> 'options') with ordinality as o (label, ord)) || '.'
        end;
    elsif char_length(txt) < (rules ->> 'min_length')::integer then
        problem := 'Pode escrever um pouco mais?';
    elsif char_length(txt) > coalesce((rules ->> 'max_length')::integer, 10000) then
        problem := 'A resposta ficou longa demais. Pode resumir?';
    else
        value := to_jsonb(txt);
    end if;
end
$$;
comment on function private.read_answer(jsonb, jsonb) is
'The answer that a proposed value is to a question, in its stored form, or (problem) why it is none, in the words the lead will read.';

-- source: sql/30_rules/34_skip_applies.sql sha256:9ebf80d64a517a2d4935895b8ce7d49b9e693e601bb1866a21eff8bcc1d56867
create or replace function private.skip_applies(rule jsonb, answers jsonb) returns boolean
language sql immutable set search_path = ''
as $$
    -- answers: {question key: {"status", "value"}} of the questions dealt with so far.
    select coalesce(case rule ->> 'op'
        when 'not_answered' then a.status is distinct from 'answered'
        when 'eq' then a.value = rule -> 'value'
        when 'ne' then a.value <> rule -> 'value'
        when 'in' then rule -> 'value' @> a.value
        when 'lt' then jsonb_typeof(a.value) = 'number' and (a.value)::numeric < (rule ->> 'value')::numeric
        when 'lte' then jsonb_typeof(a.value) = 'number' and (a.value)::numeric <= (rule ->> 'value')::numeric
        when 'gt' then jsonb_typeof(a.value) = 'number' and (a.value)::numeric > (rule ->> 'value')::numeric
        when 'gte' then jsonb_typeof(a.value) = 'number' and (a.value)::numeric >= (rule ->> 'value')::numeric
    end, false)
    from (select answers #>> array[rule ->> 'key', 'status'] as status, nullif(answers #> array[rule ->> 'key', 'value'], 'null') as value) as a;
$$;
comment on function private.skip_applies(jsonb, jsonb) is 'Whether a question''s skip_if holds, given what became of the earlier questions.';

-- source: sql/30_rules/35_interview_state.sql sha256:f1edc117a55d0af9024fa157ecb269bfd06b0d5e2e8b096094e0c4867f13afac
create or replace function private.interview_state(questions jsonb, answers jsonb)
returns table (ord bigint, key text, question jsonb, status text, is_open boolean)
language plpgsql immutable set search_path = ''
as $$
declare
    item record;
    known jsonb := answers;
begin
    -- One pass in order: a skipped question counts as not answered for the rules after it.
    for item in select q.v, q.n from jsonb_array_elements(questions) with ordinality as q (v, n) loop
        ord := item.n;
        key := item.v ->> 'key';
        question := item.v;
        status := coalesce(known #>> array[key, 'status'], 'open');
        if status in ('open', 'invalid') and coalesce(item.v -> 'skip_if', 'null') <> 'null'
            and private.skip_applies(item.v -> 'skip_if', known) then
            status := 'skipped';
            known := known || jsonb_build_object(key, jsonb_build_object('status', 'skipped'));
        end if;
        is_open := status in ('open', 'invalid');
        return next;
    end loop;
end
$$;
comment on function private.interview_state(jsonb, jsonb) is
'The questionnaire''s questions in order, each with what became of it (open, invalid, answered, refused, skipped). The next question is the first open one; without an open one the interview is complete.';

-- source: sql/30_rules/36_answers_of.sql sha256:ee91f9496a408bb3c6fe07c278dfaecaba54608afe8dd67fc750b656279df94a
create or replace function private.answers_of(interview_id uuid) returns jsonb
language sql stable security definer set search_path = ''
as $$
    select coalesce(jsonb_object_agg(a.question_key, jsonb_build_object('status', a.status, 'value', a.value, 'probes', a.probes, 'tries', a.tries)), '{}')
    from public.interview_answers as a
    where a.interview_id = answers_of.interview_id;
$$;
comment on function private.answers_of(uuid) is 'What became of an interview''s questions so far: {key: {"status", "value", "probes", "tries"}}.';

-- source: sql/30_rules/40_make_partitions.sql sha256:4e0d0c555dc69b1a1f040422d5a25cef0b97d2b4d2ad2563114930b16c8c8240
create or replace function private.make_partitions(parent regclass, months_ahead integer) returns integer
language plpgsql set search_path = '' set lock_timeout = '2s'
as $$
declare
    parent_name text := (select c.relname from pg_catalog.pg_class as c where c.oid = parent);
    month_start date;
    part_name text;
    made integer := 0;
begin
    for i in -1..months_ahead loop
        month_start := (date_trunc('month', now() at time zone 'UTC') + make_interval(months => i))::date;
        part_name := format('%s_%s', parent_name, to_char(month_start, 'YYYYMM'));
        if to_regclass(format('parts.%I', part_name)) is null then
            -- Attached, not created as a partition: that would lock the parent against every reader.
            execute format('create table parts.%I (like %s including defaults including constraints)', part_name, parent);
            execute format('alter table parts.%I enable row level security', part_name);
            execute format('alter table parts.%I force row level security', part_name);
            execute format(
                'alter table %s attach partition parts.%I for values from (%L) to (%L)',
                parent, part_name, month_start::text || ' 00:00+00', (month_start + interval '1 month')::date::text || ' 00:00+00'
            );
            made := made + 1;
        end if;
    end loop;
    return made;
end
$$;
comment on function private.make_partitions(regclass, integer) is
'Makes the monthly partitions of a table from last month to so many months ahead; returns how many were new. Idempotent; gives up after 2 s of waiting for a lock and is run again the next day.';

alter table parts.interview_messages_default enable row level security;
alter table parts.interview_messages_default force row level security;
alter table parts.messages_default enable row level security;
alter table parts.messages_default force row level security;
select private.make_partitions('public.interview_messages', 3);
select private.make_partitions('public.messages', 3);

-- source: sql/30_rules/42_ring.sql sha256:ad4f3a058f869b6a5a0e78692be8cbbd0bf8f27d6d12154d6bcea2f8fab07461
create or replace function private.ring(function_name text) returns void
language plpgsql security definer set search_path = ''
as $$
declare
    base text := private.setting('functions_url') #>> '{}';
begin
    -- SECURITY: a ring carries no content and no secret, since net's tables are readable by every role. A forged one finds nothing to do.
    if base is not null then
        perform net.http_post(
            url => base || '/' || function_name,
            body => '{}'::jsonb,
            timeout_milliseconds => private.setting_int('ring_timeout_ms')
        );
    end if;
end
$$;
comment on function private.ring(text) is 'Wakes a function to look at its queue, after commit and at best effort. A lost ring costs latency, never work: the sweep rings again.';

-- source: sql/30_rules/43_function_of.sql sha256:abaeab9ae4ded3af6ddd4b02dcbba4ed16600f851647e924f2d379791976b1a3
create or replace function private.function_of(queue text) returns text
language sql immutable set search_path = ''
as $$
    select case function_of.queue when 'high_priority' then 'agent_turn' when 'default' then 'deliver' when 'low_priority' then 'report' end;
$$;
comment on function private.function_of(text) is 'The function that drains a queue.';

-- source: sql/30_rules/44_task_message.sql sha256:8a55bcffe8e6e86b6f76acf5b0b8cf44ebeb05b5ac67a809e96a0f388aa237b2
create or replace function private.task_message(task text, id uuid, client_id uuid, attempt integer) returns jsonb
language sql immutable set search_path = ''
as $$
    select jsonb_build_object('task', task_message.task, 'id', task_message.id, 'client_id', task_message.client_id, 'attempt', task_message.attempt);
$$;
comment on function private.task_message(text, uuid, uuid, integer) is 'A task as pgmq carries it: the name of the work, never its content.';

-- source: sql/30_rules/45_retry_delay_s.sql sha256:6d54d5b6297ffbcb02c67e109821fc43938cefc50ea353e1d9fbd12f71a55a19
create or replace function private.retry_delay_s(attempts integer) returns integer
language sql stable set search_path = ''
as $$
    -- null after the last attempt.
    select case when retry_delay_s.attempts < private.setting_int('max_attempts')
        then coalesce((private.setting('retry_after_s') ->> (retry_delay_s.attempts - 1))::integer, (private.setting('retry_after_s') ->> -1)::integer)
    end;
$$;
comment on function private.retry_delay_s(integer) is 'Seconds to the next attempt after so many were made; null when there is none left.';

-- source: sql/30_rules/46_bury.sql sha256:5c6eaa3695356a684633fc7bef31351d95734b2e933627eb715bf5c4fb22b6ee
create or replace function private.bury(queue text, task text, task_row_id uuid, client_id uuid, msg_id bigint, error jsonb, attempts integer) returns uuid
language plpgsql security definer set search_path = ''
as $$
declare
    failed_id uuid;
begin
    insert into public.failed_tasks (client_id, queue, task, task_row_id, payload, error, attempts)
    values (
        bury.client_id, bury.queue, bury.task, bury.task_row_id,
        private.task_message(bury.task, bury.task_row_id, bury.client_id, bury.attempts), bury.error, bury.attempts
    )
    returning id into failed_id;
    perform pgmq.send('failed_tasks', jsonb_build_object('id', failed_id, 'client_id', bury.client_id), 0);
    if bury.msg_id is not null then
        perform pgmq.delete(bury.queue, bury.msg_id);
    end if;
    return failed_id;
end
$$;
comment on function private.bury(text, text, uuid, uuid, bigint, jsonb, integer) is
'Ends a task for good: a row in failed_tasks, its id on the queue of that name, the task gone from its own queue.';

-- source: sql/30_rules/50_render_template.sql sha256:5db15ca84ad337b3f5923d17c7acca47e54095a98a373386f9267337bfa6713e
create or replace function private.render_template(body text, parameters text[]) returns text
language plpgsql immutable set search_path = ''
as $$
declare
    result text := body;
begin
    for i in 1..coalesce(cardinality(parameters), 0) loop
        result := replace(result, '{{' || i || '}}', parameters[i]);
    end loop;
    return result;
end
$$;
comment on function private.render_template(text, text[]) is 'A template''s body with its parameters put in.';

-- source: sql/30_rules/51_template_content.sql sha256:dda28b26695bb001605e8321f984df125f80c66bc6bc14352e330b032c924128
create or replace function private.template_content(
    template public.message_templates, lead_name text, company_name text, project_name text, notification_text text
) returns jsonb
language plpgsql immutable set search_path = ''
as $$
declare
    vals text[] := '{}';
    source text;
begin
    foreach source in array template.parameters loop
        -- A template parameter may be neither empty nor hold line breaks (WhatsApp Cloud API, error 132000/132018).
        vals := vals || coalesce(nullif(btrim(regexp_replace(case source
            when 'lead.name' then lead_name
            when 'lead.first_name' then private.first_name(lead_name)
            when 'client.company_name' then company_name
            when 'project.name' then project_name
            when 'notification.text' then notification_text
        end, '\s+', ' ', 'g')), ''), 'tudo bem');
    end loop;
    return jsonb_build_object(
        'type', 'template', 'name', template.name, 'language', template.language,
        'parameters', to_jsonb(vals), 'text', private.render_template(template.body, vals)
    );
end
$$;
comment on function private.template_content(public.message_templates, text, text, text, text) is
'A delivery''s content made of a template: {"type", "name", "language", "parameters", "text"}.';

-- source: sql/30_rules/52_template_for.sql sha256:82e898bc220007f7b3ed0d02c8028295d55d5eca6d5937fefcb93ada1dfe9424
create or replace function private.template_for(client_id uuid, channel_account_id uuid, purpose public.template_purpose, name text)
returns public.message_templates
language sql stable security definer set search_path = ''
as $$
    select t
    from public.message_templates as t
    where t.client_id = template_for.client_id
        and (t.channel_account_id is null or t.channel_account_id = template_for.channel_account_id)
        and t.status = 'approved'
        and (t.name = template_for.name or (template_for.name is null and t.purpose = template_for.purpose))
    order by t.channel_account_id is null, t.created_at, t.id
    limit 1;
$$;
comment on function private.template_for(uuid, uuid, public.template_purpose, text) is
'The approved template to use on an account: the one of that name, or without a name the oldest of that purpose. A row of nulls if there is none.';

-- source: sql/30_rules/53_account_for.sql sha256:70cc4c6c6e60273fa57289232209decca525919f252d7bd895f6a51301ee1a0e
create or replace function private.account_for(client_id uuid, channel_account_id uuid) returns uuid
language sql stable security definer set search_path = ''
as $$
    select a.id
    from public.channel_accounts as a
    where a.client_id = account_for.client_id and a.channel = 'whatsapp'
        and (a.id = account_for.channel_account_id or account_for.channel_account_id is null) and a.status = 'active'
    order by a.created_at, a.id
    limit 1;
$$;
comment on function private.account_for(uuid, uuid) is 'The WhatsApp account to write from: the one given, or the client''s oldest; active ones only. null if there is none.';

-- source: sql/30_rules/54_delivery_refusal.sql sha256:ff65adb7c2f19295cf1777bf334b3c79bf8f6c60b490f1762c08556c2ca274f8
create or replace function private.delivery_refusal(kind public.delivery_kind, content jsonb, lead public.leads, last_inbound_at timestamptz) returns text
language sql stable set search_path = ''
as $$
    select case
        when (lead).status = 'blocked' then 'the lead is blocked'
        when (lead).opted_out_at is not null and delivery_refusal.kind <> 'goodbye' then 'the lead opted out'
        when (lead).status = 'inactive' and delivery_refusal.kind = 'invitation' then 'the lead is inactive'
        when delivery_refusal.content ->> 'type' = 'text'
            and coalesce(last_inbound_at < now() - interval '24 hours', true) then 'free text is outside WhatsApp''s 24-hour window'
    end;
$$;
comment on function private.delivery_refusal(public.delivery_kind, jsonb, public.leads, timestamptz) is
'Why something may not be sent to a lead; null if it may. Asked when a delivery is made and again when it is claimed.';

-- source: sql/30_rules/55_delivery_rank.sql sha256:d759db7444e1efebb3770125d5b548d552b20990bf7762725b6cf6e2e57a1953
create or replace function private.delivery_rank(status public.delivery_status) returns integer
language sql immutable set search_path = ''
as $$
    -- failed stands below delivered: a provider that reports both did deliver.
    select case delivery_rank.status
        when 'read' then 5 when 'delivered' then 4 when 'failed' then 3 when 'sent' then 2 when 'sending' then 1 when 'unknown' then 1 else 0
    end;
$$;
comment on function private.delivery_rank(public.delivery_status) is 'How far a delivery has come. It only ever moves up, so statuses may arrive in any order and any number of times.';

-- source: sql/30_rules/56_lead_of_sender.sql sha256:dd83f3c9d17811644bb3680d3306c7754f3c80079257aef2ccea7b9092b8ebf8
create or replace function private.lead_of_sender(client_id uuid, sender jsonb) returns uuid
language sql stable security definer set search_path = ''
as $$
    select i.lead_id
    from public.lead_identities as i
    join (values
        (1, 'bsuid', sender ->> 'bsuid'), (2, 'wa_id', sender ->> 'wa_id'), (3, 'phone', private.phone_key(sender ->> 'wa_id'))
    ) as s (priority, kind, value) on i.kind = s.kind::public.identity_kind and i.value = s.value
    where i.client_id = lead_of_sender.client_id
    order by s.priority
    limit 1;
$$;
comment on function private.lead_of_sender(uuid, jsonb) is 'The lead that a sender {"wa_id", "bsuid"} is known to be; null for a stranger.';

-- source: sql/30_rules/57_meet_sender.sql sha256:9f327468918636ee131bed4c3b7ce100927e48e397f95c0b72f0cced1ef43f2f
create or replace function private.meet_sender(client_id uuid, sender jsonb) returns uuid
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
    known uuid := private.lead_of_sender(meet_sender.client_id, sender);
    number text := private.normalize_phone('+' || (sender ->> 'wa_id'));
begin
    if known is null and coalesce(sender ->> 'wa_id', sender ->> 'bsuid') is null then
        return null;
    end if;
    if known is null then
        insert into public.leads as l (client_id, phone, name, metadata)
        values (meet_sender.client_id, number, left(coalesce(sender ->> 'name', sender ->> 'username'), 200), '{"source": "inbound"}')
        on conflict on constraint a_phone_is_once_a_lead_of_a_client do update set updated_at = now()
        returning l.id into known;
    end if;
    insert into public.lead_identities (client_id, lead_id, kind, value)
    select meet_sender.client_id, known, s.kind::public.identity_kind, s.value
    from (values ('bsuid', sender ->> 'bsuid'), ('wa_id', sender ->> 'wa_id')) as s (kind, value)
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

-- source: sql/30_rules/59_add_member.sql sha256:4fc62e1ed93232967490abc25f116344a14166377fc11ec55f91c07d3fdf855b
create or replace function private.add_member(client_id uuid, email text, role public.member_role) returns public.client_members
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
    address text := lower(btrim(add_member.email));
    member public.client_members;
    -- SECURITY: an address counts once its owner confirmed it, here as in private.profile_of_user.
    person uuid := (select u.id from auth.users as u where lower(u.email) = address and u.email_confirmed_at is not null);
begin
    -- One change of a client's people at a time, or two of its owners could each take the other's place away.
    perform from public.clients as c where c.id = add_member.client_id for no key update;
    insert into public.client_members as m (client_id, email, role, profile_id, status, invited_by)
    values (
        add_member.client_id, address, add_member.role, person, case when person is null then 'invited' else 'active' end::public.member_status,
        private.current_profile_id()
    )
    on conflict (client_id, email) do update
    set role = excluded.role,
        profile_id = coalesce(excluded.profile_id, m.profile_id),
        status = case when m.status = 'active' then m.status else excluded.status end
    returning * into member;
    if member.role <> 'owner' and not exists (
        select from public.client_members as m where m.client_id = add_member.client_id and m.role = 'owner' and m.status <> 'removed'
    ) then
        raise exception 'a client keeps at least one owner' using errcode = '22023';
    end if;
    return member;
end
$$;
comment on function private.add_member(uuid, text, public.member_role) is
'Invites an e-mail address to a client; active at once where somebody has confirmed that address already. A removed member is invited anew. Idempotent.';

-- source: sql/30_rules/60_audience.sql sha256:c9bb58947976360bf7170c20142d301cfb85de35105b9fe9ae35d1655e7cbe97
create or replace function private.audience(project_id uuid)
returns table (lead_id uuid, left_out text)
language sql stable security definer set search_path = ''
as $$
    select l.id, case
        when l.opted_out_at is not null then 'opted_out'
        when l.status = 'blocked' then 'blocked'
        when l.status = 'inactive' then 'inactive'
        when l.phone is null and not exists (
            select from public.lead_identities as i
            where i.client_id = l.client_id and i.lead_id = l.id and i.kind in ('wa_id', 'bsuid')
        ) then 'no_number'
        when exists (select from public.interviews as i where i.project_id = p.id and i.lead_id = l.id) then 'already_interviewed'
    end
    from public.projects as p
    cross join lateral (
        select
            coalesce(p.config -> 'audience', '{"all": true}') as wanted,
            array(
                select (x.id)::uuid
                from jsonb_array_elements_text(case jsonb_typeof(p.config #> '{audience,lead_ids}') when 'array' then p.config #> '{audience,lead_ids}' else '[]' end) as x (id)
            ) as ids
    ) as a
    join public.leads as l on l.client_id = p.client_id
    where p.id = audience.project_id
        and (
            a.wanted -> 'all' = 'true'
            or l.id = any (a.ids)
            or l.metadata @> (a.wanted -> 'metadata')
        );
$$;
comment on function private.audience(uuid) is
'The leads a project is for, each with why it is left out (null: it is interviewed). Without projects.config.audience: all leads of the client.';

-- source: sql/30_rules/61_add_interviews.sql sha256:e2e1a4668c17679c52a7502434737085e184a5f3944fe9a036fc0f8b12a09435
create or replace function private.add_interviews(project_id uuid) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
    added integer;
begin
    insert into public.interviews (client_id, lead_id, project_id)
    select p.client_id, a.lead_id, p.id
    from public.projects as p
    cross join private.audience(p.id) as a
    where p.id = add_interviews.project_id and a.left_out is null and p.config ? 'questionnaire'
    order by a.lead_id
    on conflict on constraint a_lead_is_interviewed_once_per_project do nothing;
    get diagnostics added = row_count;
    return added;
end
$$;
comment on function private.add_interviews(uuid) is
'Makes the interviews of a project''s audience, each once. Idempotent. Returns how many were new. A project without a questionnaire has none.';

-- source: sql/30_rules/62_invite.sql sha256:4335074208e09a023d03c9ad5bf566641303b4d798ff2495cc8a3858e6d0aae4
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

    -- Lock order: interviews, then threads. A lead whose thread has a live interview waits for it to end.
    ids := array(
        select i.id
        from public.interviews as i
        where i.project_id = project.id and i.status = 'pending' and i.invited_at is null
            and not exists (
                select from private.threads as t
                where t.lead_id = i.lead_id and t.channel_account_id = project.channel_account_id and t.interview_id is not null
            )
        order by i.created_at, i.id
        limit invite.max
        for update of i skip locked
    );
    insert into private.threads (client_id, lead_id, channel_account_id)
    select i.client_id, i.lead_id, project.channel_account_id
    from public.interviews as i
    where i.id = any (ids)
    order by i.lead_id
    on conflict on constraint a_lead_has_one_thread_per_account do nothing;
    -- A thread somebody holds is left for the next time: this never waits, so it may be called under other locks.
    thread_ids := array(
        select t.id
        from private.threads as t
        join public.interviews as i on i.lead_id = t.lead_id and t.channel_account_id = project.channel_account_id
        where i.id = any (ids)
        for update of t skip locked
    );

    with
    chosen as materialized (
        select i.id as interview_id, t.id as thread_id, t.last_seq + 1 as seq, i.lead_id, gen_random_uuid() as message_id, gen_random_uuid() as delivery_id,
            private.template_content(template, l.name, company, project.name, null) as content,
            private.delivery_refusal('invitation', '{"type": "template"}', l, null) as refusal
        from public.interviews as i
        join private.threads as t on t.lead_id = i.lead_id and t.channel_account_id = project.channel_account_id
        join public.leads as l on l.id = i.lead_id
        where i.id = any (ids) and t.id = any (thread_ids) and t.interview_id is null
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
        set interview_id = c.interview_id, conversation_id = null, last_seq = c.seq
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
    set invited_at = now(), thread_id = c.thread_id
    from chosen as c
    where i.id = c.interview_id and c.refusal is null;
    get diagnostics invited = row_count;
    return invited;
end
$$;
comment on function private.invite(uuid, integer) is
'Makes the next invitations of an active project, at most max: takes each lead''s thread for the interview, writes the message and its delivery. Returns how many were made. Idempotent: an interview is invited once.';

-- source: sql/30_rules/63_admit_deliveries.sql sha256:af98cdafc25a0f3723d1d99ff0d2827dde814c28269d27bbafb366d75fb3a570
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
            and d.status in ('queued', 'deferred') and d.task_id is null and d.due_at <= now()
            -- A lead gets messages in order: the next is let go when the one before was accepted, or will never be.
            and not exists (
                select from public.deliveries as e
                where e.thread_id = d.thread_id and e.seq < d.seq and e.status in ('queued', 'deferred', 'sending', 'unknown')
            )
        order by d.due_at, d.seq, d.id
        limit greatest(free, 0)
        for update of d skip locked
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
    set task_id = u.msg_id, status = 'queued', reason = null
    from unnest(ids, msg_ids) as u (id, msg_id)
    where d.id = u.id;
    return cardinality(ids);
end
$$;
comment on function private.admit_deliveries(uuid, text) is
'Puts a client''s waiting deliveries into a queue, as far as its share (admitted_tasks) goes. Returns how many. Work waits in rows so that one client cannot stand before another''s reply.';

-- source: sql/30_rules/64_admit_reports.sql sha256:00d45a97084bf492da8582ffe9929852492f91114428c30b5427eb50b3db890e
create or replace function private.admit_reports(client_id uuid) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
    free integer;
    ids uuid[];
    msg_ids bigint[];
begin
    select private.setting_int('admitted_tasks') - count(*) into free
    from public.reports as r
    where r.client_id = admit_reports.client_id and r.task_id is not null;
    ids := array(
        select r.id
        from public.reports as r
        where r.client_id = admit_reports.client_id and r.stale and r.task_id is null and r.due_at <= now() and r.status <> 'failed'
        order by r.due_at, r.id
        limit greatest(free, 0)
        for update of r skip locked
    );
    if cardinality(ids) = 0 then
        return 0;
    end if;
    msg_ids := array(
        select s.id
        from pgmq.send_batch('low_priority', array(
            select private.task_message('report', u.id, admit_reports.client_id, 1) from unnest(ids) with ordinality as u (id, ord) order by u.ord
        ), 0) as s (id)
    );
    update public.reports as r
    set task_id = u.msg_id
    from unnest(ids, msg_ids) as u (id, msg_id)
    where r.id = u.id;
    return cardinality(ids);
end
$$;
comment on function private.admit_reports(uuid) is 'Puts a client''s stale reports that are due into low_priority, as far as its share goes. Returns how many.';

-- source: sql/30_rules/64_clients_to_invite.sql sha256:d8a45bd5c916718653de59253856d1ebbf3da59bbf6caf01e9c2715f9bdd9a4e
create or replace function private.clients_to_invite() returns setof uuid
language sql stable security definer set search_path = ''
as $$
    select distinct p.client_id
    from public.projects as p
    -- One look into the index for each running project: as a semi-join it would be a scan of all interviews.
    cross join lateral (
        select i.id
        from public.interviews as i
        where i.project_id = p.id and i.status = 'pending' and i.invited_at is null
        order by i.created_at, i.id
        limit 1
    ) as waiting
    where p.status = 'active'
    order by p.client_id;
$$;
comment on function private.clients_to_invite() is 'The clients with somebody to invite: what private.invite_next is called for. Read-only.';

-- source: sql/30_rules/65_invite_next.sql sha256:7b060a25f3cdf1c24081555efde054421d5682ec145d87733f83b893b7e76983
create or replace function private.invite_next(client_id uuid) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
    project_id uuid;
    free integer;
    invited integer := 0;
begin
    -- One transaction at a time invites for a client; another that comes meanwhile has nothing to add.
    if not pg_try_advisory_xact_lock(hashtextextended('invite_next ' || invite_next.client_id, 0)) then
        return 0;
    end if;
    select private.setting_int('admitted_tasks') - count(*) into free
    from public.deliveries as d
    left join public.interviews as i on i.id = d.interview_id
    left join public.projects as p on p.id = i.project_id
    where d.client_id = invite_next.client_id and d.queue = 'default' and d.status in ('queued', 'deferred', 'sending')
        -- What waits for a paused project takes no room from the others.
        and coalesce(p.status, 'active') = 'active';
    for project_id in
        select p.id from public.projects as p
        where p.client_id = invite_next.client_id and p.status = 'active'
        order by p.created_at, p.id
    loop
        exit when free - invited <= 0;
        begin
            invited := invited + private.invite(project_id, free - invited);
        exception
            when deadlock_detected or lock_not_available or query_canceled then
                raise;
            when others then
                -- The sweep and every claim come by here: one project that cannot invite must not stop the others.
                raise warning 'project % cannot invite: %', project_id, sqlerrm;
        end;
    end loop;
    perform private.admit_deliveries(invite_next.client_id, 'default');
    return invited;
end
$$;
comment on function private.invite_next(uuid) is
'Makes and admits a client''s next invitations, as many as its share of the queue has room for. Called when a project starts, when deliveries finish, and by the sweep.';

-- source: sql/30_rules/66_delivery_task.sql sha256:602eceba15d9cd53a68fdc4828d24a39b123edc3586f603e094004205c362301
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
                'phone', coalesce(l.phone, p.phone), 'wa_id', t.address ->> 'wa_id', 'bsuid', t.address ->> 'bsuid', 'email', coalesce(l.email, p.email)
            )
        )
    )
    from (select 1) as one
    left join public.leads as l on l.id = delivery.lead_id
    left join public.profiles as p on p.id = delivery.profile_id
    left join private.threads as t on t.id = delivery.thread_id;
$$;
comment on function private.delivery_task(public.deliveries) is 'A claimed delivery as the functions get it: {"task": "delivery", "claim", "attempt", "work": {"to", "content", "channel_account_id", …}, …}.';

-- source: sql/30_rules/67_end_delivery.sql sha256:93a9f0bcb10e4e1765dd70ec5a12d83406f04bc57eb5f6cf8ae4d57cf59d64fb
create or replace function private.end_delivery(delivery_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
    d public.deliveries;
begin
    select * into strict d from public.deliveries as x where x.id = end_delivery.delivery_id;
    if d.task_id is not null then
        perform pgmq.delete(d.queue, d.task_id);
        update public.deliveries as x set task_id = null where x.id = d.id;
    end if;
    update public.failed_tasks as f
    set status = 'resolved', resolved_at = now()
    where f.task_row_id = d.id and f.status = 'replayed' and d.status in ('sent', 'delivered', 'read');
end
$$;
comment on function private.end_delivery(uuid) is 'Takes the task of a delivery that needs no more sending out of its queue.';

-- source: sql/30_rules/68_retry_delivery.sql sha256:94788bb219c2b5399e86e59cd2b7f1bbd500b4eb31b1353d7595bf3cdcb31f1d
create or replace function private.retry_delivery(delivery_id uuid, error jsonb, retryable boolean) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    d public.deliveries;
    wait_s integer;
begin
    select * into strict d from public.deliveries as x where x.id = retry_delivery.delivery_id;
    wait_s := case when retryable then private.retry_delay_s(d.attempts) end;
    if wait_s is not null then
        update public.deliveries as x
        set status = 'queued', claim = null, error = retry_delivery.error, due_at = clock_timestamp() + make_interval(secs => wait_s)
        where x.id = d.id;
        perform pgmq.set_vt(d.queue, d.task_id, wait_s);
        return jsonb_build_object('outcome', 'retry', 'retry_in_ms', wait_s * 1000);
    end if;
    perform private.bury(d.queue, 'delivery', d.id, d.client_id, d.task_id, retry_delivery.error, d.attempts);
    update public.deliveries as x
    set status = 'failed', claim = null, error = retry_delivery.error, task_id = null, reason = retry_delivery.error ->> 'message'
    where x.id = d.id;
    return jsonb_build_object('outcome', 'dead', 'retry_in_ms', null);
end
$$;
comment on function private.retry_delivery(uuid, jsonb, boolean) is
'After a failed attempt at a delivery: again after 1, 5, 25 seconds, or, when that was the last one or the error is permanent, failed and a dead letter.';

-- source: sql/30_rules/69_grant_delivery.sql sha256:6f0d9461bd19eb5351d905ab6a9d1632345dcbaecf6cacc9c5f868492e539f1d
create or replace function private.grant_delivery(delivery_id uuid, visibility_s integer) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    d public.deliveries;
begin
    update public.deliveries as x
    set status = 'sending', claim = gen_random_uuid(), attempts = x.attempts + 1, due_at = clock_timestamp() + make_interval(secs => visibility_s),
        -- A task that hides for as long as the claim lasts: whoever dies with the claim is noticed when it shows again.
        task_id = coalesce(x.task_id, (
            select s.id from pgmq.send(x.queue, private.task_message('delivery', x.id, x.client_id, x.attempts + 1), visibility_s) as s (id)
        ))
    where x.id = grant_delivery.delivery_id
    returning * into d;
    return private.delivery_task(d);
end
$$;
comment on function private.grant_delivery(uuid, integer) is 'Claims a delivery for the caller for so many seconds; returns its task. The caller holds its row''s lock.';

-- source: sql/30_rules/70_begin_deliveries.sql sha256:9c29ee4701b326779027c977bcd9a8a73fd518b03001319ce6a15000dd38c73c
create or replace function private.begin_deliveries(tasks jsonb, visibility_s integer) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    task record;
    d public.deliveries;
    refusal text;
    paused boolean;
    granted jsonb := '[]';
begin
    for task in
        select (x ->> 'id')::uuid as id, (x ->> 'msg_id')::bigint as msg_id, x ->> 'queue' as queue
        from jsonb_array_elements(tasks) as x
        order by 1
    loop
        select * into d from public.deliveries as x where x.id = task.id for update skip locked;
        if not found then
            -- Locked by whoever is finishing it, or deleted: look again in a second.
            if exists (select from public.deliveries as x where x.id = task.id) then
                perform pgmq.set_vt(task.queue, task.msg_id, 1);
            else
                perform pgmq.delete(task.queue, task.msg_id);
            end if;
            continue;
        end if;
        if d.task_id is distinct from task.msg_id or d.status not in ('queued', 'deferred', 'sending', 'unknown') then
            perform pgmq.delete(task.queue, task.msg_id);
            if d.task_id = task.msg_id then
                update public.deliveries as x set task_id = null where x.id = d.id;
            end if;
            continue;
        end if;
        if d.due_at > clock_timestamp() + interval '500 milliseconds' then
            -- Claimed by another instance, or put off.
            perform pgmq.set_vt(task.queue, task.msg_id, ceil(extract(epoch from d.due_at - clock_timestamp()))::integer);
            continue;
        end if;
        if d.status = 'sending' then
            -- Its instance died between the claim and the result. The message may have left: wait for the provider's word.
            update public.deliveries as x
            set status = 'unknown', due_at = clock_timestamp() + make_interval(secs => private.setting_int('unknown_grace_s'))
            where x.id = d.id;
            perform pgmq.set_vt(task.queue, task.msg_id, private.setting_int('unknown_grace_s'));
            continue;
        end if;
        if d.attempts >= private.setting_int('max_attempts') then
            perform private.retry_delivery(d.id, coalesce(d.error, '{"code": "no_result", "message": "no attempt came back with a result"}'), false);
            continue;
        end if;
        select
            coalesce(
                private.delivery_refusal(d.kind, d.content, l, t.last_inbound_at),
                case when d.kind = 'invitation' and i.end_reason is not null then 'the interview has ended' end
            ),
            d.kind = 'invitation' and p.status <> 'active'
        into refusal, paused
        from public.leads as l
        left join private.threads as t on t.id = d.thread_id
        left join public.interviews as i on i.id = d.interview_id
        left join public.projects as p on p.id = i.project_id
        where l.id = d.lead_id;
        if refusal is null and paused then
            update public.deliveries as x
            set status = 'deferred', reason = 'the project is paused', task_id = null, due_at = clock_timestamp() + interval '1 minute'
            where x.id = d.id;
            perform pgmq.delete(task.queue, task.msg_id);
            continue;
        end if;
        if refusal is not null then
            update public.deliveries as x set status = 'cancelled', reason = refusal where x.id = d.id;
            perform private.end_delivery(d.id);
            continue;
        end if;
        perform pgmq.set_vt(task.queue, task.msg_id, visibility_s);
        granted := granted || private.grant_delivery(d.id, visibility_s);
    end loop;
    return granted;
end
$$;
comment on function private.begin_deliveries(jsonb, integer) is
'Claims the deliveries of tasks just read: sorts out what is done, busy, not allowed any more or exhausted, and returns the rest as tasks. Never waits for a lock.';

-- source: sql/30_rules/71_release_next.sql sha256:c3febf9e2dfbd30e34e9de1b6bf6aa2815cde76ac4e3b8668731f989a2627c81
create or replace function private.release_next(thread_id uuid, visibility_s integer) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    d public.deliveries;
    refusal text;
begin
    loop
        select * into d
        from public.deliveries as x
        where x.thread_id = release_next.thread_id and x.status in ('queued', 'deferred', 'sending', 'unknown')
        order by x.seq
        limit 1
        for update;
        if not found or d.task_id is not null or d.status not in ('queued', 'deferred') or d.due_at > clock_timestamp() or d.queue <> 'high_priority' then
            return null;
        end if;
        select private.delivery_refusal(d.kind, d.content, l, t.last_inbound_at) into refusal
        from public.leads as l
        join private.threads as t on t.id = d.thread_id
        where l.id = d.lead_id;
        if refusal is null then
            return private.grant_delivery(d.id, visibility_s);
        end if;
        update public.deliveries as x set status = 'cancelled', reason = refusal where x.id = d.id;
    end loop;
end
$$;
comment on function private.release_next(uuid, integer) is
'Claims the next reply that waits in a thread, if its turn has come; returns its task or null. The caller holds the thread''s lock. Invitations are left to admission.';

-- source: sql/30_rules/72_queue_turn.sql sha256:63b55c65d31b90d352ad2bcc684a305dfdb8f817fa10bbd75f935d5a5dcb90ab
create or replace function private.queue_turn(thread_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
begin
    update private.threads as t
    set task_id = (select s.id from pgmq.send('high_priority', private.task_message('agent_turn', t.id, t.client_id, 1), 0) as s (id)),
        attempts = 0, due_at = coalesce(t.not_before, clock_timestamp())
    where t.id = queue_turn.thread_id and t.task_id is null and t.inbound_seq > t.handled_seq;
end
$$;
comment on function private.queue_turn(uuid) is 'Queues a turn of a thread that has unhandled input, unless one is queued. Idempotent.';

-- source: sql/30_rules/73_turn_work.sql sha256:dcfcd6953dc1d2700a09c01a3c4cdfb85cc444e5ba5a5d3741b0c8e10e4e769c
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
        'reruns', t.reruns
    )
    from private.threads as t
    join public.leads as l on l.id = t.lead_id
    join public.clients as c on c.id = t.client_id
    join public.interviews as i on i.id = t.interview_id
    join public.projects as p on p.id = i.project_id
    left join public.renus_config as r on r.id = p.renus_config_id
    cross join lateral (select private.answers_of(i.id) as known) as a
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
        select coalesce(jsonb_agg(jsonb_build_object('id', m.id, 'seq', m.seq, 'type', coalesce(m.metadata ->> 'type', 'text'), 'content', m.content) order by m.seq), '[]') as items
        from public.interview_messages as m
        where m.interview_id = i.id and m.role = 'user' and m.seq > t.handled_seq and m.seq <= t.lease_seq and m."timestamp" >= i.created_at
    ) as n
    where t.id = turn_work.thread_id;
$$;
comment on function private.turn_work(uuid) is
'Everything a turn of a thread needs: lead, project, agent, questions with their state, history and the unhandled input up to the lease''s sequence number. null when no interview is live.';

-- source: sql/30_rules/74_turn_task.sql sha256:5efd95ffc7b50cfa1b06f2022b4f6ce8049d01965e44094a532278a80ae5142d
create or replace function private.turn_task(thread private.threads, wait_ms integer) returns jsonb
language sql stable security definer set search_path = ''
as $$
    select jsonb_build_object(
        'task', 'agent_turn', 'queue', 'high_priority', 'msg_id', thread.task_id, 'id', thread.id, 'client_id', thread.client_id,
        'attempt', thread.attempts, 'claim', thread.lease, 'wait_ms', turn_task.wait_ms,
        'work', case when turn_task.wait_ms = 0 then private.turn_work(thread.id) end
    );
$$;
comment on function private.turn_task(private.threads, integer) is 'A thread''s turn as the functions get it; without work while its debounce still runs (wait_ms > 0).';

-- source: sql/30_rules/75_drop_turn.sql sha256:16ba89e2f8909c112fbbd02f5cd0081e60146a975e940b5a69190211406dd6c3
create or replace function private.drop_turn(thread_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
begin
    perform pgmq.delete('high_priority', t.task_id) from private.threads as t where t.id = drop_turn.thread_id and t.task_id is not null;
    update private.threads as t
    set handled_seq = t.inbound_seq, task_id = null, lease = null, lease_until = null, lease_seq = null, due_at = null,
        not_before = null, waiting_since = null, attempts = 0, reruns = 0
    where t.id = drop_turn.thread_id;
end
$$;
comment on function private.drop_turn(uuid) is 'Ends what a thread had waiting without an answer: there is no live interview any more, or the lead is blocked.';

-- source: sql/30_rules/76_retry_turn.sql sha256:d48e9cb9c60b358885c56718f61ec61a58e600e0e7c75c2e506eb623f2ee37c5
create or replace function private.retry_turn(thread_id uuid, error jsonb, retryable boolean, status public.turn_status) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    t private.threads;
    wait_s integer;
begin
    select * into strict t from private.threads as x where x.id = retry_turn.thread_id;
    if t.lease is not null then
        insert into public.turns (id, client_id, thread_id, interview_id, status, from_seq, to_seq, attempt, reruns, error, started_at)
        values (t.lease, t.client_id, t.id, t.interview_id, retry_turn.status, t.handled_seq, t.lease_seq, t.attempts, t.reruns, retry_turn.error, t.lease_began_at)
        on conflict (id) do nothing;
    end if;
    wait_s := case when retryable then private.retry_delay_s(t.attempts) end;
    if wait_s is not null then
        update private.threads as x
        set lease = null, lease_until = null, due_at = clock_timestamp() + make_interval(secs => wait_s)
        where x.id = t.id;
        perform pgmq.set_vt('high_priority', t.task_id, wait_s);
        return jsonb_build_object('outcome', 'retry', 'retry_in_ms', wait_s * 1000);
    end if;
    -- The input stays unhandled: the lead's next message, or a replay, has it answered after all.
    perform private.bury('high_priority', 'agent_turn', t.id, t.client_id, t.task_id, retry_turn.error, t.attempts);
    update private.threads as x
    set lease = null, lease_until = null, task_id = null, due_at = null, attempts = 0
    where x.id = t.id;
    return jsonb_build_object('outcome', 'dead', 'retry_in_ms', null);
end
$$;
comment on function private.retry_turn(uuid, jsonb, boolean, public.turn_status) is
'After a failed turn: again after 1, 5, 25 seconds, or, when that was the last attempt or the error is permanent, a dead letter. The attempt is kept in turns.';

-- source: sql/30_rules/77_begin_turns.sql sha256:3839279e857dbd0e41575a4be4177a1a11e7cf00127ad15ed6f6d4d92a20c2d5
create or replace function private.begin_turns(tasks jsonb, visibility_s integer) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    task record;
    t private.threads;
    right_now timestamptz := clock_timestamp();
    granted jsonb := '[]';
begin
    for task in
        select (x ->> 'id')::uuid as id, (x ->> 'msg_id')::bigint as msg_id
        from jsonb_array_elements(tasks) as x
        order by 1
    loop
        -- Never waits: claim-then-wait here against lock-then-delete in a commit would deadlock.
        select * into t from private.threads as x where x.id = task.id for update skip locked;
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
        if t.task_id is distinct from task.msg_id then
            perform pgmq.delete('high_priority', task.msg_id);
            continue;
        end if;
        if t.inbound_seq <= t.handled_seq or t.interview_id is null then
            perform private.drop_turn(t.id);
            continue;
        end if;
        if t.lease_until > right_now then
            perform pgmq.set_vt('high_priority', task.msg_id, ceil(extract(epoch from t.lease_until - right_now))::integer);
            continue;
        end if;
        if t.lease is not null then
            -- Its instance died. That was an attempt.
            insert into public.turns (id, client_id, thread_id, interview_id, status, from_seq, to_seq, attempt, reruns, started_at)
            values (t.lease, t.client_id, t.id, t.interview_id, 'crashed', t.handled_seq, t.lease_seq, t.attempts, t.reruns, t.lease_began_at)
            on conflict (id) do nothing;
        end if;
        if t.attempts >= private.setting_int('max_attempts') then
            perform private.retry_turn(t.id, '{"code": "no_result", "message": "no attempt came back with a result"}', false, 'crashed');
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
    return granted;
end
$$;
comment on function private.begin_turns(jsonb, integer) is
'Leases the threads of tasks just read: one live lease per thread, fencing token = claim. Sorts out what is done, busy or exhausted; says how long a debounce still runs. Never waits for a lock.';

-- source: sql/30_rules/78_read_queue.sql sha256:4dc11e37245b4c0dc3595d05fa02170f91f3b80a1673a175066b8a73791042c3
create or replace function private.read_queue(queue text, max integer, visibility_s integer) returns jsonb
language sql volatile security definer set search_path = ''
as $$
    select coalesce(jsonb_agg(r.message || jsonb_build_object('msg_id', r.msg_id, 'queue', read_queue.queue)), '[]')
    from pgmq.read(read_queue.queue, read_queue.visibility_s, read_queue.max) as r;
$$;
comment on function private.read_queue(text, integer, integer) is 'Reads a queue''s messages as tasks that know their queue and msg_id.';

-- source: sql/30_rules/79_lock_threads.sql sha256:a8673da8aac99786da691e2e0fe1a5acc734505bf0be1824bf7158eca575c374
create or replace function private.lock_threads(thread_ids uuid[]) returns void
language plpgsql security definer set search_path = ''
as $$
begin
    -- LOCK ORDER, here and everywhere: webhook_events (by provider id) → interviews (by id) → threads (by id) → leads →
    -- deliveries → messages (insert only) → pgmq rows → pg_net. A tenant's PATCH of an interview has the interview first, so must we.
    perform from public.interviews as i
    where i.id in (select t.interview_id from private.threads as t where t.id = any (thread_ids))
    order by i.id
    for no key update;
    perform from private.threads as t where t.id = any (thread_ids) order by t.id for update;
end
$$;
comment on function private.lock_threads(uuid[]) is 'Locks threads and their live interviews in the order that cannot deadlock.';

-- source: sql/30_rules/80_end_interview.sql sha256:e1aa0e2bc29184a049ddb8e369b5d348e4b6cd660ec7fc0984dd35b4aa61208e
create or replace function private.end_interview(interview_id uuid, reason public.end_reason) returns void
language sql security definer set search_path = ''
as $$
    update public.interviews as i
    set status = case end_interview.reason when 'completed' then 'completed' else 'cancelled' end::public.interview_status,
        end_reason = end_interview.reason,
        started_at = coalesce(i.started_at, case end_interview.reason when 'completed' then now() end),
        completed_at = case end_interview.reason when 'completed' then clock_timestamp() end,
        current_question = null
    where i.id = end_interview.interview_id and i.status in ('pending', 'in_progress');
$$;
comment on function private.end_interview(uuid, public.end_reason) is 'Ends an interview that runs; another is left alone. Its trigger frees the thread and queues what follows.';

-- source: sql/30_rules/81_store_answer.sql sha256:21da7875bf6bdaa9ef7c8be166e1519f04edf9d563a99fcdb5095eacc6f4c6ec
create or replace function private.store_answer(interview public.interviews, question jsonb, proposed jsonb, known jsonb) returns text
language plpgsql security definer set search_path = ''
as $$
declare
    k text := question ->> 'key';
    earlier jsonb := known -> k;
    answer record;
begin
    select * into answer from private.read_answer(question, proposed -> 'value');
    -- What is settled stays settled unless something better comes.
    if answer.problem is not null and earlier ->> 'status' in ('answered', 'refused') then
        return null;
    end if;
    -- What a probe brings is added to what was said before it.
    if answer.value is not null and question ->> 'type' = 'text' and earlier ->> 'status' = 'answered' and interview.current_question = k then
        answer.value := to_jsonb((earlier ->> 'value') || E'\n' || (answer.value #>> '{}'));
    end if;
    insert into public.interview_answers as a (client_id, interview_id, question_key, status, value, quote, message_seq, tries)
    values (
        interview.client_id, interview.id, k,
        case when answer.value is not null then 'answered' else 'invalid' end::public.answer_status,
        answer.value, left(proposed ->> 'quote', 10000), (proposed ->> 'seq')::bigint, 1
    )
    on conflict on constraint a_question_is_answered_once_per_interview do update
    set status = case
            when excluded.status = 'invalid' and a.tries + 1 >= private.setting_int('max_tries') then 'refused'
            else excluded.status
        end,
        value = excluded.value,
        quote = case when a.status = 'answered' and excluded.quote is not null then concat_ws(E'\n', a.quote, excluded.quote) else excluded.quote end,
        message_seq = excluded.message_seq, tries = a.tries + 1;
    return answer.problem;
end
$$;
comment on function private.store_answer(public.interviews, jsonb, jsonb, jsonb) is
'Stores one proposed answer if it is one. Returns the sentence for the lead why it is none, or null. After max_tries that are none the question counts as refused. A later valid answer replaces an earlier one.';

-- source: sql/30_rules/82_apply_proposal.sql sha256:afbe2590825d4fbfd23032947ecae896188321d9e07ed20fd282ac15e20ab453
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
        reply := 'Tudo bem, você não vai mais receber mensagens nossas. Obrigado e até logo!';
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

-- source: sql/30_rules/83_commit_turn.sql sha256:d64a4687362d1baa8d749fa2847f3d79ef310149eace3f8a184e263b727b95e5
create or replace function private.commit_turn(result jsonb, visibility_s integer) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    t private.threads;
    interview public.interviews;
    lead public.leads;
    spoken record;
    partial boolean;
    refusal text;
    new_message_id uuid := gen_random_uuid();
    new_delivery_id uuid := gen_random_uuid();
    verdict jsonb := jsonb_build_object('thread_id', result -> 'thread_id', 'lease', result -> 'lease', 'task', null, 'delivery', null);
begin
    select * into t from private.threads as x where x.id = (result ->> 'thread_id')::uuid;
    -- The late-comer first. The token decides, never the clock.
    if not found or t.lease is null or t.lease is distinct from (result ->> 'lease')::uuid then
        return verdict || '{"verdict": "stale"}';
    end if;
    if t.interview_id is null then
        perform private.drop_turn(t.id);
        return verdict || '{"verdict": "stale"}';
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
    select * into strict lead from public.leads as l where l.id = t.lead_id;
    refusal := private.delivery_refusal(spoken.kind, '{"type": "text"}', lead, t.last_inbound_at);
    insert into public.deliveries (id, client_id, lead_id, thread_id, interview_id, channel_account_id, kind, content, message_id, status, reason, queue, seq)
    values (
        new_delivery_id, t.client_id, t.lead_id, t.id, interview.id, t.channel_account_id, spoken.kind,
        jsonb_build_object('type', 'text', 'text', spoken.reply), new_message_id,
        case when refusal is null then 'queued' else 'cancelled' end::public.delivery_status, refusal, 'high_priority', t.last_seq + 1
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
'Commits one turn under its interview''s and thread''s locks: answers, interview, reply, delivery, task and lease in one transaction. A stale lease writes nothing; newer input makes it superseded (same lease, run again) a bounded number of times, then it answers anyway and a further turn follows.';

-- source: sql/30_rules/84_message_metadata.sql sha256:763a55cf8f2c512afb67652e638e7c3eb79355955b31b63a96168f3de40aa030
create or replace function private.message_metadata(event jsonb) returns jsonb
language sql immutable set search_path = ''
as $$
    select jsonb_strip_nulls(jsonb_build_object(
        'type', event #> '{message,type}', 'provider_id', event -> 'provider_id', 'payload', event #> '{message,payload}', 'reply_to', event #> '{message,reply_to}'
    ));
$$;
comment on function private.message_metadata(jsonb) is 'What an inbound message''s metadata keeps of its event.';

-- source: sql/30_rules/85_needs_answer.sql sha256:aed39f01975ff8c9dbbf91f0916a9b048ad69a9b6dd50650b643d418ee081478
create or replace function private.needs_answer(metadata jsonb, content text) returns boolean
language sql immutable set search_path = ''
as $$
    -- A change of number, a message taken back, a reaction removed: stored, and not a word to reply to.
    select not (
        coalesce(needs_answer.metadata ->> 'type', 'text') in ('system', 'revoke')
        or (needs_answer.metadata ->> 'type' = 'reaction' and needs_answer.content = '')
    );
$$;
comment on function private.needs_answer(jsonb, text) is 'Whether an inbound message is something a person would expect a reply to.';

-- source: sql/30_rules/86_apply_status.sql sha256:2cfe97964012641a0ca03644c97e82b837d082ac4a2e5490a9315236e2a63c29
create or replace function private.apply_status(delivery_id uuid, status jsonb, occurred_at timestamptz) returns void
language plpgsql security definer set search_path = ''
as $$
declare
    d public.deliveries;
    news public.delivery_status := case status ->> 'status'
        when 'sent' then 'sent' when 'delivered' then 'delivered' when 'read' then 'read' when 'played' then 'read' when 'failed' then 'failed'
    end;
begin
    select * into d from public.deliveries as x where x.id = apply_status.delivery_id for update;
    if news is null or d.status = 'cancelled' then
        return;
    end if;
    update public.deliveries as x
    set status = case when private.delivery_rank(news) > private.delivery_rank(x.status) then news else x.status end,
        error = case when news = 'failed' and private.delivery_rank(news) > private.delivery_rank(x.status) then apply_status.status -> 'error' else x.error end,
        reason = case when news = 'failed' and private.delivery_rank(news) > private.delivery_rank(x.status) then apply_status.status #>> '{error,message}' else x.reason end,
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
end
$$;
comment on function private.apply_status(uuid, jsonb, timestamptz) is 'Moves a delivery forward by what the provider says of it, never backward.';

-- source: sql/30_rules/87_ingest_messages.sql sha256:1d861160025f70d559003b8ca7acf19288adaf08c9c1502a5ba7b5564f6f3d5f
create or replace function private.ingest_messages(items jsonb) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
    stored integer;
    more integer;
begin
    -- items: [{"ord", "thread_id", "lead_id", "client_id", "event"}], their threads locked by the caller.
    insert into public.consents (client_id, lead_id, granted, legal_basis, evidence)
    select distinct on (x.lead_id) x.client_id, x.lead_id, false, 'consent'::public.legal_basis,
        jsonb_build_object('source', 'message', 'text', x.event #>> '{message,text}', 'provider_id', x.event ->> 'provider_id')
    from jsonb_to_recordset(items) as x (ord bigint, thread_id uuid, lead_id uuid, client_id uuid, event jsonb)
    join public.leads as l on l.id = x.lead_id
    where private.is_opt_out(x.event #>> '{message,text}') and l.opted_out_at is null
    order by x.lead_id, x.ord;

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

    update private.threads as t
    set address = a.address
    from (
        select distinct on (x.thread_id) x.thread_id, jsonb_build_object('wa_id', x.event #> '{sender,wa_id}', 'bsuid', x.event #> '{sender,bsuid}') as address
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

    with said as (
        insert into public.messages (conversation_id, role, content, channel, metadata, client_id, seq, provider_timestamp)
        select t.conversation_id, 'user', coalesce(x.event #>> '{message,text}', ''), 'whatsapp', private.message_metadata(x.event), t.client_id,
            t.last_seq + row_number() over (partition by t.id order by x.ord), (x.event ->> 'occurred_at')::timestamptz
        from jsonb_to_recordset(items) as x (ord bigint, thread_id uuid, event jsonb)
        join private.threads as t on t.id = x.thread_id
        where t.interview_id is null and t.conversation_id is not null
        order by x.ord
        returning client_id, conversation_id, seq
    )
    update private.threads as t
    set last_seq = s.newest, inbound_seq = s.newest, handled_seq = s.newest, last_inbound_at = clock_timestamp()
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
    return stored + more;
end
$$;
comment on function private.ingest_messages(jsonb) is
'Stores inbound messages in order on their threads: in the live interview, or else in the lead''s open conversation. Opt-out words reach the consent ledger before anything is answered. The caller holds the threads'' locks.';

-- source: sql/30_rules/89_answered.sql sha256:6f0442de4b91cb753cc3bde0312cd7242a11cd13715720bd4addf606040e31a7
create or replace function private.answered(project_id uuid, question_key text)
returns setof public.interview_answers
language sql stable security definer set search_path = ''
as $$
    select a.*
    from public.interviews as i
    join public.interview_answers as a on a.client_id = i.client_id and a.interview_id = i.id
    where i.project_id = answered.project_id and a.question_key = answered.question_key and a.status = 'answered';
$$;
comment on function private.answered(uuid, text) is 'The answers to one question over a whole project.';

-- source: sql/30_rules/90_question_statistics.sql sha256:034db193027a8d48cd4ee3a09c7403f001f0e0ad1502eb1aa6b6af9d58a0fb31
create or replace function private.question_statistics(project_id uuid, question jsonb) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
    k text := question ->> 'key';
    kind text := question ->> 'type';
    result jsonb;
    answered integer;
begin
    select jsonb_build_object(
        'key', k, 'text', question ->> 'text', 'type', kind,
        'answered', count(*) filter (where a.status = 'answered'), 'refused', count(*) filter (where a.status = 'refused'), 'skipped', count(*) filter (where a.status = 'skipped')
    ), count(*) filter (where a.status = 'answered')
    into result, answered
    from public.interviews as i
    join public.interview_answers as a on a.client_id = i.client_id and a.interview_id = i.id and a.question_key = k
    where i.project_id = question_statistics.project_id;

    if kind in ('number', 'scale') then
        result := result || (
            select jsonb_build_object(
                'mean', round(avg(v.n), 2), 'median', percentile_cont(0.5) within group (order by v.n), 'min', min(v.n), 'max', max(v.n),
                'distribution', coalesce((
                    select jsonb_agg(jsonb_build_object('value', d.n, 'count', d.times) order by d.n)
                    from (
                        select (a.value)::numeric as n, count(*) as times
                        from private.answered(question_statistics.project_id, k) as a
                        where jsonb_typeof(a.value) = 'number'
                        group by 1
                    ) as d
                ), '[]')
            ) || case when (question ->> 'nps')::boolean and count(*) > 0 then jsonb_build_object('nps', jsonb_build_object(
                'promoters', count(*) filter (where v.n >= 9), 'passives', count(*) filter (where v.n >= 7 and v.n < 9), 'detractors', count(*) filter (where v.n < 7),
                'score', round(100.0 * (count(*) filter (where v.n >= 9) - count(*) filter (where v.n < 7)) / count(*))
            )) else '{}' end
            from (
                select (a.value)::numeric as n
                from private.answered(question_statistics.project_id, k) as a
                -- The question may have been of another type when it was answered.
                where jsonb_typeof(a.value) = 'number'
            ) as v
        );
    elsif kind in ('yes_no', 'choice') then
        result := result || jsonb_build_object('distribution', (
            select jsonb_agg(jsonb_build_object(
                'value', o.v, 'count', coalesce(d.times, 0), 'percent', case when answered = 0 then 0 else round(100.0 * coalesce(d.times, 0) / answered, 1) end
            ) order by o.ord)
            from jsonb_array_elements(case kind when 'choice' then question -> 'options' else '[true, false]' end) with ordinality as o (v, ord)
            left join (
                select a.value, count(*) as times
                from private.answered(question_statistics.project_id, k) as a
                group by a.value
            ) as d on d.value = o.v
        ));
    else
        result := result || jsonb_build_object('quotes', coalesce((
            select jsonb_agg(q.txt order by q.updated_at, q.id)
            from (
                select a.value #>> '{}' as txt, a.updated_at, a.id
                from private.answered(question_statistics.project_id, k) as a
                order by a.updated_at, a.id
                limit 50
            ) as q
        ), '[]'));
    end if;
    return result;
end
$$;
comment on function private.question_statistics(uuid, jsonb) is
'One question''s figures over a project: counts, and by type mean, median, distribution, NPS, or up to 50 answers in words.';

-- source: sql/30_rules/91_project_statistics.sql sha256:dcbd52cac29a5555b647af0e8743526fea6f24b534c940a19c1a3ebbecdb532c
create or replace function private.project_statistics(project_id uuid) returns jsonb
language sql stable security definer set search_path = ''
as $$
    select jsonb_build_object(
        'invited', f.invited, 'started', f.started, 'completed', f.completed, 'opted_out', f.opted_out, 'cancelled', f.cancelled,
        'in_progress', f.in_progress, 'unanswered', f.unanswered,
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
            count(*) filter (where i.status = 'cancelled' and i.end_reason <> 'opted_out') as cancelled,
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
'A project''s figures: how many were invited, started, completed, opted out, cancelled, are in progress or have not answered, the rates in percent, and each question''s figures.';

-- source: sql/30_rules/92_interview_statistics.sql sha256:22cf8904e260c98404e7e5ecf173e36be49b76d1e04bda919e89f41bea2000bd
create or replace function private.interview_statistics(interview_id uuid) returns jsonb
language sql stable security definer set search_path = ''
as $$
    select jsonb_build_object(
        'lead_name', l.name, 'status', i.status, 'end_reason', i.end_reason, 'started_at', i.started_at, 'completed_at', i.completed_at,
        'minutes', round((extract(epoch from i.completed_at - i.started_at) / 60)::numeric, 1),
        'messages', (select count(*) from public.interview_messages as m where m.interview_id = i.id and m."timestamp" >= i.created_at),
        'answers', coalesce((
            select jsonb_agg(jsonb_build_object(
                'key', s.key, 'text', s.question ->> 'text', 'type', s.question ->> 'type', 'status', s.status, 'value', a.value, 'quote', a.quote
            ) order by s.ord)
            from private.interview_state(p.config #> '{questionnaire,questions}', private.answers_of(i.id)) as s
            left join public.interview_answers as a on a.interview_id = i.id and a.question_key = s.key
        ), '[]')
    )
    from public.interviews as i
    join public.leads as l on l.id = i.lead_id
    join public.projects as p on p.id = i.project_id
    where i.id = interview_statistics.interview_id;
$$;
comment on function private.interview_statistics(uuid) is 'One interview''s figures and answers.';

-- source: sql/30_rules/93_begin_reports.sql sha256:c8ac3734340aa775146fcc4f9849000d1051bd21277e1ea6a88281ec7733d35e
create or replace function private.begin_reports(tasks jsonb, visibility_s integer) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    task record;
    r public.reports;
    figures jsonb;
    granted jsonb := '[]';
begin
    for task in
        select (x ->> 'id')::uuid as id, (x ->> 'msg_id')::bigint as msg_id, x ->> 'queue' as queue
        from jsonb_array_elements(tasks) as x
        order by 1
    loop
        select * into r from public.reports as x where x.id = task.id for update skip locked;
        if not found then
            if exists (select from public.reports as x where x.id = task.id) then
                perform pgmq.set_vt(task.queue, task.msg_id, 1);
            else
                perform pgmq.delete(task.queue, task.msg_id);
            end if;
            continue;
        end if;
        if r.task_id is distinct from task.msg_id then
            perform pgmq.delete(task.queue, task.msg_id);
            continue;
        end if;
        if r.due_at > clock_timestamp() + interval '500 milliseconds' then
            perform pgmq.set_vt(task.queue, task.msg_id, ceil(extract(epoch from r.due_at - clock_timestamp()))::integer);
            continue;
        end if;
        if r.attempts >= private.setting_int('max_attempts') then
            perform private.retry_report(r.id, coalesce(r.error, '{"code": "no_result", "message": "no attempt came back with a result"}'), false);
            continue;
        end if;
        perform pgmq.set_vt(task.queue, task.msg_id, visibility_s);
        begin
            figures := case r.kind when 'project' then private.project_statistics(r.project_id) else private.interview_statistics(r.interview_id) end;
        exception
            when deadlock_detected or lock_not_available or query_canceled then
                raise;
            when others then
                -- Every claim comes by here: one project's figures must not stop the others' reports.
                update public.reports as x set attempts = x.attempts + 1 where x.id = r.id;
                perform private.retry_report(r.id, jsonb_build_object('code', sqlstate, 'message', sqlerrm), true);
                continue;
        end;
        -- What changes from here on makes it stale again.
        update public.reports as x
        set status = 'writing', stale = false, statistics = figures, claim = gen_random_uuid(), attempts = x.attempts + 1,
            due_at = clock_timestamp() + make_interval(secs => visibility_s)
        where x.id = r.id
        returning * into r;
        granted := granted || (
            select jsonb_build_object(
                'task', 'report', 'queue', task.queue, 'msg_id', r.task_id, 'id', r.id, 'client_id', r.client_id, 'attempt', r.attempts, 'claim', r.claim, 'wait_ms', 0,
                'work', jsonb_build_object(
                    'report_id', r.id, 'kind', r.kind, 'company_name', c.company_name,
                    'project', jsonb_build_object('name', p.name, 'type', p.type, 'goal', p.config ->> 'goal'),
                    'statistics', figures, 'model', g.config ->> 'model'
                )
            )
            from public.projects as p
            join public.clients as c on c.id = p.client_id
            left join public.renus_config as g on g.id = p.renus_config_id
            where p.id = r.project_id
        );
    end loop;
    return granted;
end
$$;
comment on function private.begin_reports(jsonb, integer) is 'Claims the reports of tasks just read and computes their figures. Never waits for a lock.';

-- source: sql/30_rules/94_retry_report.sql sha256:93dae59331bdc1828594c5c25d9a96c9205ca32d7464009c2a887bf84688f3ea
create or replace function private.retry_report(report_id uuid, error jsonb, retryable boolean) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    r public.reports;
    wait_s integer;
begin
    select * into strict r from public.reports as x where x.id = retry_report.report_id;
    wait_s := case when retryable then private.retry_delay_s(r.attempts) end;
    if wait_s is not null then
        update public.reports as x
        set status = 'queued', stale = true, claim = null, error = retry_report.error, due_at = clock_timestamp() + make_interval(secs => wait_s)
        where x.id = r.id;
        perform pgmq.set_vt('low_priority', r.task_id, wait_s);
        return jsonb_build_object('outcome', 'retry', 'retry_in_ms', wait_s * 1000);
    end if;
    perform private.bury('low_priority', 'report', r.id, r.client_id, r.task_id, retry_report.error, r.attempts);
    update public.reports as x
    set status = 'failed', stale = true, claim = null, error = retry_report.error, task_id = null
    where x.id = r.id;
    return jsonb_build_object('outcome', 'dead', 'retry_in_ms', null);
end
$$;
comment on function private.retry_report(uuid, jsonb, boolean) is 'After a failed attempt at a report: again after 1, 5, 25 seconds, or failed and a dead letter.';

-- source: sql/30_rules/95_queue_report.sql sha256:3c7ece9a2713fe4a7e4e8bd23b53b7f22c530a8e1448ee59b25fd8c1bf0981c5
create or replace function private.queue_report(project_id uuid, interview_id uuid, right_now boolean) returns uuid
language plpgsql security definer set search_path = ''
as $$
declare
    report public.reports;
begin
    insert into public.reports as r (client_id, kind, project_id, interview_id)
    select p.client_id, case when queue_report.interview_id is null then 'project' else 'interview' end::public.report_kind, p.id, queue_report.interview_id
    from public.projects as p
    where p.id = queue_report.project_id
    on conflict on constraint one_report_per_interview_and_one_per_project do update
    set stale = true, error = null, attempts = case when r.task_id is null then 0 else r.attempts end,
        status = case when r.status = 'failed' then 'queued' else r.status end,
        due_at = case
            when r.task_id is not null then r.due_at
            when right_now or r.generated_at is null or r.interview_id is not null then now()
            else greatest(now(), r.generated_at + make_interval(secs => private.setting_int('project_report_every_s')))
        end
    returning r.* into report;
    perform private.admit_reports(report.client_id);
    return report.id;
end
$$;
comment on function private.queue_report(uuid, uuid, boolean) is
'Makes the report of a project (interview_id null) or interview stale and queues it; a project''s at most once in project_report_every_s, unless right_now. Returns its id. Idempotent. Locks the report''s row.';

-- source: sql/30_rules/96_notify.sql sha256:5147152cde10564e3c554af305a15b123e2cbd9527cd13b4d6d3312f4d386c1c
create or replace function private.notify(client_id uuid, event text, interview_id uuid, txt text) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
    told integer;
begin
    insert into public.notifications (client_id, profile_id, event, interview_id, text)
    select notify.client_id, m.profile_id, notify.event, notify.interview_id, notify.txt
    from public.client_members as m
    where m.client_id = notify.client_id and m.role = 'owner' and m.status = 'active'
    order by m.profile_id
    on conflict on constraint a_person_is_told_once do nothing;
    get diagnostics told = row_count;
    return told;
end
$$;
comment on function private.notify(uuid, text, uuid, text) is
'Writes down that a client''s owners are to be told of an event, each once. Only inserts, so that a commit that ends an interview waits for nobody; the sweep sends.';

-- source: sql/30_rules/97_send_notification.sql sha256:5d66b31419bf4ee42f58242ca2c2d380396870b754cdbcf4b85193e9ec7e6f9f
create or replace function private.send_notification(notification public.notifications) returns void
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
    person public.profiles;
    account_id uuid;
    template public.message_templates;
    company text;
    project public.projects;
    problem text;
    dialogue_id uuid;
    content jsonb;
    new_message_id uuid := gen_random_uuid();
    new_delivery_id uuid := gen_random_uuid();
begin
    select * into strict person from public.profiles as p where p.id = notification.profile_id;
    select p.* into project from public.projects as p join public.interviews as i on i.project_id = p.id where i.id = notification.interview_id;
    select c.company_name into company from public.clients as c where c.id = notification.client_id;
    account_id := private.account_for(notification.client_id, project.channel_account_id);
    template := private.template_for(notification.client_id, account_id, 'notification', null);
    problem := case
        when account_id is null then 'the client has no active WhatsApp account'
        when template.id is null then 'the client has no approved template for notifications'
        when person.phone is null then 'the person has no phone number'
    end;
    if problem is not null then
        update public.notifications as n set status = 'skipped', reason = problem where n.id = notification.id;
        return;
    end if;
    insert into public.conversations as c (client_id, profile_id, last_message_at)
    values (notification.client_id, person.id, now())
    on conflict (client_id, profile_id) where profile_id is not null do update set last_message_at = now()
    returning c.id into dialogue_id;
    content := private.template_content(template, person.full_name, company, project.name, notification.text);
    insert into public.messages (id, conversation_id, role, content, channel, metadata, client_id, seq)
    values (
        new_message_id, dialogue_id, 'assistant', content ->> 'text', 'whatsapp',
        jsonb_build_object('type', 'template', 'delivery_id', new_delivery_id, 'notification_id', notification.id), notification.client_id,
        coalesce((select max(m.seq) from public.messages as m where m.conversation_id = dialogue_id), 0) + 1
    );
    insert into public.deliveries (id, client_id, profile_id, channel_account_id, kind, content, message_id, queue)
    values (new_delivery_id, notification.client_id, person.id, account_id, 'notification', content, new_message_id, 'default');
    update public.notifications as n set delivery_id = new_delivery_id where n.id = notification.id;
end
$$;
comment on function private.send_notification(public.notifications) is
'Makes one notification''s message (in the person''s conversation) and delivery, or marks it skipped with the reason why the person cannot be reached.';

-- source: sql/30_rules/98_sweep.sql sha256:8b6f125345b4bbbccd02ddae9448a04d5c103f5d42a455e36b05e713f91bb04a
create or replace function private.sweep() returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    item record;
    note public.notifications;
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
    end loop;
    -- Notifications to send.
    for note in
        select * from public.notifications as n
        where n.status = 'queued' and n.delivery_id is null
        order by n.created_at
        limit 200
        for update skip locked
    loop
        perform private.send_notification(note);
    end loop;
    -- Invitations that have room, and whatever else waits for admission.
    for item in select c.client_id from private.clients_to_invite() as c (client_id) loop
        perform private.invite_next(item.client_id);
    end loop;
    for item in
        select distinct d.client_id, d.queue from public.deliveries as d
        where d.status in ('queued', 'deferred') and d.task_id is null and d.due_at <= now()
    loop
        perform private.admit_deliveries(item.client_id, item.queue);
    end loop;
    for item in
        select distinct r.client_id from public.reports as r where r.stale and r.task_id is null and r.due_at <= now() and r.status <> 'failed'
    loop
        perform private.admit_reports(item.client_id);
    end loop;
    -- Ring for every queue that has something due: new, put off, or held by somebody who died.
    if exists (select from private.threads as t where t.task_id is not null and t.due_at <= clock_timestamp())
        or exists (select from public.deliveries as d where d.queue = 'high_priority' and d.task_id is not null and d.due_at <= clock_timestamp()) then
        rung := rung || 'agent_turn'::text;
    end if;
    if exists (select from public.deliveries as d where d.queue = 'default' and d.task_id is not null and d.due_at <= clock_timestamp()) then
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

-- source: sql/30_rules/99_next_due_ms.sql sha256:0020357f62ff9e103edf96bfad88c04718c35325749f0cc6e96bd555b466c523
create or replace function private.next_due_ms(queues text[]) returns integer
language sql volatile security definer set search_path = ''
as $$
    -- What somebody holds is not waited for. At least 20 ms: a task locked this very moment must not make the caller spin.
    select greatest(20, ceil(extract(epoch from min(w.due_at) - clock_timestamp()) * 1000))::integer
    from (
        select min(t.due_at) from private.threads as t where t.task_id is not null and t.lease is null and 'high_priority' = any (queues)
        union all
        select min(d.due_at) from public.deliveries as d where d.task_id is not null and d.status <> 'sending' and d.queue = any (queues)
        union all
        select min(r.due_at) from public.reports as r where r.task_id is not null and r.status <> 'writing' and 'low_priority' = any (queues)
    ) as w (due_at)
    where w.due_at is not null
    having min(w.due_at) is not null;
$$;
comment on function private.next_due_ms(text[]) is 'Milliseconds until the next task of these queues that nobody holds is due; null if there is none.';

-- source: sql/40_triggers/10_touch.sql sha256:8e63785e35d9f83c5ca19619d328a1c3d88f974e8ecac35ac4529a91cb38272e
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
        'interviews', 'conversations', 'interview_answers', 'deliveries', 'notifications', 'reports'
    ] loop
        execute format('create or replace trigger _100_touch before update on public.%I for each row execute function private.touch()', t);
    end loop;
end
$$;

-- source: sql/40_triggers/20_profile_of_user.sql sha256:ed2797ed547a9700b3c219ed5254156d3254d18763a116e4e6ffad29201b893c
create or replace function private.profile_of_user() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    insert into public.profiles as p (id, email, full_name, phone)
    values (new.id, lower(new.email), nullif(btrim(new.raw_user_meta_data ->> 'full_name'), ''), private.normalize_phone(coalesce(new.phone, new.raw_user_meta_data ->> 'phone')))
    on conflict (id) do update set email = excluded.email;
    -- SECURITY: only an address that its owner confirmed opens a client's door.
    if new.email_confirmed_at is not null then
        update public.client_members as m
        set profile_id = new.id, status = 'active'
        where m.email = lower(new.email) and m.status = 'invited';
    end if;
    return new;
end
$$;
comment on function private.profile_of_user() is 'Trigger on auth.users: one profile for each user; invitations to its e-mail address are taken up once the address is confirmed.';

create or replace trigger _900_profile_of_user
after insert or update of email, email_confirmed_at on auth.users
for each row execute function private.profile_of_user();

-- source: sql/40_triggers/21_leave_clients.sql sha256:5ad91afbfc3cfb7db870b9800921aa575518754fd0f9e54c4f610e6af9434fdc
create or replace function private.leave_clients() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    update public.client_members as m set status = 'removed' where m.profile_id = old.id and m.status = 'active';
    return old;
end
$$;
comment on function private.leave_clients() is 'Trigger: whose account is deleted works nowhere any more. The membership stays, as removed, without the person.';

create or replace trigger _100_leave_clients before delete on public.profiles
for each row execute function private.leave_clients();

-- source: sql/40_triggers/22_owner_of_client.sql sha256:7ba442a9c19f27647c4f496227033950d43d8a3fbcc545d95398be4c392142f5
create or replace function private.owner_of_client() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    update public.clients as c
    set profile_id = (
        select m.profile_id from public.client_members as m
        where m.client_id = c.id and m.role = 'owner' and m.status = 'active'
        order by m.created_at, m.id
        limit 1
    )
    where c.id = coalesce(new.client_id, old.client_id);
    return null;
end
$$;
comment on function private.owner_of_client() is 'Trigger on client_members: clients.profile_id is the first active owner.';

create or replace trigger _500_owner_of_client
after insert or update of status, role, profile_id or delete on public.client_members
for each row execute function private.owner_of_client();

-- source: sql/40_triggers/24_guard_client.sql sha256:8cdc58f26e2c9085ba84ad0e3d5eb1b5570fb5d9e4652689486548cad32e69bd
create or replace function private.guard_client() returns trigger
language plpgsql set search_path = ''
as $$
begin
    -- SECURITY: RLS lets a client's people change their company's row; not what they pay for, nor whose it is.
    if current_user = 'authenticated' and not private.is_admin()
        and (new.plan, new.status, new.profile_id, new.is_house) is distinct from (old.plan, old.status, old.profile_id, old.is_house) then
        raise exception 'only an admin changes a client''s plan, status or owner' using errcode = '42501';
    end if;
    return new;
end
$$;
comment on function private.guard_client() is 'Trigger: tenants cannot change plan, status or ownership.';

create or replace trigger _100_guard_client before update on public.clients
for each row execute function private.guard_client();

-- source: sql/40_triggers/25_guard_profile.sql sha256:7d74c78be77c0aa5606e71a7d3a09451f738df76019edd5cbf31ba2df2989397
create or replace function private.guard_profile() returns trigger
language plpgsql set search_path = ''
as $$
begin
    -- SECURITY: nobody makes himself an admin.
    if current_user = 'authenticated' and not private.is_admin() and (new.role, new.email) is distinct from (old.role, old.email) then
        raise exception 'only an admin changes a person''s role; the e-mail address changes with the account' using errcode = '42501';
    end if;
    if new.phone is not null then
        new.phone := coalesce(private.normalize_phone(new.phone), new.phone);
    end if;
    return new;
end
$$;
comment on function private.guard_profile() is 'Trigger: people cannot change their own role; phones are normalised.';

create or replace trigger _100_guard_profile before update on public.profiles
for each row execute function private.guard_profile();

-- source: sql/40_triggers/26_same_client.sql sha256:cee031ac2a1d95ddbafdd54a546724e7705fdbdbb73f765f9329e5d7da72f2da
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
    foreach t in array array['client_members', 'leads', 'channel_accounts', 'message_templates', 'renus_config', 'projects', 'interviews', 'conversations'] loop
        execute format(
            'create or replace trigger _100_same_client before update of client_id on public.%I for each row when (new.client_id is distinct from old.client_id) execute function private.same_client()', t
        );
    end loop;
end
$$;

-- source: sql/40_triggers/30_normalize_lead.sql sha256:03c0a020950c4417428b9602b1a9d61d74e88da21fb8ba245b361758130eabfe
create or replace function private.normalize_lead() returns trigger
language plpgsql set search_path = ''
as $$
declare
    given text := new.phone;
begin
    if given is not null then
        new.phone := private.normalize_phone(given);
        if new.phone is null and btrim(given) <> '' then
            raise exception 'phone % cannot be a telephone number', quote_literal(given)
                using errcode = '22023', hint = 'Give the area code and number, e.g. (11) 98765-4321, or the international form, e.g. +5511987654321.';
        end if;
    end if;
    new.name := nullif(btrim(regexp_replace(new.name, '[[:cntrl:]]', ' ', 'g')), '');
    new.email := nullif(lower(btrim(new.email)), '');
    return new;
end
$$;
comment on function private.normalize_lead() is 'Trigger: phones to E.164, names and e-mail addresses trimmed.';

create or replace trigger _100_normalize_lead before insert or update of phone, name, email on public.leads
for each row execute function private.normalize_lead();

-- source: sql/40_triggers/32_record_lead.sql sha256:00ea1cf3f212409d06f125df6eff6221f648a9714bbac41998c1075d6289dc2b
create or replace function private.record_lead() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    -- Whoever has the old number now is somebody else.
    if tg_op = 'UPDATE' then
        delete from public.lead_identities as i
        using new_rows as n
        where i.client_id = n.client_id and i.lead_id = n.id and i.kind = 'phone' and i.value is distinct from private.phone_key(n.phone);
    end if;
    insert into public.lead_identities (client_id, lead_id, kind, value)
    select n.client_id, n.id, 'phone', private.phone_key(n.phone)
    from new_rows as n
    where n.phone is not null
    order by n.client_id, private.phone_key(n.phone)
    on conflict on constraint an_identity_is_one_lead_of_a_client do nothing;
    if tg_op = 'INSERT' then
        insert into public.consents (client_id, lead_id, granted, legal_basis, evidence)
        select n.client_id, n.id, true, n.consent_basis, jsonb_build_object('source', 'import', 'recorded_by', private.current_profile_id())
        from new_rows as n
        where n.consent_basis <> 'not_informed';
        perform private.add_interviews(p.id)
        from public.projects as p
        where p.client_id in (select n.client_id from new_rows as n) and p.status = 'active' and p.config #> '{audience,join_later}' = 'true';
    end if;
    return null;
end
$$;
comment on function private.record_lead() is 'Trigger: a new lead''s identity by phone, its consent basis in the ledger, and its place in running projects that take later leads.';

create or replace trigger _500_record_new_lead after insert on public.leads
referencing new table as new_rows
for each statement execute function private.record_lead();

create or replace trigger _500_record_changed_lead after update on public.leads
referencing new table as new_rows
for each statement execute function private.record_lead();

-- source: sql/40_triggers/34_apply_consent.sql sha256:70ce98312566d2bbe7b1e156c14369eced4ea42194e710d281c6ab4f055184b3
create or replace function private.apply_consent() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    -- The lead's own word is answered by a turn, whose goodbye ends the interview; who withdraws in another way ends it here.
    -- Lock order: interviews, threads (by their trigger), leads.
    if not new.granted and coalesce(new.evidence ->> 'source', '') not in ('message', 'agent') then
        perform private.end_interview(t.interview_id, 'opted_out')
        from private.threads as t
        where t.client_id = new.client_id and t.lead_id = new.lead_id and t.interview_id is not null;
    end if;
    update public.leads as l
    set opted_out_at = case when new.granted then null else coalesce(l.opted_out_at, new.created_at) end
    where l.id = new.lead_id and (l.opted_out_at is null) is distinct from new.granted;
    return null;
end
$$;
comment on function private.apply_consent() is 'Trigger: leads.opted_out_at follows the newest row of the consent ledger, and the live interviews of a lead that opted out end.';

create or replace trigger _500_apply_consent after insert on public.consents
for each row execute function private.apply_consent();

-- source: sql/40_triggers/35_keep_consents.sql sha256:40faa1e88ef7a69dcb91d0bd09968298d47d3da9755eb935e048e60050e6c2b9
create or replace function private.keep_consents() returns trigger
language plpgsql set search_path = ''
as $$
begin
    raise exception 'consents are append-only: add a row that withdraws or grants' using errcode = '42501';
end
$$;
comment on function private.keep_consents() is 'Trigger: the consent ledger is append-only.';

create or replace trigger _100_keep_consents before update on public.consents
for each row execute function private.keep_consents();

-- source: sql/40_triggers/36_keep_opted_out.sql sha256:735c53205b56afe2511719db532928df90d1200cb76bbb2167740996e17d0e3f
create or replace function private.keep_opted_out() returns trigger
language plpgsql set search_path = ''
as $$
begin
    raise exception 'a lead who opted out cannot be deleted: the next import would write to it again'
        using errcode = '42501', hint = 'Set its status to blocked, or remove its name and e-mail address.';
end
$$;
comment on function private.keep_opted_out() is 'Trigger: an opt-out is not forgotten by deleting the lead.';

create or replace trigger _100_keep_opted_out before delete on public.leads
for each row when (old.opted_out_at is not null) execute function private.keep_opted_out();

-- source: sql/40_triggers/40_check_project.sql sha256:47eb14b53cb88811d8fcf25517262ec391334c90330f3e238e5b65beeaa6fc0a
create or replace function private.check_project() returns trigger
language plpgsql set search_path = ''
as $$
declare
    problem text := private.project_config_problem(new.config);
begin
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
        if private.template_for(new.client_id, new.channel_account_id, 'invitation', new.config #>> '{invitation,template}') is null then
            raise exception 'there is no approved template%', coalesce(' named ' || (new.config #>> '{invitation,template}'), ' with purpose invitation')
                using errcode = '22023', hint = 'Add it to message_templates; it must be approved by the provider.';
        end if;
    end if;
    return new;
end
$$;
comment on function private.check_project() is 'Trigger: projects.config is checked when it is written, and a project starts, and runs on, only with what it needs.';

create or replace trigger _100_check_project before insert or update of config, status, type, channel_account_id on public.projects
for each row execute function private.check_project();

-- source: sql/40_triggers/42_start_project.sql sha256:4d471bf58540397ee37c1446020f4f7b5e12bae4a79c807068096b3b0fa1114b
create or replace function private.start_project() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    perform private.add_interviews(new.id);
    perform private.invite_next(new.client_id);
    perform private.ring('deliver');
    return null;
end
$$;
comment on function private.start_project() is 'Trigger: a project that becomes active gets the interviews of its audience, set-based and each once, and its first invitations; the sweep goes on with the rest.';

create or replace trigger _900_start_project_inserted after insert on public.projects
for each row when (new.status = 'active') execute function private.start_project();

create or replace trigger _900_start_project after update of status on public.projects
for each row when (new.status = 'active' and old.status <> 'active') execute function private.start_project();

-- source: sql/40_triggers/50_guard_interview.sql sha256:9e4df46d80db0f2c0d8d6d77d7a0469067a3fbff4ad67da29fb08fdcc588c25f
create or replace function private.guard_interview() returns trigger
language plpgsql set search_path = ''
as $$
begin
    if current_user = 'authenticated' and new.status is distinct from old.status then
        if new.status <> 'cancelled' or old.status not in ('pending', 'in_progress') then
            raise exception 'an interview can only be cancelled, and only while it runs' using errcode = '42501';
        end if;
        new.end_reason := 'cancelled';
        new.current_question := null;
    end if;
    return new;
end
$$;
comment on function private.guard_interview() is 'Trigger: people may cancel a running interview; everything else is the agent''s doing.';

create or replace trigger _100_guard_interview before update on public.interviews
for each row execute function private.guard_interview();

-- source: sql/40_triggers/52_end_of_interview.sql sha256:3f6fd2086ba4f15fbad87230db7a56f1b9d40b0fa26dd30f6622272db8ceea11
create or replace function private.end_of_interview() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    update private.threads as t set interview_id = null where t.id = new.thread_id and t.interview_id = new.id;
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
    return null;
end
$$;
comment on function private.end_of_interview() is
'Trigger: an interview that ended frees its thread for the next one; a completed one also queues its report and the client''s notification.';

create or replace trigger _900_end_of_interview after update of status on public.interviews
for each row when (new.status in ('completed', 'cancelled') and old.status in ('pending', 'in_progress')) execute function private.end_of_interview();

-- source: sql/40_triggers/54_start_of_interview.sql sha256:82e3ccc0e750e6302bfb9d5401aa1e6b738eeaf91120e226a48251ab1f769ada
create or replace function private.start_of_interview() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    insert into private.project_changes (project_id) values (new.project_id);
    return null;
end
$$;
comment on function private.start_of_interview() is 'Trigger: a lead''s first answer changes its project''s figures.';

create or replace trigger _900_start_of_interview after update of status on public.interviews
for each row when (new.status = 'in_progress' and old.status = 'pending') execute function private.start_of_interview();

-- source: sql/40_triggers/60_count_inbound.sql sha256:b54e295d971790e835ba7fffdd96e25a4b5ac8c54b29d4eac03a09f515ccb2d3
create or replace function private.count_inbound() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
    debounce interval := make_interval(secs => private.setting_int('debounce_ms') / 1000.0);
    longest interval := make_interval(secs => private.setting_int('debounce_max_ms') / 1000.0);
    right_now timestamptz := clock_timestamp();
    queued integer;
begin
    -- Lock order: threads by id; ingest holds these locks already.
    perform from private.threads as t
    where (t.client_id, t.interview_id) in (select n.client_id, n.interview_id from new_rows as n where n.role = 'user')
    order by t.id
    for update;
    update private.threads as t
    set last_seq = greatest(t.last_seq, n.newest), inbound_seq = greatest(t.inbound_seq, n.newest_to_answer), last_inbound_at = right_now,
        waiting_since = case when n.newest_to_answer is null then t.waiting_since else coalesce(t.waiting_since, right_now) end,
        not_before = case
            when n.newest_to_answer is null then t.not_before
            when n.must_not_wait then right_now
            else least(right_now + debounce, coalesce(t.waiting_since, right_now) + longest)
        end
    from (
        select m.client_id, m.interview_id, max(m.seq) as newest, max(m.seq) filter (where private.needs_answer(m.metadata, m.content)) as newest_to_answer,
            bool_or(private.is_opt_out(m.content)) as must_not_wait
        from new_rows as m
        where m.role = 'user'
        group by m.client_id, m.interview_id
    ) as n
    where t.client_id = n.client_id and t.interview_id = n.interview_id;
    with queued as (
        update private.threads as t
        set task_id = (select s.id from pgmq.send('high_priority', private.task_message('agent_turn', t.id, t.client_id, 1), 0) as s (id)),
            due_at = t.not_before, attempts = 0
        from public.leads as l
        where (t.client_id, t.interview_id) in (select n.client_id, n.interview_id from new_rows as n where n.role = 'user')
            and t.task_id is null and t.inbound_seq > t.handled_seq
            and l.id = t.lead_id and l.status <> 'blocked'
        returning 1
    )
    select count(*) into queued from queued;
    if queued > 0 then
        perform private.ring('agent_turn');
    end if;
    return null;
end
$$;
comment on function private.count_inbound() is
'Trigger: counts what leads said on their threads, starts the debounce, and queues one turn for each thread that has something to answer and none queued.';

create or replace trigger _900_count_inbound after insert on public.interview_messages
referencing new table as new_rows
for each statement execute function private.count_inbound();

-- source: sql/40_triggers/62_follow_delivery.sql sha256:67f098b5c2bae215e2c264076a457094e388f5d4d11eed9eefd19069b666e4f4
create or replace function private.follow_delivery() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    update public.notifications as n
    set status = case when new.status in ('sent', 'delivered', 'read') then 'sent' else 'failed' end::public.notification_status,
        reason = case when new.status in ('failed', 'cancelled') then coalesce(new.reason, new.error ->> 'message', 'the delivery failed') end
    where n.delivery_id = new.id;
    return null;
end
$$;
comment on function private.follow_delivery() is 'Trigger: a notification is sent or failed as its delivery is.';

create or replace trigger _900_follow_delivery after update of status on public.deliveries
for each row when (new.kind = 'notification' and new.status in ('sent', 'delivered', 'read', 'failed', 'cancelled') and old.status is distinct from new.status)
execute function private.follow_delivery();

-- source: sql/40_triggers/64_version_config.sql sha256:35fa66677478ef9c584914e9dc71efa0f95afa21b9cbb0df5c7933df3e777397
create or replace function private.version_config() returns trigger
language plpgsql set search_path = ''
as $$
begin
    new.version := old.version + 1;
    return new;
end
$$;
comment on function private.version_config() is 'Trigger: every change of an agent''s configuration is a new version, which turns record.';

create or replace trigger _500_version_config before update of agent_type, config, prompts on public.renus_config
for each row when ((new.agent_type, new.config, new.prompts) is distinct from (old.agent_type, old.config, old.prompts))
execute function private.version_config();

-- source: sql/50_queues/10_queues.sql sha256:1ab81ff56252c676c1894116f70b37d272dfdcb471861b9c892a5e7bb10d1688
-- pgmq.create is not idempotent in every version that hosted Supabase has had.
do $$
declare
    q text;
begin
    foreach q in array array['high_priority', 'default', 'low_priority', 'failed_tasks'] loop
        if to_regclass(format('pgmq.%I', 'q_' || q)) is null then
            perform pgmq.create(q);
        end if;
    end loop;
end
$$;

-- source: sql/60_rpc/public/create_client.sql sha256:8d1279d875bba7e0fbbb38b42a0fef648c4ed0875e9ab5f340b394642ddafa65
create or replace function public.create_client(company_name text, owner_email text, cnpj text default null, plan public.client_plan default 'basic')
returns public.clients
language plpgsql security definer set search_path = ''
as $$
declare
    made public.clients;
begin
    if not private.is_admin() then
        raise exception 'only an admin creates clients' using errcode = '42501';
    end if;
    select c.* into made
    from public.clients as c
    join public.client_members as m on m.client_id = c.id and m.role = 'owner' and m.email = lower(btrim(create_client.owner_email))
    where c.company_name = btrim(create_client.company_name);
    if found then
        return made;
    end if;
    insert into public.clients (company_name, cnpj, plan)
    values (btrim(create_client.company_name), upper(regexp_replace(create_client.cnpj, '[./\s-]', '', 'g')), create_client.plan)
    returning * into made;
    perform private.add_member(made.id, create_client.owner_email, 'owner');
    select c.* into made from public.clients as c where c.id = made.id;
    return made;
end
$$;
comment on function public.create_client(text, text, text, public.client_plan) is
'Admins: makes a client and invites its owner by e-mail address. Idempotent for the same company name and owner. Returns the clients row.';

-- source: sql/60_rpc/public/invite_member.sql sha256:84d4b18d093635b52ebc2408c447520b14a1beb35190e57853af929b00346749
create or replace function public.invite_member(client_id uuid, email text, role public.member_role default 'staff')
returns public.client_members
language plpgsql security definer set search_path = ''
as $$
begin
    if not invite_member.client_id in (select private.owned_client_ids()) then
        raise exception 'only an owner of the client, or an admin, invites people' using errcode = '42501';
    end if;
    return private.add_member(invite_member.client_id, invite_member.email, invite_member.role);
end
$$;
comment on function public.invite_member(uuid, text, public.member_role) is
'Owners and admins: invites a person by e-mail address; the membership becomes active when the person confirms that address. Idempotent.';

-- source: sql/60_rpc/public/preview_audience.sql sha256:eab44edd3f092c0d2cdc8605e069292cd0715fe039acf41c2c9b4e8f2d500986
create or replace function public.preview_audience(project_id uuid) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
    if not exists (select from public.projects as p where p.id = preview_audience.project_id and p.client_id in (select private.visible_client_ids())) then
        raise exception 'there is no such project' using errcode = 'PT404';
    end if;
    return (
        select jsonb_build_object(
            'count', coalesce(sum(a.leads) filter (where a.left_out is null), 0),
            'left_out', coalesce(jsonb_object_agg(a.left_out, a.leads) filter (where a.left_out is not null), '{}')
        )
        from (select b.left_out, count(*) as leads from private.audience(preview_audience.project_id) as b group by b.left_out) as a
    );
end
$$;
comment on function public.preview_audience(uuid) is
'How many leads a project would interview if it started now, and how many are left out, by reason: {"count", "left_out": {"opted_out": 2}}. Read-only.';

-- source: sql/60_rpc/public/queue_metrics.sql sha256:f26f7e31e5e12c34b9707bca4804195f19e9741368d5f9a167fff872e6165907
create or replace function public.queue_metrics() returns table (queue text, waiting bigint, queued bigint, oldest_seconds integer)
language sql stable security definer set search_path = ''
as $$
    -- Counted from the rows, not from pgmq: so a tenant sees its own work only.
    with
    mine as materialized (select private.visible_client_ids() as id),
    work as (
        select 'high_priority' as queue, t.task_id, t.due_at from private.threads as t
        where t.client_id in (select m.id from mine as m) and t.task_id is not null
        union all
        select d.queue, d.task_id, d.due_at from public.deliveries as d
        where d.client_id in (select m.id from mine as m) and d.status in ('queued', 'deferred', 'sending', 'unknown')
        union all
        select 'low_priority', r.task_id, r.due_at from public.reports as r
        where r.client_id in (select m.id from mine as m) and (r.task_id is not null or (r.stale and r.status <> 'failed'))
        union all
        select 'failed_tasks', 0, f.created_at from public.failed_tasks as f
        where f.client_id in (select m.id from mine as m) and f.status = 'dead'
    )
    select q.name, count(w.queue) filter (where w.task_id is null), count(w.task_id),
        greatest(0, extract(epoch from now() - min(w.due_at)))::integer
    from unnest(array['high_priority', 'default', 'low_priority', 'failed_tasks']) with ordinality as q (name, ord)
    left join work as w on w.queue = q.name
    group by q.name, q.ord
    order by q.ord;
$$;
comment on function public.queue_metrics() is
'The caller''s work by queue: waiting in rows, queued in pgmq, and for how many seconds the oldest has been due. Admins see everybody''s. Read-only.';

-- source: sql/60_rpc/public/remove_member.sql sha256:c919379dfd5218ba9ffd5758911e05b70721d8111f4bbf8411dd02fac9a6ee0e
create or replace function public.remove_member(member_id uuid) returns public.client_members
language plpgsql security definer set search_path = ''
as $$
declare
    member public.client_members;
begin
    -- One change of a client's people at a time, as in private.add_member.
    perform from public.clients as c
    where c.id = (select m.client_id from public.client_members as m where m.id = remove_member.member_id)
    for no key update;
    select m.* into member
    from public.client_members as m
    where m.id = remove_member.member_id and m.client_id in (select private.owned_client_ids())
    for update;
    if not found then
        raise exception 'there is no such member of a client you own' using errcode = 'PT404';
    end if;
    if member.role = 'owner' and member.status = 'active' and not exists (
        select from public.client_members as m
        where m.client_id = member.client_id and m.id <> member.id and m.role = 'owner' and m.status = 'active'
    ) then
        raise exception 'a client keeps at least one owner' using errcode = '22023';
    end if;
    update public.client_members as m set status = 'removed' where m.id = member.id returning * into member;
    return member;
end
$$;
comment on function public.remove_member(uuid) is 'Owners and admins: takes a person''s access to a client away, at once. The last owner cannot be removed. Idempotent.';

-- source: sql/60_rpc/public/replay_failed_task.sql sha256:66174715ac1ae255de72499b036e3fe4b623589a780fc17086f7417b6d267d43
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
        perform from private.threads as t where t.id = (select d.thread_id from public.deliveries as d where d.id = f.task_row_id) for update;
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
            set status = 'queued', attempts = 0, due_at = now(), reason = null
            where d.id = f.task_row_id and d.status = 'failed';
            perform private.admit_deliveries(f.client_id, d.queue) from public.deliveries as d where d.id = f.task_row_id;
        when 'report' then
            perform private.queue_report(r.project_id, r.interview_id, true) from public.reports as r where r.id = f.task_row_id;
    end case;
    update public.failed_tasks as x set status = 'replayed', replayed_at = now() where x.id = f.id returning x.* into f;
    perform private.ring(private.function_of(f.queue));
    return f;
end
$$;
comment on function public.replay_failed_task(uuid) is
'Puts a dead letter''s work back in its place, with all its attempts. A lead''s later messages are not overtaken: a turn always takes everything unhandled. Idempotent.';

-- source: sql/60_rpc/public/report_markdown.sql sha256:e91516f4fcfe499d33c10e99b90c576fe61fbde95bfa910c043e3a60e1174e1c
create or replace function public.report_markdown(report_id uuid) returns public."text/markdown"
language sql stable set search_path = ''
as $$
    select r.markdown::public."text/markdown" from public.reports as r where r.id = report_markdown.report_id;
$$;
comment on function public.report_markdown(uuid) is 'A report as a Markdown document (Accept: text/markdown), under the caller''s own rights.';

-- source: sql/60_rpc/public/request_report.sql sha256:83ccab4b31c6e93a0a81cb21388a2f7a55a6e3c5b94357dafd627adc97721221
create or replace function public.request_report(project_id uuid) returns public.reports
language plpgsql security definer set search_path = ''
as $$
declare
    queued_id uuid;
    report public.reports;
begin
    if not exists (select from public.projects as p where p.id = request_report.project_id and p.client_id in (select private.visible_client_ids())) then
        raise exception 'there is no such project' using errcode = 'PT404';
    end if;
    queued_id := private.queue_report(request_report.project_id, null, true);
    select r.* into report from public.reports as r where r.id = queued_id;
    perform private.ring('report');
    return report;
end
$$;
comment on function public.request_report(uuid) is 'Has a project''s report written now. Returns its row; read it again until status is ready and stale is false.';

-- source: sql/60_rpc/public/set_channel_credentials.sql sha256:5418c0488faba9c0f87cd9bb02483a7585e36fd1f73bd9c426140c1e78865587
create or replace function public.set_channel_credentials(channel_account_id uuid, ciphertext text, key_id text) returns void
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
begin
    if set_channel_credentials.ciphertext !~ '^[A-Za-z0-9+/]{38,}={0,2}$' then
        raise exception 'ciphertext must be base64 of what the function channel_credentials makes' using errcode = '22023';
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
end
$$;
comment on function public.set_channel_credentials(uuid, text, text) is
'Owners and admins, through the function channel_credentials: stores an account''s credentials, already encrypted. They cannot be read again through the API. Idempotent.';

-- source: sql/60_rpc/worker/begin_turns.sql sha256:d711906a898bdf71f4c844c4cfb2b9b88a2fec74e284943be19f193882867cf1
create or replace function worker.begin_turns(tasks jsonb, visibility_s integer) returns jsonb
language sql volatile security definer set search_path = ''
as $$
    select jsonb_build_object('tasks', private.begin_turns(begin_turns.tasks, begin_turns.visibility_s));
$$;
comment on function worker.begin_turns(jsonb, integer) is 'Asks again for claimed turns that were still inside their debounce: [{"id", "msg_id"}] → {"tasks"}, as claim_tasks returns them.';

-- source: sql/60_rpc/worker/channel_account.sql sha256:ab5cbc8ef26b3d8849ab05ffa2aaf95d0c044f4e6a1b27eb04d857e02746ab81
create or replace function worker.channel_account(channel_account_id uuid) returns jsonb
language sql stable security definer set search_path = ''
as $$
    select jsonb_build_object(
        'id', a.id, 'client_id', a.client_id, 'channel', a.channel, 'provider', a.provider, 'external_id', a.external_id, 'status', a.status, 'config', a.config,
        'credentials', case when s.ciphertext is not null then jsonb_build_object('ciphertext', s.ciphertext, 'key_id', s.key_id) end
    )
    from public.channel_accounts as a
    left join private.channel_credentials as s on s.channel_account_id = a.id
    where a.id = channel_account.channel_account_id;
$$;
comment on function worker.channel_account(uuid) is 'A channel account with its encrypted credentials; null if there is none of that id. Read-only.';

-- source: sql/60_rpc/worker/claim_tasks.sql sha256:cf81938dd5100b7a7305c4e35dbc80cb7d43766c7abdf558d813428935acab30
create or replace function worker.claim_tasks(queues text[], max integer, visibility_s integer) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    q text;
    room integer;
    messages jsonb := '[]';
    tasks jsonb;
    starving integer := case when cardinality(queues) > 1 and random() * 8 < max then greatest(max / 8, 1) else 0 end;
    client uuid;
begin
    if not queues <@ array['high_priority', 'default', 'low_priority'] then
        raise exception 'queues are high_priority, default and low_priority' using errcode = 'PT400';
    end if;
    -- pgmq.read is a statement of its own, before any lock: it never waits, and what it hides is claimed within this transaction.
    -- Strict order, but for one slot in eight, which takes the lowest queue first: it must not starve.
    if starving > 0 then
        messages := messages || private.read_queue(queues[cardinality(queues)], starving, visibility_s);
    end if;
    foreach q in array queues loop
        room := max - jsonb_array_length(messages);
        if room > 0 then
            messages := messages || private.read_queue(q, room, visibility_s);
        end if;
    end loop;
    -- Invitations are made when there is room for them: an instance that runs dry makes the next ones.
    if 'default' = any (queues) and jsonb_array_length(messages) < max then
        for client in select c.client_id from private.clients_to_invite() as c (client_id) loop
            if private.invite_next(client) > 0 and jsonb_array_length(messages) < max then
                messages := messages || private.read_queue('default', max - jsonb_array_length(messages), visibility_s);
            end if;
        end loop;
    end if;

    select private.begin_turns(coalesce(jsonb_agg(m.v) filter (where m.v ->> 'task' = 'agent_turn'), '[]'), visibility_s)
        || private.begin_deliveries(coalesce(jsonb_agg(m.v) filter (where m.v ->> 'task' = 'delivery'), '[]'), visibility_s)
        || private.begin_reports(coalesce(jsonb_agg(m.v) filter (where m.v ->> 'task' = 'report'), '[]'), visibility_s)
    into tasks
    from jsonb_array_elements(messages) as m (v);
    return jsonb_build_object('tasks', tasks, 'next_due_ms', private.next_due_ms(queues));
end
$$;
comment on function worker.claim_tasks(text[], integer, integer) is
'Claims up to max tasks for visibility_s seconds, the first queue first. Returns {"tasks": [{"task", "queue", "msg_id", "id", "client_id", "attempt", "claim", "wait_ms", "work"}], "next_due_ms"}: when the next one will be due, null if nothing waits. A claim that is not finished in time lapses and counts as a failed attempt.';

-- source: sql/60_rpc/worker/commit_turns.sql sha256:7ae8e915344f7af71fe2639ea9f0c1c5be42f24a1e0470fecbc12fede67a11af
create or replace function worker.commit_turns(results jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    item jsonb;
    verdicts jsonb := '[]';
    problem text;
    place text;
begin
    perform private.lock_threads(array(select (x ->> 'thread_id')::uuid from jsonb_array_elements(results) as x));
    for item in select x from jsonb_array_elements(results) as x order by (x ->> 'thread_id')::uuid loop
        begin
            verdicts := verdicts || private.commit_turn(item, 60);
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
'Commits turns, each whole or not at all: [{"thread_id", "lease", "proposal", "model", "graph", "steps", …}] → [{"thread_id", "lease", "verdict", "task", "delivery"}]. verdict: committed, partial (a further turn follows), superseded (task: the same lease with merged input, run it again), stale (the lease was lost, nothing written), failed (an error, retried later). delivery: the reply, claimed for the caller to send at once. Idempotent by the lease.';

-- source: sql/60_rpc/worker/complete_deliveries.sql sha256:e34fe015bb2e29a9eb3aa9b399b17c5cc8f0c13a36fbe1952caa79adb3dff75f
create or replace function worker.complete_deliveries(results jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    item jsonb;
    d public.deliveries;
    answer jsonb := '[]';
    next_task jsonb;
    wait_ms integer;
begin
    -- Lock order: threads, then deliveries.
    perform from private.threads as t
    where t.id in (select x.thread_id from public.deliveries as x where x.id in (select (r ->> 'id')::uuid from jsonb_array_elements(results) as r))
    order by t.id
    for update;
    for item in select r from jsonb_array_elements(results) as r order by (r ->> 'id')::uuid loop
        begin
            select * into d from public.deliveries as x where x.id = (item ->> 'id')::uuid for update;
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
                set status = 'sent', sent_at = now(), claim = null, error = null,
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
                update public.deliveries as x
                set status = 'unknown', error = item -> 'error', due_at = clock_timestamp() + make_interval(secs => private.setting_int('unknown_grace_s'))
                where x.id = d.id;
                perform pgmq.set_vt(d.queue, d.task_id, private.setting_int('unknown_grace_s'));
            elsif item ->> 'outcome' = 'throttled' then
                wait_ms := greatest(coalesce((item ->> 'retry_after_ms')::integer, 1000), 1);
                update public.deliveries as x
                set status = 'queued', claim = null, attempts = x.attempts - 1, error = item -> 'error',
                    due_at = clock_timestamp() + make_interval(secs => wait_ms / 1000.0)
                where x.id = d.id;
                perform pgmq.set_vt(d.queue, d.task_id, ceil(wait_ms / 1000.0)::integer);
            else
                perform private.retry_delivery(
                    d.id, coalesce(item -> 'error', '{"code": "unnamed", "message": "the send failed"}'), coalesce((item #>> '{error,retryable}')::boolean, false)
                );
            end if;
            select * into d from public.deliveries as x where x.id = d.id;
            if d.thread_id is not null and d.status not in ('queued', 'unknown') then
                next_task := private.release_next(d.thread_id, 60);
            end if;
            answer := answer || jsonb_build_object('id', d.id, 'status', d.status, 'task', next_task);
        exception
            when deadlock_detected or lock_not_available or query_canceled then
                raise;
            when others then
                -- One result that cannot be stored must not take its neighbours with it. Its message may have left.
                update public.deliveries as x
                set status = 'unknown', error = jsonb_build_object('code', sqlstate, 'message', sqlerrm),
                    due_at = clock_timestamp() + make_interval(secs => private.setting_int('unknown_grace_s'))
                where x.id = d.id and x.status = 'sending' and x.claim::text = item ->> 'claim';
                if found then
                    perform pgmq.set_vt(d.queue, d.task_id, private.setting_int('unknown_grace_s'));
                end if;
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
'What became of sends: [{"id", "claim", "outcome": sent | unknown | failed | throttled, "provider_message_id", "error", "retry_after_ms"}] → [{"id", "status", "task"}]. task: the thread''s next reply, claimed for the caller. status stale: the claim was lost. unknown waits for the provider''s word, throttled does not count as an attempt. Idempotent by the claim.';

-- source: sql/60_rpc/worker/extend_task.sql sha256:c2629b2c11786a2d36fa924728c0a5ce96c60a73e9a981598053ce2f1ecaa494
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
            update public.deliveries as d set due_at = until
            where d.id = extend_task.id and d.claim = extend_task.claim and d.status = 'sending'
            returning d.task_id, d.queue into msg_id, q;
        when 'report' then
            update public.reports as r set due_at = until
            where r.id = extend_task.id and r.claim = extend_task.claim
            returning r.task_id, 'low_priority' into msg_id, q;
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

-- source: sql/60_rpc/worker/fail_task.sql sha256:ebf68ffe6952e48d8e81055ca845d0f106e9bc987a779901ed51d6c07194c56e
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
            perform from public.deliveries as d where d.id = fail_task.id and d.claim = fail_task.claim and d.status = 'sending' for update;
            if found then
                return private.retry_delivery(fail_task.id, fail_task.error, fail_task.retryable);
            end if;
        when 'report' then
            perform from public.reports as r where r.id = fail_task.id and r.claim = fail_task.claim for update;
            if found then
                return private.retry_report(fail_task.id, fail_task.error, fail_task.retryable);
            end if;
        else
            raise exception 'there is no task named %', fail_task.task using errcode = 'PT400';
    end case;
    return '{"outcome": "stale", "retry_in_ms": null}';
end
$$;
comment on function worker.fail_task(text, uuid, uuid, jsonb, boolean) is
'A claimed task failed: {"outcome": "retry" | "dead" | "stale", "retry_in_ms"}. Retries after 1, 5, 25 seconds; then, or at once when not retryable, a row in failed_tasks. Idempotent by the claim.';

-- source: sql/60_rpc/worker/ingest.sql sha256:440731b3cc7f6196478b1f1fa76a04e406ebac0170b897009943d01d605051c1
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
            -- An item without an id of its own is known by its content.
            select case when x.v ->> 'provider_id' is null then x.v || jsonb_build_object('provider_id', 'md5:' || md5(x.v::text)) else x.v end as v, x.ord
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
        insert into public.webhook_events (client_id, channel_account_id, provider_id, kind, outcome, payload, reason)
        select account.client_id, coalesce(i.account_id, account.id), i.v ->> 'provider_id', i.v ->> 'kind',
            case
                when i.account_id is null then 'unrouted'
                when i.v ->> 'kind' = 'message' and coalesce(i.v #>> '{sender,wa_id}', i.v #>> '{sender,bsuid}') is null then 'unrouted'
                when i.v ->> 'kind' = 'message' then 'stored'
                when i.v ->> 'kind' = 'status' then 'status'
                when i.v ->> 'kind' in ('opt_out', 'opt_in') then 'preference'
                else 'kept'
            end::public.event_outcome,
            coalesce(i.v -> 'raw', i.v),
            case
                when i.account_id is null then 'names the number ' || coalesce(i.v ->> 'number', '?')
                when i.v ->> 'kind' = 'message' and coalesce(i.v #>> '{sender,wa_id}', i.v #>> '{sender,bsuid}') is null then 'names no sender'
            end
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
        group by 1 order by min(x.v #>> '{event,sender,wa_id}'), min(x.v #>> '{event,sender,bsuid}'), 1
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
        select (x.v ->> 'thread_id')::uuid from jsonb_array_elements(coalesce(spoken, '[]') || coalesce(moved, '[]')) as x (v)
        union
        select t.id
        from jsonb_array_elements(fresh) as x (v)
        cross join lateral (select private.lead_of_sender(account.client_id, x.v #> '{event,sender}') as lead_id) as l
        join private.threads as t on t.client_id = account.client_id and t.lead_id = l.lead_id
        where x.v ->> 'outcome' = 'preference'
    ));

    if spoken is not null then
        stored := private.ingest_messages(spoken);
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
            'other', count(*) filter (where x.v ->> 'outcome' in ('kept', 'preference')) + count(*) filter (where x.v ->> 'outcome' = 'stored') - stored,
            'duplicates', total - count(*),
            'unrouted', count(*) filter (where x.v ->> 'outcome' = 'unrouted')
        )
        from jsonb_array_elements(fresh) as x (v)
    );
end
$$;
comment on function worker.ingest(uuid, jsonb) is
'Takes a webhook''s items (events as an adapter''s parse() makes them) in one transaction: each once, leads found or made, messages stored on their threads, deliveries moved by statuses, opt-outs recorded, everything else kept raw. Idempotent. Returns how many of each. 404 for an unknown account.';

-- source: sql/60_rpc/worker/save_report.sql sha256:37268b632cdd889042128ec53203f96e7951441de3c4b95550dee4447d55d84b
create or replace function worker.save_report(report_id uuid, claim uuid, summary text, markdown text, model text, usage jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    r public.reports;
begin
    select * into r from public.reports as x where x.id = save_report.report_id for update;
    if not found or r.claim is null or r.claim is distinct from save_report.claim then
        return '{"verdict": "stale"}';
    end if;
    update public.reports as x
    set status = 'ready', summary = save_report.summary, markdown = save_report.markdown, model = save_report.model, usage = save_report.usage,
        generated_at = clock_timestamp(), claim = null, task_id = null, attempts = 0, error = null,
        due_at = case
            when x.kind = 'project' then clock_timestamp() + make_interval(secs => private.setting_int('project_report_every_s'))
            else clock_timestamp()
        end
    where x.id = r.id;
    perform pgmq.delete('low_priority', r.task_id);
    update public.failed_tasks as f set status = 'resolved', resolved_at = now() where f.task_row_id = r.id and f.status <> 'resolved';
    return '{"verdict": "saved"}';
end
$$;
comment on function worker.save_report(uuid, uuid, text, text, text, jsonb) is
'Stores a written report under its claim: {"verdict": "saved" | "stale"}. What changed since it was claimed keeps it stale, and it is written again.';

-- source: sql/70_cron/10_sweep.sql sha256:f4a4ee001ba7ccc7e73fe0a692288ca8aa6dc25c3b701207fcf07116157e3d8e
create or replace function private.setup_sweep_cron() returns text
language plpgsql set search_path = ''
as $$
begin
    begin
        perform cron.schedule('sweep', '1 seconds', 'select private.sweep()');
        return 'sweep runs every second';
    exception
        when others then
            -- pg_cron before 1.5 knows minutes only.
            perform cron.schedule('sweep', '* * * * *', 'select private.sweep()');
            return 'sweep runs every minute';
    end;
end
$$;
comment on function private.setup_sweep_cron() is 'Schedules private.sweep() every second, or every minute where pg_cron knows no seconds. Idempotent; says which.';

select private.setup_sweep_cron();

-- source: sql/70_cron/20_housekeeping.sql sha256:7571e152eb453d9c2cb6c5f19431cd876df7735df8ee6fe9d27a663d61a14bb2
create or replace function private.housekeeping() returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    done jsonb := '{}';
    gone integer;
    ahead integer := private.setting_int('partitions_ahead');
begin
    done := done || jsonb_build_object('interview_messages_partitions', private.make_partitions('public.interview_messages', ahead));
    done := done || jsonb_build_object('messages_partitions', private.make_partitions('public.messages', ahead));
    delete from public.webhook_events as e where e.received_at < now() - make_interval(days => private.setting_int('keep_webhook_events_days'));
    get diagnostics gone = row_count;
    done := done || jsonb_build_object('webhook_events', gone);
    delete from cron.job_run_details as d where d.end_time < now() - make_interval(days => private.setting_int('keep_job_runs_days'));
    get diagnostics gone = row_count;
    return done || jsonb_build_object('job_runs', gone);
end
$$;
comment on function private.housekeeping() is 'Daily: partitions ahead, and the purge of raw webhook items and of pg_cron''s run log. Idempotent; says what it did.';

create or replace function private.setup_housekeeping_cron() returns text
language plpgsql set search_path = ''
as $$
begin
    perform cron.schedule('housekeeping', '17 3 * * *', 'select private.housekeeping()');
    return 'housekeeping runs daily at 3:17';
end
$$;
comment on function private.setup_housekeeping_cron() is 'Schedules private.housekeeping() once a day. Idempotent.';

select private.setup_housekeeping_cron();

-- source: sql/80_views/project_progress.sql sha256:cdbb80f344a1e76c6fa16226848552698b2d059ef26001b9faf07f55f793b5a7
create or replace view public.project_progress with (security_invoker = true) as
select
    i.client_id,
    i.project_id,
    count(*) as leads,
    count(*) filter (where i.invited_at is not null) as invited,
    count(*) filter (where i.status = 'in_progress') as in_progress,
    count(*) filter (where i.status = 'completed') as completed,
    count(*) filter (where i.end_reason = 'opted_out') as opted_out,
    count(*) filter (where i.status = 'cancelled' and i.end_reason <> 'opted_out') as cancelled,
    count(*) filter (where i.status = 'pending') as unanswered
from public.interviews as i
group by i.client_id, i.project_id;
comment on view public.project_progress is 'How far each project''s interviews have come. Under the reader''s own rights.';

-- source: sql/80_views/refuse_write.sql sha256:274d5a1b3e22cdb3287380419c47bd0a6c6fc4c05fa58aa86cca461a215b6cc6
create or replace function private.refuse_write() returns trigger
language plpgsql set search_path = ''
as $$
begin
    raise exception '% is computed and cannot be written', tg_table_name using errcode = '42501';
end
$$;
comment on function private.refuse_write() is
'Trigger on views: without it a write is an error of the server (55000, HTTP 500) before anybody asks for rights; with it, one of the caller.';

create or replace trigger _100_refuse_write instead of insert or update or delete on public.project_progress
for each row execute function private.refuse_write();

-- source: policies/00_defaults.sql sha256:91b556734598d61dad84947ce38d0af93e7724a0be15b17665f64bc9d2529461
-- Close first. The same result whether or not the platform grants new objects to the API's roles by itself.
alter default privileges in schema public revoke all on tables from anon, authenticated, service_role;
alter default privileges in schema public revoke all on sequences from anon, authenticated, service_role;
alter default privileges in schema public revoke all on functions from anon, authenticated, service_role;
-- Without IN SCHEMA: a per-schema revoke cannot take away what PUBLIC has by birth.
alter default privileges revoke execute on functions from public;

revoke all on all tables in schema public from anon, authenticated, service_role;
revoke all on all sequences in schema public from anon, authenticated, service_role;
revoke all on all functions in schema public from public, anon, authenticated, service_role;
revoke all on all functions in schema worker from public, anon, authenticated, service_role;
revoke all on all functions in schema private from public, anon, authenticated, service_role;
revoke all on all functions in schema agent_tools from public, anon, authenticated, service_role;

-- source: policies/05_roles.sql sha256:7a399df15c6713ec6ca1b1dc98ea411028b3763044062914339c22ed38e9e8cd
-- PostgREST's own role may become the functions' role; postgres must be able to give functions to the agents' role.
grant renum_worker to authenticator;
grant renum_agent to postgres;

-- SECURITY: renum_worker runs our RPCs and reads no table. Whoever steals its key can do no more.
grant usage on schema worker to renum_worker;
grant execute on all functions in schema worker to renum_worker;

grant usage on schema private to authenticated;
grant execute on function private.current_profile_id() to authenticated;
grant execute on function private.is_admin() to authenticated;
grant execute on function private.visible_client_ids() to authenticated;
grant execute on function private.visible_profile_ids() to authenticated;
grant execute on function private.owned_client_ids() to authenticated;
grant execute on function private.default_client_id() to authenticated;
-- What the triggers that run as the person need.
grant execute on function private.normalize_phone(text) to authenticated;
grant execute on function private.question_problem(jsonb) to authenticated;
grant execute on function private.skip_rule_problem(jsonb, text[]) to authenticated;
grant execute on function private.project_config_problem(jsonb) to authenticated;
grant execute on function private.plain(text) to authenticated;
grant execute on function private.account_for(uuid, uuid) to authenticated;
grant execute on function private.template_for(uuid, uuid, public.template_purpose, text) to authenticated;

-- source: policies/channel_accounts.sql sha256:aad0786df89fc5042b1100d094b80fc622e1935a8fb2cb5862158402874b7586
-- All of a client's people see the accounts; owners and admins manage them.
alter table public.channel_accounts enable row level security;
alter table public.channel_accounts force row level security;

grant select on public.channel_accounts to authenticated;
grant insert (
    id, client_id, channel, provider, name, external_id, display_phone, app_id, config, status, throughput
) on public.channel_accounts to authenticated;
grant update (name, display_phone, app_id, config, status, throughput) on public.channel_accounts to authenticated;
grant select, insert, update, delete on public.channel_accounts to service_role;

create policy channel_accounts_select on public.channel_accounts for select to authenticated
using (client_id = any(array(select private.visible_client_ids())));

create policy channel_accounts_insert on public.channel_accounts for insert to authenticated
with check (client_id = any(array(select private.owned_client_ids())));

create policy channel_accounts_update on public.channel_accounts for update to authenticated
using (client_id = any(array(select private.owned_client_ids())))
with check (client_id = any(array(select private.owned_client_ids())));

-- source: policies/channel_credentials.sql sha256:64edcb14bebdba0e57b5fd999bc041310cf951ed93151f588e0515ca020232af
-- Nobody but the owner: read by worker.channel_account only.
alter table private.channel_credentials enable row level security;
alter table private.channel_credentials force row level security;

-- source: policies/client_members.sql sha256:aa48828bc63dc5df72b12a45253bf1fe327dae9aa5ba5c1837326eb6dbf980d5
-- Read here; changed by public.invite_member and public.remove_member.
alter table public.client_members enable row level security;
alter table public.client_members force row level security;

grant select on public.client_members to authenticated;
grant select, insert, update, delete on public.client_members to service_role;

create policy client_members_select on public.client_members for select to authenticated
using (client_id = any(array(select private.visible_client_ids())));

-- source: policies/clients.sql sha256:e26b2e4c65ed68d2ba145b3088b0ee2e524971486f276b01ebd8bc21d5689f3c
-- A client's people see and describe their company. Plan, status and owner are an admin's (private.guard_client); new clients are made by public.create_client.
alter table public.clients enable row level security;
alter table public.clients force row level security;

grant select on public.clients to authenticated;
grant insert (company_name, cnpj, plan, status) on public.clients to authenticated;
grant update (company_name, cnpj, plan, status) on public.clients to authenticated;
grant select, insert, update, delete on public.clients to service_role;

-- An admin's INSERT returns the row it makes, which the list of clients, read before it, does not hold yet.
create policy clients_select on public.clients for select to authenticated
using ((select private.is_admin()) or id = any(array(select private.visible_client_ids())));

create policy clients_insert on public.clients for insert to authenticated
with check ((select private.is_admin()));

create policy clients_update on public.clients for update to authenticated
using (id = any(array(select private.visible_client_ids())))
with check (id = any(array(select private.visible_client_ids())));

-- source: policies/consents.sql sha256:6bad1d08977216ce29749bbc13f73838c55a21c1eeaf20551318544598485fd6
-- Append-only: a person may record what a lead agreed to or withdrew.
alter table public.consents enable row level security;
alter table public.consents force row level security;

grant select on public.consents to authenticated;
grant insert (client_id, lead_id, granted, legal_basis, text_version, evidence) on public.consents to authenticated;
grant select, insert, update, delete on public.consents to service_role;

create policy consents_select on public.consents for select to authenticated
using (client_id = any(array(select private.visible_client_ids())));

create policy consents_insert on public.consents for insert to authenticated
with check (client_id = any(array(select private.visible_client_ids())));

-- source: policies/conversations.sql sha256:fbe39e2a2b88a9d2470c5c06ea24bc7dc9958468f166977542662e003ac4099f
-- People may close a conversation or open it again.
alter table public.conversations enable row level security;
alter table public.conversations force row level security;

grant select on public.conversations to authenticated;
grant update (status) on public.conversations to authenticated;
grant select, insert, update, delete on public.conversations to service_role;

create policy conversations_select on public.conversations for select to authenticated
using (client_id = any(array(select private.visible_client_ids())));

create policy conversations_update on public.conversations for update to authenticated
using (client_id = any(array(select private.visible_client_ids())))
with check (client_id = any(array(select private.visible_client_ids())));

-- source: policies/deliveries.sql sha256:14d50f4d9f47aee08692ee8494b3c2edbe3b32616b154712f144a300dd0f3f9c
-- Written by the engine.
alter table public.deliveries enable row level security;
alter table public.deliveries force row level security;

grant select on public.deliveries to authenticated;
grant select, insert, update, delete on public.deliveries to service_role;

create policy deliveries_select on public.deliveries for select to authenticated
using (client_id = any(array(select private.visible_client_ids())));

-- source: policies/failed_tasks.sql sha256:15eb518aa94407d679bf2f0a13466ed3e70a0bbe95516eecb0e209e32ecc3a1d
-- Read here; replayed by public.replay_failed_task.
alter table public.failed_tasks enable row level security;
alter table public.failed_tasks force row level security;

grant select on public.failed_tasks to authenticated;
grant select, insert, update, delete on public.failed_tasks to service_role;

create policy failed_tasks_select on public.failed_tasks for select to authenticated
using (client_id = any(array(select private.visible_client_ids())));

-- source: policies/functions.sql sha256:020662a3632e256781f8af2e092a870e15c18598b6aeb97718fb2f8c7913bd6e
-- The RPCs people call. Each asks itself whether the caller may.
grant execute on function public.create_client(text, text, text, public.client_plan) to authenticated;
grant execute on function public.invite_member(uuid, text, public.member_role) to authenticated;
grant execute on function public.remove_member(uuid) to authenticated;
grant execute on function public.preview_audience(uuid) to authenticated;
grant execute on function public.request_report(uuid) to authenticated;
grant execute on function public.report_markdown(uuid) to authenticated;
grant execute on function public.set_channel_credentials(uuid, text, text) to authenticated;
grant execute on function public.replay_failed_task(uuid) to authenticated;
grant execute on function public.queue_metrics() to authenticated;

-- source: policies/interview_answers.sql sha256:51698778f55ade776cde7eeb4b1ef6bc1c9a8d91e69652c12efc56124808b368
-- Written by the agents' commits.
alter table public.interview_answers enable row level security;
alter table public.interview_answers force row level security;

grant select on public.interview_answers to authenticated;
grant select, insert, update, delete on public.interview_answers to service_role;

create policy interview_answers_select on public.interview_answers for select to authenticated
using (client_id = any(array(select private.visible_client_ids())));

-- source: policies/interview_messages.sql sha256:254abdb5e62dbcc2c9c0188e2c26418f4316a7127169d8d9860d2eaf407f23aa
-- What was said is read, never changed. Partitions stand in an unexposed schema and have no grants.
alter table public.interview_messages enable row level security;
alter table public.interview_messages force row level security;

grant select on public.interview_messages to authenticated;
grant select, insert, update, delete on public.interview_messages to service_role;

create policy interview_messages_select on public.interview_messages for select to authenticated
using (client_id = any(array(select private.visible_client_ids())));

-- source: policies/interviews.sql sha256:4a519e5ccb45c671cb9e456b56c09fa9e20c044f2dac83706977362b088c940f
-- Interviews are made by starting a project. People may cancel one (private.guard_interview) and keep notes in metadata.
alter table public.interviews enable row level security;
alter table public.interviews force row level security;

grant select on public.interviews to authenticated;
grant update (status, metadata) on public.interviews to authenticated;
grant select, insert, update, delete on public.interviews to service_role;

create policy interviews_select on public.interviews for select to authenticated
using (client_id = any(array(select private.visible_client_ids())));

create policy interviews_update on public.interviews for update to authenticated
using (client_id = any(array(select private.visible_client_ids())))
with check (client_id = any(array(select private.visible_client_ids())));

-- source: policies/isa_commands.sql sha256:e3add21319e976a82dde69ddab1951a7acdd6e2406d1794ce6ed407258921741
-- Admins only. An admin writes in the own name.
alter table public.isa_commands enable row level security;
alter table public.isa_commands force row level security;

grant select on public.isa_commands to authenticated;
grant insert (id, admin_id, command, target_type, target_id, result, executed_at) on public.isa_commands to authenticated;
grant select, insert, update, delete on public.isa_commands to service_role;

create policy isa_commands_select on public.isa_commands for select to authenticated
using ((select private.is_admin()));

create policy isa_commands_insert on public.isa_commands for insert to authenticated
with check ((select private.is_admin()) and admin_id = (select private.current_profile_id()));

-- source: policies/lead_identities.sql sha256:b11148d91a047356469c64bb5e68a0f4dd6f2846a61768b0e348c314a6009501
-- Written by triggers and by what providers say.
alter table public.lead_identities enable row level security;
alter table public.lead_identities force row level security;

grant select on public.lead_identities to authenticated;
grant select, insert, update, delete on public.lead_identities to service_role;

create policy lead_identities_select on public.lead_identities for select to authenticated
using (client_id = any(array(select private.visible_client_ids())));

-- source: policies/leads.sql sha256:37e49c4f85acbf6d3e82157b5f086858a7bc76d4893b9033783787c8bad2eed3
-- A client's people do with their leads what they want, except hand them to another client (private.same_client) or speak for them in consents.
-- client_id may be named in an update only so that an upsert on (client_id, phone) works.
alter table public.leads enable row level security;
alter table public.leads force row level security;

grant select on public.leads to authenticated;
grant insert (id, client_id, phone, name, email, metadata, status, consent_basis) on public.leads to authenticated;
grant update (client_id, phone, name, email, metadata, status, consent_basis) on public.leads to authenticated;
grant delete on public.leads to authenticated;
grant select, insert, update, delete on public.leads to service_role;

create policy leads_select on public.leads for select to authenticated
using (client_id = any(array(select private.visible_client_ids())));

create policy leads_insert on public.leads for insert to authenticated
with check (client_id = any(array(select private.visible_client_ids())));

create policy leads_update on public.leads for update to authenticated
using (client_id = any(array(select private.visible_client_ids())))
with check (client_id = any(array(select private.visible_client_ids())));

create policy leads_delete on public.leads for delete to authenticated
using (client_id = any(array(select private.visible_client_ids())));

-- source: policies/message_templates.sql sha256:2699ad431f049805d510e291e69c3196ff982e6516d6f98a7ea340b9083cd2c3
-- Templates are the provider's verdict; owners and admins keep the list.
alter table public.message_templates enable row level security;
alter table public.message_templates force row level security;

grant select on public.message_templates to authenticated;
grant insert (id, client_id, channel_account_id, name, language, category, body, parameters, status, purpose) on public.message_templates to authenticated;
grant update (category, body, parameters, status, purpose) on public.message_templates to authenticated;
grant select, insert, update, delete on public.message_templates to service_role;

create policy message_templates_select on public.message_templates for select to authenticated
using (client_id = any(array(select private.visible_client_ids())));

create policy message_templates_insert on public.message_templates for insert to authenticated
with check (client_id = any(array(select private.owned_client_ids())));

create policy message_templates_update on public.message_templates for update to authenticated
using (client_id = any(array(select private.owned_client_ids())))
with check (client_id = any(array(select private.owned_client_ids())));

-- source: policies/messages.sql sha256:0709727900c74b4fb68c45bbc891508466de8f8e0bf2c8a79afe55862e8e793a
-- What was said is read, never changed.
alter table public.messages enable row level security;
alter table public.messages force row level security;

grant select on public.messages to authenticated;
grant select, insert, update, delete on public.messages to service_role;

create policy messages_select on public.messages for select to authenticated
using (client_id = any(array(select private.visible_client_ids())));

-- source: policies/notifications.sql sha256:ca715699a02ae42ba326930294b2fc6ff346bc33b08002ed00c682a3ddf0f658
-- Written by the engine.
alter table public.notifications enable row level security;
alter table public.notifications force row level security;

grant select on public.notifications to authenticated;
grant select, insert, update, delete on public.notifications to service_role;

create policy notifications_select on public.notifications for select to authenticated
using (client_id = any(array(select private.visible_client_ids())));

-- source: policies/profiles.sql sha256:bbf82d2091d4d64c0e8ce6c9fcb1e1e5cdcad864c4de6a63d027166e2dc787fa
-- People see themselves and the members of their clients; they change their own name and phone. Rows are made by the trigger on auth.users.
alter table public.profiles enable row level security;
alter table public.profiles force row level security;

grant select on public.profiles to authenticated;
grant update (full_name, phone, role) on public.profiles to authenticated;
grant select, insert, update, delete on public.profiles to service_role;

create policy profiles_select on public.profiles for select to authenticated
using (id = any(array(select private.visible_profile_ids())));

create policy profiles_update on public.profiles for update to authenticated
using (id = (select private.current_profile_id()) or (select private.is_admin()))
with check (id = (select private.current_profile_id()) or (select private.is_admin()));

-- source: policies/project_changes.sql sha256:7d306e4e1a73848a334c0f25a65a80267d5dae4219c62e01498f7f08e0d5dc75
-- Nobody but the owner.
alter table private.project_changes enable row level security;
alter table private.project_changes force row level security;

-- source: policies/project_progress.sql sha256:966799580a2f2eee82f6fc5d9e4f767587d907b808fec1c217cf22da82aa08ce
grant select on public.project_progress to authenticated, service_role;

-- source: policies/projects.sql sha256:4ac7bba0450dd8cdebb8969e7c363f3af14ff5db296395c243173cb19d90ae40
-- A client's people run their projects.
alter table public.projects enable row level security;
alter table public.projects force row level security;

grant select on public.projects to authenticated;
grant insert (id, client_id, name, description, type, status, config, renus_config_id, channel_account_id) on public.projects to authenticated;
grant update (name, description, type, status, config, renus_config_id, channel_account_id) on public.projects to authenticated;
grant delete on public.projects to authenticated;
grant select, insert, update, delete on public.projects to service_role;

create policy projects_select on public.projects for select to authenticated
using (client_id = any(array(select private.visible_client_ids())));

create policy projects_insert on public.projects for insert to authenticated
with check (client_id = any(array(select private.visible_client_ids())));

create policy projects_update on public.projects for update to authenticated
using (client_id = any(array(select private.visible_client_ids())))
with check (client_id = any(array(select private.visible_client_ids())));

create policy projects_delete on public.projects for delete to authenticated
using (client_id = any(array(select private.visible_client_ids())));

-- source: policies/renus_config.sql sha256:51705aa4e06a032973dcb572fcdb18415865c345c050c331888d813f7f834860
-- A client's people configure their agent.
alter table public.renus_config enable row level security;
alter table public.renus_config force row level security;

grant select on public.renus_config to authenticated;
grant insert (id, client_id, agent_type, config, prompts, active) on public.renus_config to authenticated;
grant update (agent_type, config, prompts, active) on public.renus_config to authenticated;
grant select, insert, update, delete on public.renus_config to service_role;

create policy renus_config_select on public.renus_config for select to authenticated
using (client_id = any(array(select private.visible_client_ids())));

create policy renus_config_insert on public.renus_config for insert to authenticated
with check (client_id = any(array(select private.visible_client_ids())));

create policy renus_config_update on public.renus_config for update to authenticated
using (client_id = any(array(select private.visible_client_ids())))
with check (client_id = any(array(select private.visible_client_ids())));

-- source: policies/reports.sql sha256:afdf1636db6b774f52c8591442f9cd69da9a355cfac6c7d8007e9724c4202cc3
-- Written by the function report; asked for by public.request_report.
alter table public.reports enable row level security;
alter table public.reports force row level security;

grant select on public.reports to authenticated;
grant select, insert, update, delete on public.reports to service_role;

create policy reports_select on public.reports for select to authenticated
using (client_id = any(array(select private.visible_client_ids())));

-- source: policies/settings.sql sha256:cd3a7169c5a09b7a44d9e916b261f5a8b2e66d4b9c6c649d2a1c7948ba67a4cf
-- Nobody but the owner.
alter table private.settings enable row level security;
alter table private.settings force row level security;

-- source: policies/sub_agents.sql sha256:ab4ae0fbabc3dc27519537b671b51c67bd378cc27213966e1f9c2fa34ba1207b
-- Global: admins write, everybody reads the active ones.
alter table public.sub_agents enable row level security;
alter table public.sub_agents force row level security;

grant select on public.sub_agents to authenticated;
grant insert (id, name, type, description, config, tools, active) on public.sub_agents to authenticated;
grant update (name, type, description, config, tools, active) on public.sub_agents to authenticated;
grant delete on public.sub_agents to authenticated;
grant select, insert, update, delete on public.sub_agents to service_role;

create policy sub_agents_select on public.sub_agents for select to authenticated
using (active or (select private.is_admin()));

create policy sub_agents_insert on public.sub_agents for insert to authenticated
with check ((select private.is_admin()));

create policy sub_agents_update on public.sub_agents for update to authenticated
using ((select private.is_admin()))
with check ((select private.is_admin()));

create policy sub_agents_delete on public.sub_agents for delete to authenticated
using ((select private.is_admin()));

-- source: policies/threads.sql sha256:a3be7967fae6fb3d10998419425572f093f7c7a568c3003268263acc438d4673
-- Nobody but the owner.
alter table private.threads enable row level security;
alter table private.threads force row level security;

-- source: policies/tools.sql sha256:5394205a46fabcc47022bea602ae9d54e5ac849a23f1d2b726e1c3acc4aa7de7
-- Global: admins write, everybody reads the active ones.
alter table public.tools enable row level security;
alter table public.tools force row level security;

grant select on public.tools to authenticated;
grant insert (id, name, description, function_name, parameters_schema, active) on public.tools to authenticated;
grant update (name, description, function_name, parameters_schema, active) on public.tools to authenticated;
grant delete on public.tools to authenticated;
grant select, insert, update, delete on public.tools to service_role;

create policy tools_select on public.tools for select to authenticated
using (active or (select private.is_admin()));

create policy tools_insert on public.tools for insert to authenticated
with check ((select private.is_admin()));

create policy tools_update on public.tools for update to authenticated
using ((select private.is_admin()))
with check ((select private.is_admin()));

create policy tools_delete on public.tools for delete to authenticated
using ((select private.is_admin()));

-- source: policies/turns.sql sha256:600b8b2c3b8bf3aaf43042ac7c3b5636daa6de4fdb63bb2c78fa076d103027f7
-- Written by the agents' commits.
alter table public.turns enable row level security;
alter table public.turns force row level security;

grant select on public.turns to authenticated;
grant select, insert, update, delete on public.turns to service_role;

create policy turns_select on public.turns for select to authenticated
using (client_id = any(array(select private.visible_client_ids())));

-- source: policies/webhook_events.sql sha256:f9b0e51114a6bb8ab1f51574a7cffae4a39ff72d8a3f1e9bbb9e8d7a5ed91fb4
-- Raw items of the client's own accounts.
alter table public.webhook_events enable row level security;
alter table public.webhook_events force row level security;

grant select on public.webhook_events to authenticated;
grant select, insert, update, delete on public.webhook_events to service_role;

create policy webhook_events_select on public.webhook_events for select to authenticated
using (client_id = any(array(select private.visible_client_ids())));
