-- Made by `renum migration` from sql/ and policies/. Frozen once it is listed in migrations.lock.

-- source: sql/00_setup/30_roles.sql sha256:87361780b315d9146a4ca6d565b971de7d16479420154761d06eccc9327cb868
-- Roles are the server's, not the database's: they may be there already.
do $$
begin
  if not exists (select from pg_catalog.pg_roles where rolname = 'renum_worker') then
    create role renum_worker nologin noinherit;
  end if;
  if not exists (select from pg_catalog.pg_roles where rolname = 'renum_agent') then
    create role renum_agent nologin noinherit;
  end if;
  if not exists (select from pg_catalog.pg_roles where rolname = 'renum_files') then
    create role renum_files nologin inherit;
  end if;
end
$$;

-- source: sql/10_types/media_status.sql sha256:959a8f12556f34f08fea3af96b66b607ed525514e5c85a236b2fda5d6db15175
create type public.media_status as enum ('waiting', 'stored', 'failed', 'expired', 'kept');
comment on type public.media_status is 'Life of a file that a lead sent: to be fetched, in storage, given up, gone at the provider, or kept as a reference only.';

-- source: sql/20_tables/05_settings.sql sha256:56a8824ad55c95a6bb69a1c521d224c0416d0d523b895d7fb6e39622562e18d8 by hand
--   --- before
--   +++ now
--   @@ -10,4 +10,6 @@
--    ('ring_timeout_ms', '1500', 'How long a ring waits for its answer, which nobody reads.'),
--   -('debounce_ms', '800', 'How long a lead''s burst of messages is waited for after its last message.'),
--   +('debounce_ms', '800', 'How long a lead''s burst of messages is waited for after its last message. 0: not at all.'),
--   +('debounce_unfinished_ms', '2500', 'The same where the last message looks unfinished: it breaks off, or only announces the next.'),
--    ('debounce_max_ms', '8000', 'After this long since the first unanswered message a turn starts, whatever still comes.'),
--   +('visibility_s', '60', 'How long a turn''s or a delivery''s claim lasts that a commit hands on to its caller.'),
--    ('max_attempts', '4', 'Attempts at a task: the first and three retries.'),
--   @@ -16,3 +18,3 @@
--    ('max_tries', '3', 'How often a question is put again after an answer that is not valid; then it counts as refused.'),
--   -('admitted_tasks', '100', 'Tasks of one client that may be in one queue at once; the others wait in their rows.'),
--   +('admitted_tasks', '100', 'Tasks of one client that may be in one queue at once (turns: before they are begun); the others wait in their rows.'),
--    ('unknown_grace_s', '20', 'How long a delivery that may have left waits for the provider''s word before it is tried again.'),
--   @@ -22,2 +24,5 @@
--    ('keep_webhook_events_days', '30', 'Days that raw webhook items are kept. Providers repeat for up to 7 days.'),
--   -('keep_job_runs_days', '3', 'Days that pg_cron''s run log is kept.');
--   +('keep_job_runs_days', '3', 'Days that pg_cron''s run log is kept.'),
--   +('media_bucket', 'null', 'The bucket of Supabase Storage that leads'' files are fetched into. null: references are kept, nothing is fetched.'),
--   +('media_max_bytes', '20971520', 'A larger file is not fetched.'),
--   +('admitted_media', '20', 'Files of one client that may be in the queue at once, beside its deliveries.');
insert into private.settings (key, value, comment) values
('debounce_unfinished_ms', '2500', 'The same where the last message looks unfinished: it breaks off, or only announces the next.'),
('visibility_s', '60', 'How long a turn''s or a delivery''s claim lasts that a commit hands on to its caller.')
on conflict (key) do nothing;
update private.settings set comment = 'How long a lead''s burst of messages is waited for after its last message. 0: not at all.' where key = 'debounce_ms';
update private.settings
set comment = 'Tasks of one client that may be in one queue at once (turns: before they are begun); the others wait in their rows.'
where key = 'admitted_tasks';
insert into private.settings (key, value, comment) values
('media_bucket', 'null', 'The bucket of Supabase Storage that leads'' files are fetched into. null: references are kept, nothing is fetched.'),
('media_max_bytes', '20971520', 'A larger file is not fetched.'),
('admitted_media', '20', 'Files of one client that may be in the queue at once, beside its deliveries.')
on conflict (key) do nothing;

-- source: sql/20_tables/10_profiles.sql sha256:7bf76d0f20bf5eb2e012f32aec404147c157c1908b799a5f3ca5ffc5475fd2aa by hand
--   --- before
--   +++ now
--   @@ -8,3 +8,4 @@
--        phone text,
--   -    constraint phone_is_e164 check (phone ~ '^\+[1-9][0-9]{7,14}$')
--   +    constraint phone_is_e164 check (phone ~ '^\+[1-9][0-9]{7,14}$'),
--   +    constraint full_name_has_at_most_200_characters check (char_length(full_name) <= 200)
--    );
alter table public.profiles add constraint full_name_has_at_most_200_characters check (char_length(full_name) <= 200);

-- source: sql/20_tables/14_client_members.sql sha256:c3695a4f2a38508f2f2ea9d5935411f40ab8f281aecd5a7a85f62463c4f11d0b by hand
--   --- before
--   +++ now
--   @@ -12,3 +12,4 @@
--        constraint email_is_lower_case_with_an_at check (email = lower(email) and email ~ '^[^@\s]+@[^@\s]+$'),
--   -    constraint active_members_have_a_profile check (status <> 'active' or profile_id is not null)
--   +    constraint active_members_have_a_profile check (status <> 'active' or profile_id is not null),
--   +    constraint email_has_at_most_254_characters check (char_length(email) <= 254)
--    );
alter table public.client_members add constraint email_has_at_most_254_characters check (char_length(email) <= 254);

-- source: sql/20_tables/16_leads.sql sha256:482150d0804b0020d25ec6a337dae9c1fb6d76fc7041a6e99a35c276a1d595d9 by hand
--   --- before
--   +++ now
--   @@ -16,3 +16,4 @@
--        constraint metadata_is_an_object check (jsonb_typeof(metadata) = 'object'),
--   -    constraint name_has_at_most_200_characters check (char_length(name) <= 200)
--   +    constraint name_has_at_most_200_characters check (char_length(name) <= 200),
--   +    constraint metadata_has_at_most_64_kilobytes_and_20_levels check (octet_length(metadata::text) <= 65536 and not metadata @? '$.**{20}')
--    );
alter table public.leads add constraint metadata_has_at_most_64_kilobytes_and_20_levels check (octet_length(metadata::text) <= 65536 and not metadata @? '$.**{20}');

-- source: sql/20_tables/20_consents.sql sha256:e7071fae6e2a52d7c3f2352e8c9ac1b22fbec99d9e680a562056ff5742a0574a by hand
--   --- before
--   +++ now
--   @@ -9,3 +9,6 @@
--        created_at timestamptz not null default now(),
--   -    foreign key (client_id, lead_id) references public.leads (client_id, id) on delete cascade
--   +    foreign key (client_id, lead_id) references public.leads (client_id, id) on delete cascade,
--   +    constraint text_version_has_at_most_200_characters check (char_length(text_version) <= 200),
--   +    constraint evidence_is_an_object check (jsonb_typeof(evidence) = 'object'),
--   +    constraint evidence_has_at_most_1024_kilobytes_and_20_levels check (octet_length(evidence::text) <= 1048576 and not evidence @? '$.**{20}')
--    );
alter table public.consents add constraint text_version_has_at_most_200_characters check (char_length(text_version) <= 200);
alter table public.consents add constraint evidence_is_an_object check (jsonb_typeof(evidence) = 'object');
alter table public.consents add constraint evidence_has_at_most_1024_kilobytes_and_20_levels check (octet_length(evidence::text) <= 1048576 and not evidence @? '$.**{20}');

-- source: sql/20_tables/22_channel_accounts.sql sha256:aa99d933d49bcd32122dccce67991e6fa5722925368f1797bd2c8e16fe0f8668 by hand
--   --- before
--   +++ now
--   @@ -18,3 +18,8 @@
--        constraint throughput_is_positive check (throughput > 0),
--   -    constraint config_is_an_object check (jsonb_typeof(config) = 'object')
--   +    constraint config_is_an_object check (jsonb_typeof(config) = 'object'),
--   +    constraint name_has_1_to_200_characters check (btrim(name) <> '' and char_length(name) <= 200),
--   +    constraint external_id_has_1_to_200_characters check (btrim(external_id) <> '' and char_length(external_id) <= 200),
--   +    constraint app_id_has_at_most_200_characters check (char_length(app_id) <= 200),
--   +    constraint display_phone_has_at_most_50_characters check (char_length(display_phone) <= 50),
--   +    constraint config_has_at_most_64_kilobytes_and_20_levels check (octet_length(config::text) <= 65536 and not config @? '$.**{20}')
--    );
alter table public.channel_accounts add constraint name_has_1_to_200_characters check (btrim(name) <> '' and char_length(name) <= 200);
alter table public.channel_accounts add constraint external_id_has_1_to_200_characters check (btrim(external_id) <> '' and char_length(external_id) <= 200);
alter table public.channel_accounts add constraint app_id_has_at_most_200_characters check (char_length(app_id) <= 200);
alter table public.channel_accounts add constraint display_phone_has_at_most_50_characters check (char_length(display_phone) <= 50);
alter table public.channel_accounts add constraint config_has_at_most_64_kilobytes_and_20_levels check (octet_length(config::text) <= 65536 and not config @? '$.**{20}');

-- source: sql/20_tables/26_message_templates.sql sha256:772f4a066dfaa63ed4c0c17ba53319b74f7cfb20d6c4f5c3d84f3b432a05b30a by hand
--   --- before
--   +++ now
--   @@ -19,3 +19,6 @@
--            parameters <@ array['lead.name', 'lead.first_name', 'client.company_name', 'project.name', 'notification.text']
--   -    )
--   +    ),
--   +    constraint body_has_1_to_4096_characters check (btrim(body) <> '' and char_length(body) <= 4096),
--   +    constraint language_is_a_code_such_as_pt_br check (language ~ '^[a-z]{2,3}(_[A-Za-z]{2,4})?$'),
--   +    constraint parameters_are_at_most_20 check (cardinality(parameters) <= 20)
--    );
alter table public.message_templates add constraint body_has_1_to_4096_characters check (btrim(body) <> '' and char_length(body) <= 4096);
alter table public.message_templates add constraint language_is_a_code_such_as_pt_br check (language ~ '^[a-z]{2,3}(_[A-Za-z]{2,4})?$');
alter table public.message_templates add constraint parameters_are_at_most_20 check (cardinality(parameters) <= 20);

-- source: sql/20_tables/28_renus_config.sql sha256:dca8a8cd7db15506d3964f5820fd283dbf021b53f024c37e16e45be2516e662a by hand
--   --- before
--   +++ now
--   @@ -12,3 +12,7 @@
--        constraint config_is_an_object check (jsonb_typeof(config) = 'object'),
--   -    constraint prompts_is_an_object check (jsonb_typeof(prompts) = 'object')
--   +    constraint prompts_is_an_object check (jsonb_typeof(prompts) = 'object'),
--   +    constraint the_model_in_config_is_a_text check (coalesce(jsonb_typeof(config -> 'model'), 'null') in ('string', 'null')),
--   +    constraint prompts_are_texts check (not prompts @? '$.* ? (@.type() != "string" && @.type() != "null")'),
--   +    constraint config_has_at_most_64_kilobytes_and_20_levels check (octet_length(config::text) <= 65536 and not config @? '$.**{20}'),
--   +    constraint prompts_has_at_most_64_kilobytes_and_20_levels check (octet_length(prompts::text) <= 65536 and not prompts @? '$.**{20}')
--    );
alter table public.renus_config add constraint the_model_in_config_is_a_text check (coalesce(jsonb_typeof(config -> 'model'), 'null') in ('string', 'null'));
alter table public.renus_config add constraint prompts_are_texts check (not prompts @? '$.* ? (@.type() != "string" && @.type() != "null")');
alter table public.renus_config add constraint config_has_at_most_64_kilobytes_and_20_levels check (octet_length(config::text) <= 65536 and not config @? '$.**{20}');
alter table public.renus_config add constraint prompts_has_at_most_64_kilobytes_and_20_levels check (octet_length(prompts::text) <= 65536 and not prompts @? '$.**{20}');

-- source: sql/20_tables/30_tools.sql sha256:031502b12cf47f4f48fe5ab02a5ded44f2924e8cdd54df6da0b14ef49f768aff by hand
--   --- before
--   +++ now
--   @@ -10,3 +10,7 @@
--        constraint function_name_is_an_identifier check (function_name ~ '^[a-z_][a-z0-9_]*$'),
--   -    constraint parameters_schema_describes_an_object check (coalesce(parameters_schema ->> 'type' = 'object', false))
--   +    constraint parameters_schema_describes_an_object check (coalesce(parameters_schema ->> 'type' = 'object', false)),
--   +    constraint name_has_1_to_100_characters check (btrim(name) <> '' and char_length(name) <= 100),
--   +    constraint description_has_at_most_4000_characters check (char_length(description) <= 4000),
--   +    constraint function_name_has_at_most_63_characters check (char_length(function_name) <= 63),
--   +    constraint the_schema_has_at_most_64_kilobytes_and_20_levels check (octet_length(parameters_schema::text) <= 65536 and not parameters_schema @? '$.**{20}')
--    );
alter table public.tools add constraint name_has_1_to_100_characters check (btrim(name) <> '' and char_length(name) <= 100);
alter table public.tools add constraint description_has_at_most_4000_characters check (char_length(description) <= 4000);
alter table public.tools add constraint function_name_has_at_most_63_characters check (char_length(function_name) <= 63);
alter table public.tools add constraint the_schema_has_at_most_64_kilobytes_and_20_levels check (octet_length(parameters_schema::text) <= 65536 and not parameters_schema @? '$.**{20}');

-- source: sql/20_tables/32_sub_agents.sql sha256:c6b5f87f59cfb60e5e939f23dbbbd815d9648388e6f0b7aae1eed9ab198d1c22 by hand
--   --- before
--   +++ now
--   @@ -11,3 +11,11 @@
--        constraint config_is_an_object check (jsonb_typeof(config) = 'object'),
--   -    constraint tools_is_an_array check (jsonb_typeof(tools) = 'array')
--   +    constraint tools_is_an_array check (jsonb_typeof(tools) = 'array'),
--   +    constraint name_has_1_to_100_characters check (btrim(name) <> '' and char_length(name) <= 100),
--   +    constraint description_has_at_most_4000_characters check (char_length(description) <= 4000),
--   +    constraint tools_holds_ids check (
--   +        jsonb_typeof(tools) <> 'array'
--   +        or not tools @? '$[*] ? (@.type() != "string" || !(@ like_regex "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" flag "i"))'
--   +    ),
--   +    constraint tools_are_at_most_100 check (jsonb_typeof(tools) <> 'array' or jsonb_array_length(tools) <= 100),
--   +    constraint config_has_at_most_64_kilobytes_and_20_levels check (octet_length(config::text) <= 65536 and not config @? '$.**{20}')
--    );
alter table public.sub_agents add constraint name_has_1_to_100_characters check (btrim(name) <> '' and char_length(name) <= 100);
alter table public.sub_agents add constraint description_has_at_most_4000_characters check (char_length(description) <= 4000);
alter table public.sub_agents add constraint tools_holds_ids check (jsonb_typeof(tools) <> 'array' or not tools @? '$[*] ? (@.type() != "string" || !(@ like_regex "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" flag "i"))');
alter table public.sub_agents add constraint tools_are_at_most_100 check (jsonb_typeof(tools) <> 'array' or jsonb_array_length(tools) <= 100);
alter table public.sub_agents add constraint config_has_at_most_64_kilobytes_and_20_levels check (octet_length(config::text) <= 65536 and not config @? '$.**{20}');

-- source: sql/20_tables/34_isa_commands.sql sha256:5edec06aff3e5d2643eb521271d7a905b209e85a974124e07c1a41face739d0f by hand
--   --- before
--   +++ now
--   @@ -8,3 +8,7 @@
--        executed_at timestamptz,
--   -    created_at timestamptz not null default now()
--   +    created_at timestamptz not null default now(),
--   +    constraint command_has_1_to_10000_characters check (btrim(command) <> '' and char_length(command) <= 10000),
--   +    constraint result_is_an_object check (jsonb_typeof(result) = 'object'),
--   +    constraint result_has_at_most_1024_kilobytes_and_20_levels check (octet_length(result::text) <= 1048576 and not result @? '$.**{20}'),
--   +    constraint executed_at_is_in_this_century check (executed_at >= '2000-01-01' and executed_at < '2100-01-01')
--    );
alter table public.isa_commands add constraint command_has_1_to_10000_characters check (btrim(command) <> '' and char_length(command) <= 10000);
alter table public.isa_commands add constraint result_is_an_object check (jsonb_typeof(result) = 'object');
alter table public.isa_commands add constraint result_has_at_most_1024_kilobytes_and_20_levels check (octet_length(result::text) <= 1048576 and not result @? '$.**{20}');
alter table public.isa_commands add constraint executed_at_is_in_this_century check (executed_at >= '2000-01-01' and executed_at < '2100-01-01');

-- source: sql/20_tables/36_projects.sql sha256:1e6002673b0868c38102f7c245bfb08bb5243e9e797df0e80de7814370eaae74 by hand
--   --- before
--   +++ now
--   @@ -17,3 +17,5 @@
--        constraint name_has_at_most_200_characters check (char_length(name) <= 200),
--   -    constraint config_is_an_object check (jsonb_typeof(config) = 'object')
--   +    constraint config_is_an_object check (jsonb_typeof(config) = 'object'),
--   +    constraint description_has_at_most_10000_characters check (char_length(description) <= 10000),
--   +    constraint config_has_at_most_4096_kilobytes_and_20_levels check (octet_length(config::text) <= 4194304 and not config @? '$.**{20}')
--    );
alter table public.projects add constraint description_has_at_most_10000_characters check (char_length(description) <= 10000);
alter table public.projects add constraint config_has_at_most_4096_kilobytes_and_20_levels check (octet_length(config::text) <= 4194304 and not config @? '$.**{20}');
drop function private.audience(uuid);
drop function private.add_interviews(uuid);

-- source: sql/20_tables/38_threads.sql sha256:de57d8968527fe0c6886bc66ee3f1c6e948dcb4d4ea3f3df128337accf28c1f9 by hand
--   --- before
--   +++ now
--   @@ -32,2 +32,4 @@
--    create index idx_threads_due on private.threads (due_at) where task_id is not null;
--   +create index idx_threads_waiting on private.threads (client_id, due_at) where task_id is null and due_at is not null;
--   +create index idx_threads_queued on private.threads (client_id) where task_id is not null;
--    comment on table private.threads is
--   @@ -36,3 +38,3 @@
--    comment on column private.threads.lease is 'The fencing token of the turn under way. A commit with another token writes nothing.';
--   -comment on column private.threads.due_at is 'When the task is to be looked at next: an estimate that the sweep rings by.';
--   +comment on column private.threads.due_at is 'When the turn is to be looked at next: an estimate that the sweep rings by. With a due_at and no task_id the turn waits for admission; null: nothing waits.';
--    comment on column private.threads.address is 'How the lead wrote last, verbatim: {"wa_id", "bsuid"}. Replies go there.';
create index idx_threads_waiting on private.threads (client_id, due_at) where task_id is null and due_at is not null;
create index idx_threads_queued on private.threads (client_id) where task_id is not null;
comment on column private.threads.due_at is 'When the turn is to be looked at next: an estimate that the sweep rings by. With a due_at and no task_id the turn waits for admission; null: nothing waits.';

-- source: sql/20_tables/58_webhook_events.sql sha256:aa8cafbd722af4ccbef000aa2fda36cfbd8a24ae1561cb3aece28c7c9680575d by hand
--   --- before
--   +++ now
--   @@ -10,2 +10,3 @@
--        received_at timestamptz not null default now(),
--   +    field text,
--        constraint a_providers_item_is_taken_once unique (channel_account_id, provider_id),
--   @@ -17 +18,2 @@
--    comment on table public.webhook_events is 'Every item a provider sent, raw, once. What makes a repeated webhook harmless.';
--   +comment on column public.webhook_events.field is 'What the provider calls an item that is neither message nor status: account_update, smb_message_echoes, …';
alter table public.webhook_events add column field text;
comment on column public.webhook_events.field is 'What the provider calls an item that is neither message nor status: account_update, smb_message_echoes, …';

-- source: sql/20_tables/59_media.sql sha256:dc840f3f0e5a91b26378c3c951f32c389d73b1280881a57c80ab6dd684abd497
create table public.media (
    id uuid primary key default gen_random_uuid(),
    client_id uuid not null references public.clients (id),
    lead_id uuid not null,
    channel_account_id uuid not null,
    message_id uuid not null,
    message_kind text not null,
    type text not null,
    provider_media_id text not null,
    provider_url text,
    mime_type text,
    file_name text,
    sha256 text,
    size bigint,
    fetch_before timestamptz not null,
    status public.media_status not null,
    storage_path text,
    attempts integer not null default 0,
    due_at timestamptz not null default now(),
    task_id bigint,
    claim uuid,
    error jsonb,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    stored_at timestamptz,
    unique (client_id, id),
    foreign key (client_id, lead_id) references public.leads (client_id, id),
    foreign key (client_id, channel_account_id) references public.channel_accounts (client_id, id),
    constraint message_kind_is_a_table_of_messages check (message_kind in ('interview_messages', 'messages')),
    constraint stored_ones_say_where check ((storage_path is not null) = (status = 'stored') and (stored_at is not null) = (status = 'stored')),
    constraint failed_and_expired_ones_say_why check (status not in ('failed', 'expired') or error is not null),
    constraint only_waiting_ones_have_a_task check (task_id is null or status = 'waiting'),
    constraint size_is_not_negative check (size >= 0)
);
create index idx_media_client_id on public.media (client_id, created_at);
create index idx_media_lead_id on public.media (client_id, lead_id);
create index idx_media_channel_account_id on public.media (client_id, channel_account_id);
create index idx_media_message_id on public.media (message_id);
create index idx_media_waiting on public.media (client_id, due_at) where status = 'waiting';
comment on table public.media is 'Files that leads sent: what is needed to fetch each in time, and where it lies once it was.';
comment on column public.media.message_id is 'The message it came with, a row of the table that message_kind names. (Messages are partitioned: no foreign key.)';
comment on column public.media.sha256 is 'As the provider says it, in hex or base64, until the file is stored; then its own, in hex.';
comment on column public.media.fetch_before is 'Until when the provider keeps the file.';
comment on column public.media.storage_path is 'In the bucket that the setting media_bucket names: <client_id>/<lead_id>/<id>.';
comment on column public.media.task_id is 'Its task in pgmq; null: not admitted yet, or done.';

-- source: sql/20_tables/60_failed_tasks.sql sha256:31155335d05606ca6a7dc167e767a8ab7729bd91b2836c46f5d5308cf4e9e7ea by hand
--   --- before
--   +++ now
--   @@ -12,3 +12,4 @@
--        replayed_at timestamptz,
--   -    resolved_at timestamptz
--   +    resolved_at timestamptz,
--   +    msg_id bigint
--    );
--   @@ -17 +18,2 @@
--    comment on table public.failed_tasks is 'The dead letters: work that failed for good, with its error. The queue of the same name carries their ids.';
--   +comment on column public.failed_tasks.msg_id is 'The message in the queue failed_tasks that carries this row''s id, while it is dead.';
alter table public.failed_tasks add column msg_id bigint;
comment on column public.failed_tasks.msg_id is 'The message in the queue failed_tasks that carries this row''s id, while it is dead.';

-- source: sql/30_rules/07_media_bucket.sql sha256:8a0f8ec106faccb874d605ad6c0a5c4833184fd36fb5bb8b9a9ba544b7682cff
create or replace function private.media_bucket() returns text
language sql stable security definer set search_path = ''
as $$
    select private.setting('media_bucket') #>> '{}';
$$;
comment on function private.media_bucket() is 'The bucket that leads'' files are fetched into; null where none is configured.';

-- source: sql/30_rules/16_asks_for_rows.sql sha256:3a123e4491747de28d6993cc6f300d469b0901905f38dcac0be78682c73c22ec
create or replace function private.asks_for_rows() returns boolean
language plpgsql immutable set search_path = ''
as $$
begin
    -- SECURITY: PostgREST answers Prefer: count=planned (and estimated, beyond max-rows) with the planner's estimate, by EXPLAIN. The planner knows
    -- statistics of the whole table, whosever the rows are: by asking for ever narrower ranges anybody who signed up could read telephone numbers
    -- and names out of the histograms. Declared immutable so that it is computed while planning and costs the plan nothing: an EXPLAIN that
    -- comes through the API plans a table without rows.
    if coalesce(current_setting('request.path', true), '') = '' or current_query() !~* '^\s*explain' then
        return true;
    end if;
    -- For whoever asks in good faith; the header is not what decides, since only one of several can be read here.
    if nullif(current_setting('request.headers', true), '')::json ->> 'prefer' ~ 'count=planned' then
        raise exception 'count=planned is not answered: it would be estimated from everybody''s rows' using errcode = '22023', hint = 'Ask for count=exact or count=estimated.';
    end if;
    return false;
end
$$;
comment on function private.asks_for_rows() is 'Whether a request through the API asks for rows: false where it only has a plan estimated. What every policy for select asks, outside of any sub-select.';

-- source: sql/30_rules/20_normalize_phone.sql sha256:749ec9bf73f6991715958eb54ebaf88b92951626401183db87238feb05d5fa0b
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
    -- The country codes that are given out to countries and networks (ITU-T E.164): nobody has a number under another one.
    if digits !~ ('^(1|7|2[07]|21[12368]|2[2346][0-9]|25[0-8]|29[01789]|3[0-469]|3[57][0-9]|38[0-35-79]|4[013-9]|42[013]|5[1-8]|5[09][0-9]'
        || '|6[0-6]|67[02-9]|68[0-35-9]|69[0-2]|8[1246]|85[02356]|87[08]|88[012368]|9[0-58]|96[0-8]|97[0-7]|99[2-68])') then
        return null;
    end if;
    return '+' || digits;
end
$$;
comment on function private.normalize_phone(text) is
'A phone number in E.164; null if it cannot be one, or is of no country. Without + or 00 it is taken as Brazilian, with or without 55; a mobile''s missing ninth digit is put in.';

-- source: sql/30_rules/25_lead_column.sql sha256:2f629fd769416e3467afc32e563eaa78811d4575aaf8d0c3c5492dc6ea9ec934
create or replace function private.lead_column(header text) returns text
language sql immutable set search_path = ''
as $$
    select case
        when h.words in ('whatsapp', 'numero do whatsapp', 'numero whatsapp', 'zap') then 'phone 1'
        when h.words in ('celular', 'numero do celular', 'telefone celular', 'mobile', 'mobile phone', 'cell', 'cell phone', 'cellphone') then 'phone 2'
        when h.words in ('telefone', 'numero de telefone', 'numero do telefone', 'fone', 'tel', 'phone', 'phone number', 'telephone') then 'phone 3'
        when h.words in ('nome', 'nome completo', 'name', 'full name') then 'name 1'
        when h.words in ('email', 'e mail', 'endereco de email', 'endereco de e mail', 'email address', 'e mail address') then 'email 1'
        when h.words = 'metadata' then 'metadata 1'
    end
    -- The column full_name, too: an underscore is no letter.
    from (select private.plain(lead_column.header) as words) as h;
$$;
comment on function private.lead_column(text) is
'What a column of a list of leads holds by its header, Portuguese or English: phone, name, email or metadata, and its rank among several of one kind. null: something else.';

-- source: sql/30_rules/25_looks_unfinished.sql sha256:5a06bbba81516204bd2e11e0fa3bb2264bd0c72ee18a2d5f824ae652eb472479
create or replace function private.looks_unfinished(txt text) returns boolean
language sql immutable set search_path = ''
as $$
    select coalesce(
        btrim(looks_unfinished.txt) ~ '([,;:…(]|\.\.|[^-]-)$'
        -- The last word asks for another: a conjunction, a preposition, an article. "é" is "yes" as often as it is a beginning, so accents count.
        or lower(normalize(btrim(looks_unfinished.txt), nfc)) ~ concat(
            '(^|\s)(e|mas|porque|pq|por causa|que|se|quando|ou|com|sem|para|pra|pro|de|do|da|dos|das|em|no|na|nos|nas',
            '|o|a|os|as|um|uma|tipo|então|entao|além disso|alem disso)$'
        )
        -- Not said yet, only announced.
        or private.plain(looks_unfinished.txt) in ('pera', 'perai', 'espera', 'espera ai', 'calma', 'so um momento', 'um momento', 'um minuto', 'so um minuto', 'deixa eu ver', 'deixa eu pensar', 'ja respondo'),
        false
    );
$$;
comment on function private.looks_unfinished(text) is
'Whether what a lead wrote breaks off in the middle or only announces that more will come: then its burst is waited for longer.';

-- source: sql/30_rules/26_checked_phone.sql sha256:c1d6dcaa718fd2ef5ec436d91dca41b3d17b9a59ead0c28c59925f7a4bebd33c
create or replace function private.checked_phone(written text) returns text
language plpgsql immutable set search_path = ''
as $$
declare
    phone text := private.normalize_phone(written);
begin
    if phone is null and btrim(written) <> '' then
        raise exception 'phone % cannot be a telephone number', quote_literal(left(written, 100))
            using errcode = '22023', hint = 'Give the area code and number, e.g. (11) 98765-4321, or the international form, e.g. +5511987654321.';
    end if;
    return phone;
end
$$;
comment on function private.checked_phone(text) is 'A phone in E.164, null for a blank one; raises 22023 for what cannot be a phone. What the triggers on leads and profiles ask.';

-- source: sql/30_rules/26_debounce_ms.sql sha256:17031cc32274a2b5adeffccb4a0cfb1be1b09ffe3378f13f2ff21935885472b6
create or replace function private.debounce_ms(metadata jsonb, content text, question_type text) returns integer
language sql stable set search_path = ''
as $$
    select case
        when s.pause = 0 then 0
        -- A tap is a whole answer, and who wants to be left alone is not kept waiting.
        when coalesce(debounce_ms.metadata ->> 'type', 'text') in ('button', 'list', 'flow') or private.is_opt_out(debounce_ms.content) then 0
        -- One word answers a closed question, unless it is a "mas" or a "porque". One or two letters are an option's.
        when debounce_ms.question_type in ('number', 'scale', 'yes_no', 'choice') and btrim(debounce_ms.content) ~ '^\S+$'
            and (length(btrim(debounce_ms.content)) <= 2 or not private.looks_unfinished(debounce_ms.content)) then 0
        when private.looks_unfinished(debounce_ms.content) then greatest(s.pause, private.setting_int('debounce_unfinished_ms'))
        else s.pause
    end
    from (select private.setting_int('debounce_ms') as pause) as s;
$$;
comment on function private.debounce_ms(jsonb, text, text) is
'Milliseconds to wait for more after this message (metadata, content) of a lead who was last asked a question of that type (null: none). None after a tap, an opt-out or one word to a closed question; longer after what looks unfinished.';

-- source: sql/30_rules/26_is_email.sql sha256:aa5e0004586b97358387a3614695c62211eccb067b72db255edacee872f1601d
create or replace function private.is_email(address text) returns boolean
language sql immutable set search_path = ''
as $$
    select is_email.address ~ '^[^@\s[:cntrl:],;<>]+@[^@\s[:cntrl:],;<>]+\.[^@\s[:cntrl:],;<>.]+$' and char_length(is_email.address) <= 254;
$$;
comment on function private.is_email(text) is 'Whether a text can be one e-mail address.';

-- source: sql/30_rules/27_csv_rows.sql sha256:e68babfa1b66fe2507026541299a26277cc089c5a70bc68e55706648322b8871
create or replace function private.csv_rows(csv text, max_rows integer) returns table (line integer, content jsonb, problem text)
language plpgsql immutable rows 10000 set search_path = ''
as $$
#variable_conflict use_column
declare
    -- Without a byte order mark, with one kind of line end, and of the control characters only tab and line end.
    txt text := translate(
        replace(replace(ltrim(csv_rows.csv, E'\uFEFF'), E'\r\n', E'\n'), E'\r', E'\n') || E'\n',
        E'\x01\x02\x03\x04\x05\x06\x07\x08\x0B\x0C\x0E\x0F\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1A\x1B\x1C\x1D\x1E\x1F\x7F', repeat(' ', 29)
    );
    first_line text := regexp_replace(substring(txt from '^\s*([^\n]*)'), '"(?:[^"]|"")*"', '', 'g');
    separator text;
    cells text[];
    lines integer[];
    places integer[];
    headers text[];
    header_line integer;
    twice text;
begin
    -- Excel may name its separator in a line of its own (sep=;); otherwise it is what stands most often in the header.
    separator := coalesce(substring(first_line from '^sep=([,;\t|])$'), (
        select s.c from unnest(array[';', ',', E'\t', '|']) with ordinality as s (c, ord)
        order by length(first_line) - length(replace(first_line, s.c, '')) desc, s.ord
        limit 1
    ));
    -- Each cell with what ends it. A quote that nothing closes right before a separator is a character like others: it harms its own line only.
    select array_agg(u.cell order by u.ord), array_agg(u.line order by u.ord), array_agg(u.place order by u.ord)
    into cells, lines, places
    from (
        select p.ord, p.line, row_number() over (partition by p.line order by p.ord)::integer as place,
            case
                when p.written like '"%"' and length(p.written) > 1 then btrim(replace(substr(p.written, 2, length(p.written) - 2), '""', '"'), E' \n\t')
                else p.written
            end as cell
        from (
            select t.ord, btrim(left(t.cell, -1), E' \t') as written,
                (1 + count(*) filter (where right(t.cell, 1) = E'\n') over (order by t.ord rows between unbounded preceding and 1 preceding))::integer as line
            from (
                select m.found[1] as cell, m.ord
                from regexp_matches(txt, replace('[ ]*"(?:[^"]|"")*"[ ]*[;\n]|[^;\n]*[;\n]', ';', separator), 'g') with ordinality as m (found, ord)
            ) as t
        ) as p
    ) as u;
    select min(c.line) into header_line
    from unnest(cells, lines) as c (cell, line)
    where c.cell <> '' and c.cell !~ '^sep=[,;\t|]?$';
    if header_line is null then
        raise exception 'the file is empty' using errcode = '22023', hint = 'Its first line names the columns, e.g. nome;telefone;email.';
    end if;
    headers := array(
        -- A column without a name keeps its place as one.
        select case c.cell when '' then 'column ' || c.place else c.cell end
        from unnest(cells, lines, places) as c (cell, line, place)
        where c.line = header_line
        order by c.place
    );
    select h.name into twice from unnest(headers) as h (name) group by h.name having count(*) > 1 limit 1;
    if twice is not null then
        raise exception 'the file has two columns named %', quote_literal(left(twice, 100)) using errcode = '22023', hint = 'Give each column its own name.';
    end if;
    if not exists (select from unnest(headers) as h (name) where private.lead_column(h.name) like 'phone%') then
        raise exception 'the file has no column for the phone; its columns are %', left(array_to_string(headers, ', '), 500)
            using errcode = '22023', hint = 'Name it whatsapp, celular, telefone or phone, in the first line.';
    end if;
    if (select count(distinct c.line) from unnest(cells, lines) as c (cell, line) where c.cell <> '') > csv_rows.max_rows + 1 then
        raise exception 'the file has more than % rows', csv_rows.max_rows using errcode = '22023', hint = 'Import it in several files.';
    end if;
    return query
    select c.line, coalesce(jsonb_object_agg(headers[c.place], c.cell) filter (where c.cell <> '' and c.place <= cardinality(headers)), '{}'),
        case when bool_or(c.cell <> '' and c.place > cardinality(headers))
            then format('the line has %s cells where the header has %s', max(c.place) filter (where c.cell <> ''), cardinality(headers)) end
    from unnest(cells, lines, places) as c (cell, line, place)
    where c.line > header_line
    group by c.line
    having bool_or(c.cell <> '');
end
$$;
comment on function private.csv_rows(text, integer) is
'The rows of a list of leads as a CSV file (RFC 4180; separated by comma, semicolon, tab or bar; byte order mark and Excel''s sep= line known) as objects by column name, without empty cells and empty rows. line is the row''s number as a spreadsheet shows it. problem: why the row cannot be read. Raises 22023 when the file as a whole cannot be read.';

-- source: sql/30_rules/27_question_type.sql sha256:c63de06721316ee728d5c95cc6ef1a845ed5a39207b0be43c4af2b62936be7ab
create or replace function private.question_type(interview_id uuid) returns text
language sql stable security definer set search_path = ''
as $$
    select q.v ->> 'type'
    from public.interviews as i
    join public.projects as p on p.id = i.project_id
    cross join jsonb_array_elements(p.config #> '{questionnaire,questions}') as q (v)
    where i.id = question_type.interview_id and q.v ->> 'key' = i.current_question
    limit 1;
$$;
comment on function private.question_type(uuid) is 'The type of the question that an interview''s lead was last asked; null before the first one.';

-- source: sql/30_rules/28_read_leads.sql sha256:eeac2eddbf20abf5981f31baa7def00d2571267e48c045ccd1a177b01a75d6e0
create or replace function private.read_leads(csv text, list jsonb, max_rows integer)
returns table (line integer, phone text, name text, email text, metadata jsonb, column_name text, value text, reason text)
language plpgsql immutable rows 10000 set search_path = ''
as $$
#variable_conflict use_column
begin
    if jsonb_array_length(read_leads.list) > read_leads.max_rows then
        raise exception 'the list has more than % rows', read_leads.max_rows using errcode = '22023', hint = 'Import it in several lists.';
    end if;
    return query
    with
    given as materialized (
        select r.line, r.content, r.problem from private.csv_rows(read_leads.csv, read_leads.max_rows) as r where read_leads.csv is not null
        union all
        select e.ord::integer, e.content, case when jsonb_typeof(e.content) <> 'object' then 'a row must be an object' end
        from jsonb_array_elements(read_leads.list) with ordinality as e (content, ord)
    ),
    cells as materialized (
        select g.line, c.key, c.value, case when jsonb_typeof(c.value) not in ('object', 'array') then btrim(c.value #>> '{}', E' \t\n') end as txt
        from given as g
        cross join lateral jsonb_each(case jsonb_typeof(g.content) when 'object' then g.content else '{}' end) as c
        where jsonb_typeof(c.value) <> 'null'
    ),
    columns as materialized (
        select k.key, split_part(private.lead_column(k.key), ' ', 1) as kind, private.lead_column(k.key) as ranked
        from (select distinct c.key from cells as c) as k
    ),
    -- Of several numbers the likeliest to be WhatsApp's counts; the others are kept like what has no column of its own.
    placed as (
        select c.*, k.kind, row_number() over (partition by c.line, k.kind order by k.ranked, c.key) as place
        from cells as c
        join columns as k on k.key = c.key
        where c.txt is distinct from ''
    ),
    rows as (
        select p.line,
            max(p.key) filter (where p.kind = 'phone' and p.place = 1) as phone_column,
            max(p.txt) filter (where p.kind = 'phone' and p.place = 1) as phone,
            max(p.key) filter (where p.kind = 'name' and p.place = 1) as name_column,
            nullif(btrim(regexp_replace(max(p.txt) filter (where p.kind = 'name' and p.place = 1), '[[:cntrl:]]+', ' ', 'g')), '') as name,
            max(p.key) filter (where p.kind = 'email' and p.place = 1) as email_column,
            max(p.txt) filter (where p.kind = 'email' and p.place = 1) as email,
            min(p.key) filter (where p.kind in ('phone', 'name', 'email') and p.place = 1 and p.txt is null) as no_text_column,
            jsonb_agg(p.value) filter (where p.kind = 'metadata' and p.place = 1) -> 0 as metadata,
            jsonb_object_agg(p.key, p.value) filter (where p.kind is null or p.place > 1) as others,
            -- The sign for what could not be read, and what UTF-8 looks like when it is read as Latin-1: Ã and a sign after it.
            (array_agg(array[p.key, p.txt]) filter (where p.txt ~ '\uFFFD|\u00C3[\u0080-\u009F\u00A1-\u00BF]'))[1:1] as garbled
        from placed as p
        group by p.line
    ),
    judged as (
        select g.line, r.phone, r.name, r.email, r.phone_column, r.name_column, r.email_column, r.no_text_column, n.phone as number,
            coalesce(r.others, '{}') || case jsonb_typeof(r.metadata) when 'object' then r.metadata else '{}' end as metadata,
            case
                when g.problem is not null then array[null, null, g.problem]
                when r.no_text_column is not null then array[r.no_text_column, null, 'must be a text']
                when r.garbled is not null
                    then array[r.garbled[1][1], r.garbled[1][2], 'the text is garbled: the file was read in a wrong encoding; save it as CSV UTF-8']
                when r.phone is null then array[coalesce(r.phone_column, 'phone'), null, 'the phone is missing']
                when r.phone ~* '^[0-9]+([.,][0-9]+)?E[+]?[0-9]+$'
                    then array[r.phone_column, r.phone, 'the spreadsheet has rounded the number: format the column as text and export it again']
                when n.phone is null and regexp_replace(r.phone, '[^0-9]', '', 'g') ~ '^[2-9][0-9]{7,8}$' and r.phone !~ '^\s*(\+|00)'
                    then array[r.phone_column, r.phone, 'the number has no area code: write it like (11) 98765-4321']
                when n.phone is null
                    then array[r.phone_column, r.phone, 'cannot be a telephone number: write it like (11) 98765-4321, or like +351 912 345 678 for another country']
                when char_length(r.name) > 200 then array[r.name_column, r.name, 'the name has more than 200 characters']
                when not private.is_email(r.email) then array[r.email_column, r.email, 'is not an e-mail address']
                when jsonb_typeof(r.metadata) <> 'object' then array['metadata', r.metadata #>> '{}', 'must be an object']
                -- As the table says. The two parts together are never longer than apart.
                when coalesce(octet_length(r.others::text), 0) + coalesce(octet_length(r.metadata::text), 0) > 65536
                    then array[null, null, 'the row has more than 64 kilobytes']
                when r.others @? '$.**{20}' or r.metadata @? '$.**{20}' then array[null, null, 'the row is nested more than 20 levels deep']
            end as problem
        from given as g
        left join rows as r on r.line = g.line
        cross join lateral private.normalize_phone(regexp_replace(r.phone, '\.0$', '')) as n (phone)
    )
    select j.line, j.number, j.name, lower(j.email), j.metadata,
        case when j.problem is null then j.phone_column else j.problem[1] end,
        left(regexp_replace(case when j.problem is null then j.phone else j.problem[2] end, '[[:cntrl:]]+', ' ', 'g'), 100),
        j.problem[3]
    from judged as j;
end
$$;
comment on function private.read_leads(text, jsonb, integer) is
'Reads a list of leads, a CSV file or a list of objects: every row with its lead as it would be stored and, where it is refused, the reason. column_name and value are what the reason is about, else the phone as written. Columns are known by private.lead_column, the others go into metadata. Pure.';

-- source: sql/30_rules/30_question_problem.sql sha256:879fe6ae5e74bb91d76dc317f24a77e7d0d8419efa011f3dbd49258fec08745e
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
                where jsonb_typeof(o.v) <> 'string' or btrim(o.v #>> '{}') = '' or char_length(o.v #>> '{}') > 200
            ) then
            return format('question %s needs options: 2 to 20 texts of at most 200 characters', k);
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

-- source: sql/30_rules/32_project_config_problem.sql sha256:7263cff51f50baa56c9f8d14568074cfa2b7e7799cb73c9ea45f1c13a73a5a6e
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

-- source: sql/30_rules/45_retry_wait.sql sha256:6561581cfa8a5cc5023061fb0299cd770b4312656a8c677e49d81363bcd765d8
create or replace function private.retry_wait(error jsonb, retryable boolean, attempts integer, out wait interval, out counted boolean)
language sql stable set search_path = ''
as $$
    select
        case
            when not retryable then null
            -- Throttled: the other side says when to come back, and that was no attempt at the work.
            when e.after_ms is not null then make_interval(secs => least(greatest(e.after_ms, 1), 3600000) / 1000.0)
            when retry_wait.attempts < private.setting_int('max_attempts') then make_interval(secs => coalesce(
                (private.setting('retry_after_s') ->> (retry_wait.attempts - 1))::integer, (private.setting('retry_after_s') ->> -1)::integer
            ))
        end,
        e.after_ms is null
    from (
        select case jsonb_typeof(retry_wait.error -> 'retry_after_ms') when 'number' then (retry_wait.error ->> 'retry_after_ms')::numeric end as after_ms
    ) as e;
$$;
comment on function private.retry_wait(jsonb, boolean, integer) is
'When work that failed so many times is tried again: wait (null: never) and whether the attempt counted. 1, 5, 25 seconds after a failure; after error.retry_after_ms, at most an hour, when the other side throttled.';

-- source: sql/30_rules/46_bury.sql sha256:41898db38fb0bec9edf10471f66f3d164ffc37e4dbf51ecff0e88919c6773572
create or replace function private.bury(queue text, task text, task_row_id uuid, client_id uuid, msg_id bigint, error jsonb, attempts integer) returns uuid
language plpgsql security definer set search_path = ''
as $$
declare
    failed_id uuid := gen_random_uuid();
begin
    insert into public.failed_tasks (id, client_id, queue, task, task_row_id, payload, error, attempts, msg_id)
    values (
        failed_id, bury.client_id, bury.queue, bury.task, bury.task_row_id,
        private.task_message(bury.task, bury.task_row_id, bury.client_id, bury.attempts), bury.error, bury.attempts,
        (select s.id from pgmq.send('failed_tasks', jsonb_build_object('id', failed_id, 'client_id', bury.client_id), 0) as s (id))
    );
    if bury.msg_id is not null then
        perform pgmq.delete(bury.queue, bury.msg_id);
    end if;
    return failed_id;
end
$$;
comment on function private.bury(text, text, uuid, uuid, bigint, jsonb, integer) is
'Ends a task for good: a row in failed_tasks, its id on the queue of that name, the task gone from its own queue.';

-- source: sql/30_rules/52_template_for.sql sha256:b8713e3686a0268a080d63ea502f06abebca575580f103894f57981d812b7d5b
create or replace function private.template_for(client_id uuid, channel_account_id uuid, purpose public.template_purpose, name text)
returns public.message_templates
language sql stable set search_path = ''
as $$
    -- SECURITY: under the asker's rights, as private.account_for.
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

-- source: sql/30_rules/53_account_for.sql sha256:d8aadf5deb12182593b26f580c440a0398e6bd16a1b5a4701bfe6e7fdc3e6aca
create or replace function private.account_for(client_id uuid, channel_account_id uuid) returns uuid
language sql stable set search_path = ''
as $$
    -- SECURITY: under the asker's rights. A trigger asks before the policies refuse a row in another client's name; its answer must not tell what that client has.
    select a.id
    from public.channel_accounts as a
    where a.client_id = account_for.client_id and a.channel = 'whatsapp'
        and (a.id = account_for.channel_account_id or account_for.channel_account_id is null) and a.status = 'active'
    order by a.created_at, a.id
    limit 1;
$$;
comment on function private.account_for(uuid, uuid) is 'The WhatsApp account to write from: the one given, or the client''s oldest; active ones only. null if there is none.';

-- source: sql/30_rules/56_lead_of_sender.sql sha256:a087efe983715d187e83ee24b095308d1ae12f5e5ed97340f4a4807c89918e5e
create or replace function private.lead_of_sender(client_id uuid, sender jsonb) returns uuid
language sql stable security definer set search_path = ''
as $$
    select i.lead_id
    from public.lead_identities as i
    join (values
        (1, 'wa_id', sender ->> 'wa_id'), (2, 'phone', private.phone_key(sender ->> 'wa_id')), (3, 'bsuid', sender ->> 'bsuid')
    ) as s (priority, kind, value) on i.kind = s.kind::public.identity_kind and i.value = s.value
    where i.client_id = lead_of_sender.client_id
    order by s.priority
    limit 1;
$$;
comment on function private.lead_of_sender(uuid, jsonb) is 'The lead that a sender {"wa_id", "bsuid"} is known to be; null for a stranger. The number decides where it is given and known, since invitations go to numbers: a person first met by a business-scoped id alone is another lead until somebody says otherwise.';

-- source: sql/30_rules/57_meet_sender.sql sha256:36b7aa72fa084a048a71778cf5fe8c0cd3a01209b1acea03257e82aec4f082dc
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
    if known is null and number is null then
        -- Nothing of the lead's own row tells two of the same stranger apart: one after the other.
        perform pg_advisory_xact_lock(hashtextextended('meet ' || meet_sender.client_id || coalesce(sender ->> 'wa_id', sender ->> 'bsuid'), 0));
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

-- source: sql/30_rules/59_add_member.sql sha256:702e16ed1cceffda189a4cec7ea2d9faae37da72c500e3d14366a7a65d517e4a
create or replace function private.add_member(client_id uuid, email text, role public.member_role) returns public.client_members
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
    address text := lower(btrim(add_member.email));
    member public.client_members;
    is_owner boolean;
    -- SECURITY: an address counts once its owner confirmed it, here as in private.profile_of_user.
    person uuid := (select u.id from auth.users as u where lower(u.email) = address and u.email_confirmed_at is not null);
begin
    if private.is_email(address) is not true then
        raise exception 'email % is not an e-mail address', coalesce(quote_literal(left(address, 100)), 'null') using errcode = '22023';
    end if;
    -- One change of a client's people at a time, or two of its owners could each take the other's place away.
    perform from public.clients as c where c.id = add_member.client_id for no key update;
    -- Who has another address by now keeps the one place.
    if exists (select from public.client_members as m where m.client_id = add_member.client_id and m.profile_id = person and m.email <> address) then
        delete from public.client_members as m where m.client_id = add_member.client_id and m.email = address and m.profile_id is null;
        update public.client_members as m set email = address where m.client_id = add_member.client_id and m.profile_id = person;
    end if;
    is_owner := exists (
        select from public.client_members as m
        where m.client_id = add_member.client_id and m.email = address and m.role = 'owner' and m.status = 'active'
    );
    insert into public.client_members as m (client_id, email, role, profile_id, status, invited_by)
    values (
        add_member.client_id, address, coalesce(add_member.role, 'staff'), person, case when person is null then 'invited' else 'active' end::public.member_status,
        private.current_profile_id()
    )
    on conflict (client_id, email) do update
    set role = excluded.role,
        profile_id = coalesce(excluded.profile_id, m.profile_id),
        status = case when m.status = 'active' then m.status else excluded.status end
    returning * into member;
    if member.role <> 'owner' and not exists (
        select from public.client_members as m
        where m.client_id = add_member.client_id and m.role = 'owner'
            -- An invitation that nobody took up yet is no owner to leave the client to.
            and (m.status = 'active' or (m.status = 'invited' and not is_owner))
    ) then
        raise exception 'a client keeps at least one owner' using errcode = '22023';
    end if;
    return member;
end
$$;
comment on function private.add_member(uuid, text, public.member_role) is
'Invites an e-mail address to a client; active at once where somebody has confirmed that address already. A removed member is invited anew. Idempotent.';

-- source: sql/30_rules/60_audience.sql sha256:53d52549d5427c9d3cb8cc9939356574da1f9256951ec4363cb6ad7331fbba75
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
            where i.client_id = l.client_id and i.lead_id = l.id and i.kind in ('wa_id', 'bsuid')
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

-- source: sql/30_rules/61_add_interviews.sql sha256:7c68a6f5735a49d3e3c97974f218603c2b5be832ec09d1ca1162c32f1b637e64
create or replace function private.add_interviews(project_id uuid, lead_ids uuid[] default null) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
    added integer;
begin
    insert into public.interviews (client_id, lead_id, project_id)
    select p.client_id, a.lead_id, p.id
    from public.projects as p
    cross join private.audience(p.id, add_interviews.lead_ids) as a
    where p.id = add_interviews.project_id and a.left_out is null and p.config ? 'questionnaire'
    order by a.lead_id
    on conflict on constraint a_lead_is_interviewed_once_per_project do nothing;
    get diagnostics added = row_count;
    return added;
end
$$;
comment on function private.add_interviews(uuid, uuid[]) is
'Makes the interviews of a project''s audience, or of these leads if they belong to it, each once. Idempotent. Returns how many were new. A project without a questionnaire has none.';

-- source: sql/30_rules/62_invite.sql sha256:0364dbfd3bf32fe57e9edda6ca1dcc6673a6e9f90061429f3196f67af922bac7
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
        for update of i skip locked
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
        where i.id = any (ids) and t.id = any (thread_ids) and t.interview_id is null and t.task_id is null and t.due_at is null
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
    set invited_at = now(), thread_id = c.thread_id
    from chosen as c
    where i.id = c.interview_id and c.refusal is null;
    get diagnostics invited = row_count;
    return invited;
end
$$;
comment on function private.invite(uuid, integer) is
'Makes the next invitations of an active project, at most max: takes each lead''s thread for the interview, writes the message and its delivery. Returns how many were made. Idempotent: an interview is invited once.';

-- source: sql/30_rules/68_retry_delivery.sql sha256:41c095ff5f1ab3c2ef3169cb973b710c39a8a163d02fc9dc940ecdcd5e8ec4c0
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
        set status = 'queued', claim = null, error = retry_delivery.error, due_at = clock_timestamp() + again.wait,
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

-- source: sql/30_rules/71_admit_turns.sql sha256:0df301c7b86465928dc75954b0081e8b070d7519ef11ceb24f1d6ba5fb634b46
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
        for update skip locked
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

-- source: sql/30_rules/72_queue_turn.sql sha256:1fde39440145ab1aaa1bbda568a451a07ca6bdaec23becf9c5e6779210ede543
create or replace function private.queue_turn(thread_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
begin
    update private.threads as t
    set due_at = greatest(t.not_before, clock_timestamp()), attempts = 0
    where t.id = queue_turn.thread_id and t.task_id is null and t.inbound_seq > t.handled_seq;
    perform private.admit_turns(t.client_id) from private.threads as t where t.id = queue_turn.thread_id;
end
$$;
comment on function private.queue_turn(uuid) is 'Has a turn of a thread that has unhandled input wait for admission, unless one is queued. Idempotent.';

-- source: sql/30_rules/76_retry_turn.sql sha256:69c1927348254f0614d499940b686b70edf265ad7a0f1682acb22c20ac9f159e
create or replace function private.retry_turn(thread_id uuid, error jsonb, retryable boolean, status public.turn_status) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    t private.threads;
    again record;
begin
    select * into strict t from private.threads as x where x.id = retry_turn.thread_id;
    select * into again from private.retry_wait(retry_turn.error, retry_turn.retryable, t.attempts);
    -- Who is throttled for a day is not answered any more: the time in which a reply may be sent is over.
    if not again.counted and t.waiting_since < now() - interval '24 hours' then
        again.wait := null;
    end if;
    if t.lease is not null and (again.counted or again.wait is null) then
        -- A crash is noticed late: what it held ended when its lease lapsed.
        insert into public.turns (id, client_id, thread_id, interview_id, status, from_seq, to_seq, attempt, reruns, error, started_at, finished_at)
        values (
            t.lease, t.client_id, t.id, t.interview_id, retry_turn.status, t.handled_seq, t.lease_seq, t.attempts, t.reruns, retry_turn.error,
            t.lease_began_at, case retry_turn.status when 'crashed' then t.lease_until else clock_timestamp() end
        )
        on conflict (id) do nothing;
    end if;
    if again.wait is not null then
        update private.threads as x
        set lease = null, lease_until = null, due_at = clock_timestamp() + again.wait, attempts = case when again.counted then x.attempts else x.attempts - 1 end
        where x.id = t.id;
        perform pgmq.set_vt('high_priority', t.task_id, ceil(extract(epoch from again.wait))::integer);
        return jsonb_build_object('outcome', 'retry', 'retry_in_ms', ceil(extract(epoch from again.wait) * 1000)::integer);
    end if;
    -- The input stays unhandled: the lead's next message, or a replay, has it answered after all.
    perform private.bury('high_priority', 'agent_turn', t.id, t.client_id, t.task_id, retry_turn.error, t.attempts);
    update private.threads as x
    set lease = null, lease_until = null, task_id = null, due_at = null, attempts = 0, waiting_since = null, not_before = null
    where x.id = t.id;
    return jsonb_build_object('outcome', 'dead', 'retry_in_ms', null);
end
$$;
comment on function private.retry_turn(uuid, jsonb, boolean, public.turn_status) is
'After a failed turn: again after 1, 5, 25 seconds (throttled: when error.retry_after_ms says, uncounted, for a day at most), or, when that was the last attempt or the error is permanent, a dead letter. The attempt is kept in turns.';

-- source: sql/30_rules/77_begin_turns.sql sha256:5eb25e7b68c00cc665941844ac9af68056058f5c162e684f8b3f4b6bcb49328d
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

-- source: sql/30_rules/79_lock_threads.sql sha256:70e51a469225c223a0da555952aec81a29a6ca6b05433958093bfd4e24ec3dd5
create or replace function private.lock_threads(thread_ids uuid[]) returns void
language plpgsql security definer set search_path = ''
as $$
begin
    -- LOCK ORDER, here and everywhere: webhook_events (by provider id) → new leads (by phone) and their identities and threads → interviews (by id) → threads (by id) → leads →
    -- deliveries → messages (insert only) → pgmq rows → pg_net. A tenant's PATCH of an interview has the interview first, so must we.
    perform from public.interviews as i
    where i.id in (select t.interview_id from private.threads as t where t.id = any (thread_ids))
    order by i.id
    for no key update;
    perform from private.threads as t where t.id = any (thread_ids) order by t.id for update;
end
$$;
comment on function private.lock_threads(uuid[]) is 'Locks threads and their live interviews in the order that cannot deadlock.';

-- source: sql/30_rules/83_commit_turn.sql sha256:c7ecce02656146a96017252c5c610ff8100983c1cb96320c02f3e940fa74d88d
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
'Commits one turn under its interview''s and thread''s locks: answers, interview, reply, delivery, task and lease in one transaction. A stale lease writes nothing; a commit repeated hears again what it said; newer input makes it superseded (same lease, run again) a bounded number of times, then it answers anyway and a further turn follows.';

-- source: sql/30_rules/83_committed_turn.sql sha256:32c7c120d6075d44a5c42476daf2c90426086d78a00992aab279dbf200c7e3c6
create or replace function private.committed_turn(lease uuid, thread_id uuid) returns jsonb
language sql stable security definer set search_path = ''
as $$
    -- The answer to a commit may get lost on its way. Then nobody would send the reply that it has claimed, until the claim lapses.
    select coalesce((
        select jsonb_build_object('verdict', t.status, 'delivery', (
            select private.delivery_task(d)
            from public.deliveries as d
            join public.interview_messages as m on m.id = d.message_id and m."timestamp" >= t.started_at
            where d.thread_id = t.thread_id and d.status = 'sending' and d.attempts = 1 and d.due_at > clock_timestamp() and m.metadata ->> 'turn_id' = t.id::text
        ))
        from public.turns as t
        where t.id = committed_turn.lease and t.thread_id = committed_turn.thread_id and t.status in ('committed', 'partial')
    ), '{"verdict": "stale"}');
$$;
comment on function private.committed_turn(uuid, uuid) is
'What a commit under this lease said, for a caller that asks again: its verdict, and its reply''s delivery while that is still to be sent under the same claim. stale: nothing was committed under it. Read-only.';

-- source: sql/30_rules/84_media_path.sql sha256:a69cf97d226a01393b4ade4fb626642d383c5a922a69a759636bf917b3f5f798
create or replace function private.media_path(media public.media) returns text
language sql immutable set search_path = ''
as $$
    select media.client_id || '/' || media.lead_id || '/' || media.id;
$$;
comment on function private.media_path(public.media) is 'Where a file lies in its bucket: whose it is comes first, which is what Storage''s policy asks; nothing in it is the sender''s.';

-- source: sql/30_rules/84_message_metadata.sql sha256:57eece3ec51b13de8d9f8839d5843886f8f1a730e8c251eb97f03f806dac53f4
create or replace function private.message_metadata(event jsonb) returns jsonb
language sql immutable set search_path = ''
as $$
    select jsonb_strip_nulls(jsonb_build_object(
        'type', event #> '{message,type}', 'provider_id', event -> 'provider_id', 'payload', event #> '{message,payload}', 'reply_to', event #> '{message,reply_to}',
        'amends', event #> '{message,amends}'
    ));
$$;
comment on function private.message_metadata(jsonb) is 'What an inbound message''s metadata keeps of its event.';

-- source: sql/30_rules/85_needs_answer.sql sha256:2e95df2644943d7f8010eb64f5603575bf12b1b8f56b9299efe029a0dd4bdfce
create or replace function private.needs_answer(metadata jsonb, content text) returns boolean
language sql immutable set search_path = ''
as $$
    -- A change of number, a message taken back, a reaction removed: stored, and not a word to reply to.
    -- An edit is answered where the message it changes is (private.amend_messages).
    select not (
        coalesce(needs_answer.metadata ->> 'type', 'text') in ('system', 'revoke')
        or (needs_answer.metadata ->> 'type' = 'edit' and not private.is_opt_out(needs_answer.content))
        or (needs_answer.metadata ->> 'type' = 'reaction' and needs_answer.content = '')
    );
$$;
comment on function private.needs_answer(jsonb, text) is 'Whether an inbound message is something a person would expect a reply to.';

-- source: sql/30_rules/86_amend_messages.sql sha256:b2273e90eae2273b826deabbe996c68805f5b606de4ab5a91480df748a1ef201
create or replace function private.amend_messages(items jsonb) returns void
language plpgsql security definer set search_path = ''
as $$
declare
    item record;
    t private.threads;
    original record;
    right_now timestamptz := clock_timestamp();
begin
    for item in
        select x.thread_id, x.event #>> '{message,type}' as type, x.event #>> '{message,amends}' as amends, x.event ->> 'provider_id' as provider_id,
            coalesce(x.event #>> '{message,text}', '') as content
        from jsonb_to_recordset(items) as x (ord bigint, thread_id uuid, event jsonb)
        where x.event #>> '{message,amends}' is not null
        order by x.ord
    loop
        select * into strict t from private.threads as x where x.id = item.thread_id;
        if t.interview_id is null then
            update public.messages as m
            set metadata = m.metadata || jsonb_build_object('amended_by', item.provider_id)
            where m.client_id = t.client_id and m.conversation_id = t.conversation_id and m.role = 'user'
                and m."timestamp" >= now() - interval '30 days' and m.metadata ->> 'provider_id' = item.amends;
            continue;
        end if;
        update public.interview_messages as m
        set content = case when m.seq <= t.handled_seq then m.content when item.type = 'edit' then item.content else '' end,
            metadata = m.metadata || jsonb_build_object('amended_by', item.provider_id) || case when m.seq <= t.handled_seq then '{}' else
                jsonb_build_object('original', coalesce(m.metadata -> 'original', jsonb_build_object('type', m.metadata -> 'type', 'content', m.content)))
                || case when item.type = 'revoke' then '{"type": "revoke"}'::jsonb else '{}' end
            end
        from public.interviews as i
        where i.id = t.interview_id and m.interview_id = i.id and m."timestamp" >= i.created_at and m.role = 'user'
            and m.metadata ->> 'provider_id' = item.amends
        returning m.seq into original;
        if not found and item.type = 'edit' then
            -- All there is of that message: read it as one.
            update public.interview_messages as m
            set metadata = m.metadata || '{"type": "text"}'
            where m.interview_id = t.interview_id and m."timestamp" >= now() and m.metadata ->> 'provider_id' = item.provider_id
            returning m.seq into original;
            update private.threads as x
            set inbound_seq = greatest(x.inbound_seq, original.seq), waiting_since = coalesce(x.waiting_since, right_now), not_before = coalesce(x.not_before, right_now)
            where x.id = t.id;
            if exists (select from public.leads as l where l.id = t.lead_id and l.status <> 'blocked') then
                perform private.queue_turn(t.id);
                perform private.ring('agent_turn');
            end if;
        elsif original.seq > t.handled_seq then
            -- Said in the message it changed; a turn that has read that one already is run again.
            update public.interview_messages as m
            set content = '', metadata = m.metadata || '{"applied": true}'
            where m.interview_id = t.interview_id and m."timestamp" >= now() and m.metadata ->> 'provider_id' = item.provider_id
            returning m.seq into original;
            update private.threads as x set inbound_seq = greatest(x.inbound_seq, original.seq) where x.id = t.id;
            if not exists (
                select from public.interview_messages as m
                join public.interviews as i on i.id = m.interview_id
                where i.id = t.interview_id and m.role = 'user' and m.seq > t.handled_seq and m."timestamp" >= i.created_at
                    and private.needs_answer(m.metadata, m.content)
            ) then
                perform private.drop_turn(t.id);
            elsif t.task_id is null and t.due_at is null then
                -- Its turn had come to nothing: an edit asks anew, like any message.
                perform private.queue_turn(t.id);
                perform private.ring('agent_turn');
            end if;
        end if;
    end loop;
end
$$;
comment on function private.amend_messages(jsonb) is
'Carries out edits and revocations just stored: a message that no turn has handled is changed in place or blanked (metadata.original keeps what it was), and where nothing is left to answer its turn is dropped; one that was handled is only marked (metadata.amended_by). An edit of a message that never came is read as that message. The caller holds the threads'' locks.';

-- source: sql/30_rules/86_follow_changes.sql sha256:9d5e13c27a359870286e5dba4f4b079c72bd3ba29c46a6a7f4cff9cc5be83d4a
create or replace function private.follow_changes(items jsonb) returns void
language plpgsql security definer set search_path = ''
as $$
declare
    item record;
    other uuid;
    number text;
begin
    for item in
        select x.thread_id, x.lead_id, x.client_id, x.event -> 'becomes' as becomes, x.event -> 'sender' as sender
        from jsonb_to_recordset(items) as x (ord bigint, thread_id uuid, lead_id uuid, client_id uuid, event jsonb)
        where jsonb_typeof(x.event -> 'becomes') = 'object'
        order by x.lead_id, x.ord
    loop
        other := private.lead_of_sender(item.client_id, item.becomes);
        continue when other <> item.lead_id;
        insert into public.lead_identities (client_id, lead_id, kind, value)
        select item.client_id, item.lead_id, s.kind::public.identity_kind, s.value
        from (values ('bsuid', item.becomes ->> 'bsuid'), ('wa_id', item.becomes ->> 'wa_id')) as s (kind, value)
        where s.value is not null
        order by s.kind
        on conflict on constraint an_identity_is_one_lead_of_a_client do nothing;
        if item.becomes ->> 'wa_id' is not null then
            -- Whoever has the old number now is somebody else.
            delete from public.lead_identities as i
            where i.client_id = item.client_id and i.lead_id = item.lead_id and i.kind = 'wa_id' and i.value = item.sender ->> 'wa_id'
                and i.value <> item.becomes ->> 'wa_id';
            number := private.normalize_phone('+' || (item.becomes ->> 'wa_id'));
            update public.leads as l
            set phone = number
            where l.id = item.lead_id and l.phone is distinct from number and number is not null
                and not exists (select from public.leads as o where o.client_id = item.client_id and o.phone = number);
        end if;
        update private.threads as t
        set address = case when item.becomes ->> 'wa_id' is null then t.address || jsonb_strip_nulls(item.becomes)
            else jsonb_build_object('wa_id', item.becomes -> 'wa_id', 'bsuid', item.becomes -> 'bsuid') end
        where t.id = item.thread_id;
    end loop;
end
$$;
comment on function private.follow_changes(jsonb) is
'A lead''s new number or id, told by the provider, becomes the lead''s: identities, phone, and where replies go. One that is another lead''s already changes nothing: two leads are never merged. The caller holds the threads'' locks.';

-- source: sql/30_rules/87_ingest_messages.sql sha256:9a0eaec1141dd1e2c8ef205d2c23fcca625afc005baad277a41a199a37b6b0c3
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
    if items @? '$[*].event.message.amends ? (@ != null)' then
        perform private.amend_messages(items);
    end if;
    if items @? '$[*].event.becomes ? (@ != null)' then
        perform private.follow_changes(items);
    end if;
    return stored + more;
end
$$;
comment on function private.ingest_messages(jsonb) is
'Stores inbound messages in order on their threads: in the live interview, or else in the lead''s open conversation. Opt-out words reach the consent ledger before anything is answered. The caller holds the threads'' locks.';

-- source: sql/30_rules/88_admit_media.sql sha256:c00d67849103f74ff5ac44167a7bb3121c28f244a675ae86a0262a142573543e
create or replace function private.admit_media(client_id uuid) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
    free integer;
    ids uuid[];
    msg_ids bigint[];
begin
    select private.setting_int('admitted_media') - count(*) into free
    from public.media as m
    where m.client_id = admit_media.client_id and m.status = 'waiting' and m.task_id is not null;
    ids := array(
        select m.id
        from public.media as m
        where m.client_id = admit_media.client_id and m.status = 'waiting' and m.task_id is null and m.due_at <= now()
        -- What the provider deletes first.
        order by m.fetch_before, m.id
        limit greatest(free, 0)
        for update of m skip locked
    );
    if cardinality(ids) = 0 then
        return 0;
    end if;
    msg_ids := array(
        select s.id
        from pgmq.send_batch('default', array(
            select private.task_message('media', u.id, admit_media.client_id, 1) from unnest(ids) with ordinality as u (id, ord) order by u.ord
        ), 0) as s (id)
    );
    update public.media as m
    set task_id = u.msg_id
    from unnest(ids, msg_ids) as u (id, msg_id)
    where m.id = u.id;
    return cardinality(ids);
end
$$;
comment on function private.admit_media(uuid) is
'Puts a client''s files that wait into the queue default, as far as its share (admitted_media) goes. Returns how many. A share of their own: behind a long campaign they would be gone at the provider.';

-- source: sql/30_rules/88_awaits_file.sql sha256:a4faa530de1c2fceb4d1ef663c73029a94f8cb88447ed6490008574ebc484a94
create or replace function private.awaits_file(path text) returns boolean
language sql stable security definer set search_path = ''
as $$
    select exists (
        select from public.media as m
        where m.id = case
                when split_part(awaits_file.path, '/', 3) ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then split_part(awaits_file.path, '/', 3)::uuid
            end
            and private.media_path(m) = awaits_file.path
            and m.status = 'waiting' and m.claim is not null
    );
$$;
comment on function private.awaits_file(text) is 'Whether somebody is fetching the file of this path just now: the only paths that the functions may write to.';

-- source: sql/30_rules/88_begin_media.sql sha256:746092adc4254767b0d8b0902c49f89bd2ba4219482d5756ec5044c185946a0a
create or replace function private.begin_media(tasks jsonb, visibility_s integer) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    task record;
    m public.media;
    granted jsonb := '[]';
begin
    for task in
        select (x ->> 'id')::uuid as id, (x ->> 'msg_id')::bigint as msg_id
        from jsonb_array_elements(tasks) as x
        order by 1
    loop
        select * into m from public.media as x where x.id = task.id for update skip locked;
        if not found then
            -- Locked by whoever is finishing it, or deleted: look again in a second.
            if exists (select from public.media as x where x.id = task.id) then
                perform pgmq.set_vt('default', task.msg_id, 1);
            else
                perform pgmq.delete('default', task.msg_id);
            end if;
            continue;
        end if;
        if m.task_id is distinct from task.msg_id then
            perform pgmq.delete('default', task.msg_id);
            continue;
        end if;
        if m.due_at > clock_timestamp() + interval '500 milliseconds' then
            -- Claimed by another instance, or put off.
            perform pgmq.set_vt('default', task.msg_id, ceil(extract(epoch from m.due_at - clock_timestamp()))::integer);
            continue;
        end if;
        if private.media_bucket() is null then
            perform private.end_media(m.id, 'kept', null);
            continue;
        end if;
        if m.fetch_before <= clock_timestamp() then
            perform private.end_media(
                m.id, 'expired', jsonb_build_object('code', 'expired', 'message', 'the provider has deleted the file', 'last', m.error)
            );
            continue;
        end if;
        if m.claim is not null then
            -- Its instance died. That was an attempt.
            perform private.retry_media(m.id, '{"code": "no_result", "message": "the attempt came back with no result"}', true);
            continue;
        end if;
        perform pgmq.set_vt('default', task.msg_id, visibility_s);
        update public.media as x
        set claim = gen_random_uuid(), attempts = x.attempts + 1, due_at = clock_timestamp() + make_interval(secs => visibility_s)
        where x.id = m.id
        returning * into m;
        granted := granted || jsonb_build_object(
            'task', 'media', 'queue', 'default', 'msg_id', m.task_id, 'id', m.id, 'client_id', m.client_id, 'attempt', m.attempts, 'claim', m.claim, 'wait_ms', 0,
            'work', jsonb_build_object(
                'id', m.id, 'channel_account_id', m.channel_account_id, 'provider_media_id', m.provider_media_id, 'provider_url', m.provider_url,
                'mime_type', m.mime_type, 'sha256', m.sha256, 'bucket', private.media_bucket(), 'path', private.media_path(m),
                'max_bytes', private.setting_int('media_max_bytes')
            )
        );
    end loop;
    return granted;
end
$$;
comment on function private.begin_media(jsonb, integer) is
'Claims the files of tasks just read: sorts out what is done, busy, gone at the provider or exhausted, and returns the rest as tasks. Never waits for a lock.';

-- source: sql/30_rules/88_end_media.sql sha256:a5adcc43416539bc531bb80ef8d7bd67b85cf26f8b7318ed5c64b046e3482a49
create or replace function private.end_media(media_id uuid, status public.media_status, error jsonb) returns void
language plpgsql security definer set search_path = ''
as $$
declare
    m public.media;
begin
    select * into strict m from public.media as x where x.id = end_media.media_id;
    update public.media as x
    set status = end_media.status, error = end_media.error, claim = null, task_id = null,
        storage_path = case when end_media.status = 'stored' then private.media_path(m) end,
        stored_at = case when end_media.status = 'stored' then now() end
    where x.id = m.id;
    if m.task_id is not null then
        perform pgmq.delete('default', m.task_id);
    end if;
    update public.failed_tasks as f
    set status = 'resolved', resolved_at = now()
    where f.task_row_id = m.id and f.status = 'replayed' and end_media.status <> 'failed';
end
$$;
comment on function private.end_media(uuid, public.media_status, jsonb) is 'Ends the fetching of a file: stored, or expired or failed with why. Its task leaves the queue.';

-- source: sql/30_rules/88_keep_media.sql sha256:f7ca98fa0c8f34fe941312be3e582fbe6330f713f9024c8f4bc177c7510b366e
create or replace function private.keep_media(items jsonb) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
    waiting integer;
begin
    with
    sent as (
        select x.event, x.client_id, x.lead_id, t.channel_account_id, t.interview_id, t.conversation_id
        from jsonb_to_recordset(items) as x (thread_id uuid, lead_id uuid, client_id uuid, event jsonb)
        join private.threads as t on t.id = x.thread_id
        where x.event #>> '{message,media,id}' is not null
    ),
    said as (
        -- now() is when this transaction began: the rows it has just stored.
        select s.*, m.id as message_id, 'interview_messages' as message_kind
        from sent as s
        join public.interview_messages as m
            on m.interview_id = s.interview_id and m."timestamp" >= now() and m.metadata ->> 'provider_id' = s.event ->> 'provider_id'
        union all
        select s.*, m.id, 'messages'
        from sent as s
        join public.messages as m
            on m.conversation_id = s.conversation_id and m."timestamp" >= now() and m.metadata ->> 'provider_id' = s.event ->> 'provider_id'
        where s.interview_id is null
    ),
    made as (
        insert into public.media (
            client_id, lead_id, channel_account_id, message_id, message_kind, type, provider_media_id, provider_url, mime_type, file_name, sha256,
            fetch_before, status
        )
        select s.client_id, s.lead_id, s.channel_account_id, s.message_id, s.message_kind, s.event #>> '{message,media,type}',
            s.event #>> '{message,media,id}', s.event #>> '{message,media,url}', s.event #>> '{message,media,mime_type}',
            s.event #>> '{message,media,file_name}', s.event #>> '{message,media,sha256}',
            least(coalesce((s.event ->> 'occurred_at')::timestamptz, now()), now())
                + make_interval(secs => coalesce((s.event #>> '{message,media,keeps_s}')::double precision, 86400)),
            case when private.media_bucket() is null then 'kept' else 'waiting' end::public.media_status
        from said as s
        returning status
    )
    select count(*) filter (where m.status = 'waiting') into waiting from made as m;
    return waiting;
end
$$;
comment on function private.keep_media(jsonb) is
'Writes down the files of messages just stored, with what is needed to fetch each in time. Returns how many wait to be fetched: none where no bucket is configured. The caller holds the threads'' locks.';

-- source: sql/30_rules/88_retry_media.sql sha256:a7fefb7c857eeb47cb1a9bed6ac1f4e1a55439b06a92e66bb1d0182071f67efa
create or replace function private.retry_media(media_id uuid, error jsonb, retryable boolean) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    m public.media;
    again record;
begin
    select * into strict m from public.media as x where x.id = retry_media.media_id;
    select * into again from private.retry_wait(retry_media.error, retry_media.retryable, m.attempts);
    if again.wait is not null then
        update public.media as x
        set claim = null, error = retry_media.error, due_at = clock_timestamp() + again.wait,
            attempts = case when again.counted then x.attempts else x.attempts - 1 end
        where x.id = m.id;
        perform pgmq.set_vt('default', m.task_id, ceil(extract(epoch from again.wait))::integer);
        return jsonb_build_object('outcome', 'retry', 'retry_in_ms', ceil(extract(epoch from again.wait) * 1000)::integer);
    end if;
    perform private.bury('default', 'media', m.id, m.client_id, null, retry_media.error, m.attempts);
    perform private.end_media(m.id, 'failed', retry_media.error);
    return jsonb_build_object('outcome', 'dead', 'retry_in_ms', null);
end
$$;
comment on function private.retry_media(uuid, jsonb, boolean) is
'After a failed attempt at a file: again after 1, 5, 25 seconds (throttled: when error.retry_after_ms says, uncounted; fetch_before ends it), or, when that was the last one or the error is permanent, failed and a dead letter.';

-- source: sql/30_rules/93_begin_reports.sql sha256:d0840de08451a2797a7bf08c81c93c983e6c72e77f69ef054c63dd3f7e992e1f
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
        if r.status = 'writing' then
            -- Its instance died. That was an attempt.
            perform private.retry_report(r.id, '{"code": "no_result", "message": "the attempt came back with no result"}', true);
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

-- source: sql/30_rules/94_retry_report.sql sha256:1b2a0db3942d4906de88e6b53a5d1419a9e9d7f8c03f6281ba34bf7426302b81
create or replace function private.retry_report(report_id uuid, error jsonb, retryable boolean) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    r public.reports;
    again record;
begin
    select * into strict r from public.reports as x where x.id = retry_report.report_id;
    select * into again from private.retry_wait(retry_report.error, retry_report.retryable, r.attempts);
    if again.wait is not null then
        update public.reports as x
        set status = 'queued', stale = true, claim = null, error = retry_report.error, due_at = clock_timestamp() + again.wait,
            attempts = case when again.counted then x.attempts else x.attempts - 1 end
        where x.id = r.id;
        perform pgmq.set_vt('low_priority', r.task_id, ceil(extract(epoch from again.wait))::integer);
        return jsonb_build_object('outcome', 'retry', 'retry_in_ms', ceil(extract(epoch from again.wait) * 1000)::integer);
    end if;
    perform private.bury('low_priority', 'report', r.id, r.client_id, r.task_id, retry_report.error, r.attempts);
    update public.reports as x
    set status = 'failed', stale = true, claim = null, error = retry_report.error, task_id = null
    where x.id = r.id;
    return jsonb_build_object('outcome', 'dead', 'retry_in_ms', null);
end
$$;
comment on function private.retry_report(uuid, jsonb, boolean) is 'After a failed attempt at a report: again after 1, 5, 25 seconds (throttled: when error.retry_after_ms says, uncounted), or failed and a dead letter.';

-- source: sql/30_rules/98_sweep.sql sha256:14af1c86b8cad2924c9106388b7ec209dad35dcc37d482868efe46fb710003a9
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
    for item in select distinct t.client_id from private.threads as t where t.task_id is null and t.due_at is not null loop
        perform private.admit_turns(item.client_id);
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
    for item in
        select distinct m.client_id from public.media as m where m.status = 'waiting' and m.task_id is null and m.due_at <= now()
    loop
        perform private.admit_media(item.client_id);
    end loop;
    -- Ring for every queue that has something due: new, put off, or held by somebody who died.
    if exists (select from private.threads as t where t.task_id is not null and t.due_at <= clock_timestamp())
        or exists (select from public.deliveries as d where d.queue = 'high_priority' and d.task_id is not null and d.due_at <= clock_timestamp()) then
        rung := rung || 'agent_turn'::text;
    end if;
    if exists (select from public.deliveries as d where d.queue = 'default' and d.task_id is not null and d.due_at <= clock_timestamp())
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

-- source: sql/30_rules/99_next_due_ms.sql sha256:4befc444548fc623043bd8563f382135c9260514dd5fc6aca1cbea1e7a75b180
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
        select min(m.due_at) from public.media as m where m.status = 'waiting' and m.task_id is not null and m.claim is null and 'default' = any (queues)
        union all
        select min(r.due_at) from public.reports as r where r.task_id is not null and r.status <> 'writing' and 'low_priority' = any (queues)
    ) as w (due_at)
    where w.due_at is not null
    having min(w.due_at) is not null;
$$;
comment on function private.next_due_ms(text[]) is 'Milliseconds until the next task of these queues that nobody holds is due; null if there is none.';

-- source: sql/40_triggers/10_touch.sql sha256:32ce31cded3b3d735aa9187a5c3dda2725dafbd666326f5f8fedd59555a62113
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
        'interviews', 'conversations', 'interview_answers', 'deliveries', 'notifications', 'reports', 'media'
    ] loop
        execute format('create or replace trigger _100_touch before update on public.%I for each row execute function private.touch()', t);
    end loop;
end
$$;

-- source: sql/40_triggers/20_profile_of_user.sql sha256:e98c6a3f20b39ffbfc8ec8d8445cc2e8d73ac35a38330a244fba6f2c498916e6
create or replace function private.profile_of_user() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    insert into public.profiles as p (id, email, full_name, phone)
    values (new.id, lower(new.email), nullif(left(btrim(new.raw_user_meta_data ->> 'full_name'), 200), ''), private.normalize_phone(coalesce(new.phone, new.raw_user_meta_data ->> 'phone')))
    on conflict (id) do update set email = excluded.email;
    -- SECURITY: only an address that its owner confirmed opens a client's door.
    if new.email_confirmed_at is not null then
        update public.client_members as m
        set profile_id = new.id, status = 'active'
        where m.email = lower(new.email) and m.status = 'invited'
            -- Who is there already, under an earlier address, stays there as who they are.
            and not exists (select from public.client_members as o where o.client_id = m.client_id and o.profile_id = new.id);
    end if;
    return new;
end
$$;
comment on function private.profile_of_user() is 'Trigger on auth.users: one profile for each user; invitations to its e-mail address are taken up once the address is confirmed.';

create or replace trigger _900_profile_of_user
after insert or update of email, email_confirmed_at on auth.users
for each row execute function private.profile_of_user();

-- source: sql/40_triggers/25_guard_profile.sql sha256:9e15eba8451dc39d18120d33292284b0d7958ff4489e47d77a2ed364b2a1a250
create or replace function private.guard_profile() returns trigger
language plpgsql set search_path = ''
as $$
begin
    -- SECURITY: nobody makes himself an admin.
    if current_user = 'authenticated' and not private.is_admin() and (new.role, new.email) is distinct from (old.role, old.email) then
        raise exception 'only an admin changes a person''s role; the e-mail address changes with the account' using errcode = '42501';
    end if;
    if new.phone is distinct from old.phone then
        new.phone := private.checked_phone(new.phone);
    end if;
    return new;
end
$$;
comment on function private.guard_profile() is 'Trigger: people cannot change their own role; phones are normalised.';

create or replace trigger _100_guard_profile before update on public.profiles
for each row execute function private.guard_profile();

-- source: sql/40_triggers/30_normalize_lead.sql sha256:55b4f62cdb9b761dd1a9d5f7c31f62631f116a9d2253f47a93e535427136d2c5
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
    return new;
end
$$;
comment on function private.normalize_lead() is 'Trigger: phones to E.164, names and e-mail addresses trimmed; what can be neither number nor address is refused.';

create or replace trigger _100_normalize_lead before insert or update of phone, name, email on public.leads
for each row execute function private.normalize_lead();

-- source: sql/40_triggers/32_record_lead.sql sha256:8989a8d418cace82d956433a87bffd3073bcce259b153017e46dc71be7525098
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
        select n.client_id, n.id, true, n.consent_basis,
            -- What public.import_leads was told, for the rows of its own statement.
            jsonb_build_object('source', 'import', 'recorded_by', private.current_profile_id())
            || coalesce(nullif(current_setting('renum.consent_evidence', true), '')::jsonb, '{}')
        from new_rows as n
        where n.consent_basis <> 'not_informed';
        perform private.add_interviews(p.id, array(select n.id from new_rows as n))
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

-- source: sql/40_triggers/50_guard_interview.sql sha256:1199fa1601348ae036f5e3d8f0972732a5fdbe73e2e1e47172eee645ca9f0059
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
    -- Not a constraint: the engine adds its own notes, and must not fail for the length of people's.
    if current_user = 'authenticated' and new.metadata is distinct from old.metadata
        and (octet_length(new.metadata::text) > 65536 or new.metadata @? '$.**{20}') then
        raise exception 'metadata has at most 64 kilobytes and 20 levels' using errcode = '22023';
    end if;
    return new;
end
$$;
comment on function private.guard_interview() is 'Trigger: people may cancel a running interview and keep notes in metadata; everything else is the agent''s doing.';

create or replace trigger _100_guard_interview before update on public.interviews
for each row execute function private.guard_interview();

-- source: sql/40_triggers/60_count_inbound.sql sha256:a267c9d1ded222d0997fe90a0578869c5d9fb2188abc44cd7d7bffe7b2ee550c
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
    for update;
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
            set last_seq = greatest(t.last_seq, s.newest), inbound_seq = greatest(t.inbound_seq, s.newest_to_answer), last_inbound_at = right_now,
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

-- source: sql/40_triggers/66_leave_failed_queue.sql sha256:ffcd84c0d3b9451d5b2d5f367990c90d97fa90d7b99ec231b0a83908ade6a468
create or replace function private.leave_failed_queue() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    perform pgmq.delete('failed_tasks', old.msg_id);
    new.msg_id := null;
    return new;
end
$$;
comment on function private.leave_failed_queue() is 'Trigger: a dead letter that is replayed or resolved is taken from the queue failed_tasks, so that the queue holds what somebody must look at.';

create or replace trigger _500_leave_failed_queue before update of status on public.failed_tasks
for each row when (old.status = 'dead' and new.status <> 'dead' and old.msg_id is not null) execute function private.leave_failed_queue();

-- source: sql/60_rpc/public/import_leads.sql sha256:3377ebfc60f8d369ffc55579b76324af921ec916d1bd5ae648ac168e0ce4083c
create or replace function public.import_leads(
    csv text default null,
    rows jsonb default null,
    client_id uuid default null,
    legal_basis public.legal_basis default 'not_informed',
    evidence text default null,
    dry_run boolean default false
)
returns jsonb
-- SECURITY: under the caller's own rights. Which leads may be read, changed and made is what the policies say, here as everywhere.
-- PostgREST takes the time limit over for the whole request: a long list may take more than the role's 8 s on a busy server.
language plpgsql set search_path = '' set statement_timeout = '60s'
as $$
#variable_conflict use_column
declare
    the_client uuid := coalesce(import_leads.client_id, private.default_client_id());
    basis public.legal_basis := coalesce(import_leads.legal_basis, 'not_informed');
    only_say constant boolean := coalesce(import_leads.dry_run, false);
    why text := nullif(btrim(import_leads.evidence), '');
    report jsonb;
begin
    if the_client is null then
        raise exception 'whose leads are these? client_id is missing, and you do not work at exactly one client' using errcode = '22023';
    elsif not the_client in (select private.visible_client_ids()) then
        raise exception 'there is no such client of yours' using errcode = 'PT404';
    elsif num_nonnulls(import_leads.csv, nullif(import_leads.rows, 'null')) <> 1 then
        raise exception 'give the leads either as csv, a text, or as rows, a list of objects' using errcode = '22023';
    elsif jsonb_typeof(import_leads.rows) <> 'array' and import_leads.csv is null then
        raise exception 'rows must be a list of objects' using errcode = '22023', hint = 'For example [{"nome": "Ana", "telefone": "(11) 98765-4321"}].';
    elsif octet_length(coalesce(import_leads.csv, import_leads.rows::text)) > 10000000 then
        raise exception 'the list has more than 10 megabytes' using errcode = '22023', hint = 'Import it in several files.';
    elsif length(import_leads.csv) - length(translate(import_leads.csv, E',;\t|\n\r', '')) > 1000000 then
        raise exception 'the list has more than 1000000 cells and lines' using errcode = '22023', hint = 'Import it in several files, and without empty lines and columns.';
    elsif why is not null and basis = 'not_informed' then
        raise exception 'evidence needs the legal_basis it is evidence of' using errcode = '22023', hint = 'consent, contract, legitimate_interest or legal_obligation.';
    elsif char_length(why) > 2000 then
        raise exception 'evidence has more than 2000 characters' using errcode = '22023';
    end if;
    -- One import of a client at a time: two of the same file would wait for each other's rows.
    perform pg_advisory_xact_lock(hashtextextended('import leads ' || the_client, 0));
    -- For the ledger's rows of new leads, which the trigger on leads writes at the end of the statement below.
    perform set_config('renum.consent_evidence', coalesce(jsonb_build_object('text', why)::text, ''), true) where why is not null;
    with
    given as materialized (
        -- One column says whether a row is good: of two conditions the planner would think that hardly any row fulfils them.
        select f.*, private.phone_key(f.phone) as key, f.reason is null and f.line = f.first_line as is_good
        from (
            select r.*, min(r.line) over (partition by r.phone, r.reason is null) as first_line
            from private.read_leads(import_leads.csv, import_leads.rows, 20000) as r
        ) as f
    ),
    good as materialized (
        select g.* from given as g where g.is_good
    ),
    -- Whom a message from this number would be told to belong to, too: private.lead_of_sender.
    known as materialized (
        select distinct on (m.line) m.line, m.lead_id
        from (
            select g.line, l.id as lead_id, 1 as priority
            from good as g
            join public.leads as l on l.client_id = the_client and l.phone = g.phone
            union all
            select g.line, i.lead_id, 2
            from good as g
            join public.lead_identities as i on i.client_id = the_client and i.kind = 'phone' and i.value = g.key
            union all
            select g.line, i.lead_id, 3
            from good as g
            cross join lateral unnest(array[g.key, substr(g.phone, 2)]) as w (wa_id)
            join public.lead_identities as i on i.client_id = the_client and i.kind = 'wa_id' and i.value = w.wa_id
        ) as m
        order by m.line, m.priority, m.lead_id
    ),
    there as materialized (
        select l.id, l.name, l.email, l.metadata, l.consent_basis, l.opted_out_at
        from public.leads as l
        where l.id in (select k.lead_id from known as k)
        order by l.id
        for no key update
    ),
    -- What a lead lacks is filled in. Who opted out is left alone altogether, and a known basis stays what it is.
    gaps as materialized (
        select distinct on (t.id) t.id, coalesce(t.name, g.name) as name, coalesce(t.email, g.email) as email,
            case when octet_length((g.metadata || t.metadata)::text) <= 65536 then g.metadata || t.metadata else t.metadata end as metadata,
            case t.consent_basis when 'not_informed' then basis else t.consent_basis end as consent_basis,
            t.consent_basis is distinct from basis and t.consent_basis = 'not_informed' as informed
        from there as t
        join known as k on k.lead_id = t.id
        join good as g on g.line = k.line
        where t.opted_out_at is null
            and (
                (t.name is null and g.name is not null) or (t.email is null and g.email is not null) or not t.metadata ?& array(select jsonb_object_keys(g.metadata))
                or (t.consent_basis = 'not_informed' and basis <> 'not_informed')
            )
        order by t.id, g.line
    ),
    filled as (
        update public.leads as l
        set name = g.name, email = g.email, metadata = g.metadata, consent_basis = g.consent_basis
        from gaps as g
        where l.id = g.id and not only_say
    ),
    informed as (
        insert into public.consents (client_id, lead_id, granted, legal_basis, evidence)
        select the_client, g.id, true, basis,
            jsonb_strip_nulls(jsonb_build_object('source', 'import', 'recorded_by', private.current_profile_id(), 'text', why))
        from gaps as g
        where g.informed and not only_say
        order by g.id
    ),
    added as (
        insert into public.leads (client_id, phone, name, email, metadata, consent_basis)
        select the_client, g.phone, g.name, g.email, g.metadata, basis
        from good as g
        where not exists (select from known as k where k.line = g.line) and not only_say
        order by g.phone
        on conflict on constraint a_phone_is_once_a_lead_of_a_client do nothing
        returning 1
    ),
    counts as (
        select
            (select count(*) from given) as rows,
            case when only_say then (select count(*) from good) - (select count(*) from known) else (select count(*) from added) end as added,
            (select count(*) from given as g where not g.is_good) as refused
    )
    select jsonb_build_object(
        'client_id', the_client, 'dry_run', only_say,
        'rows', c.rows, 'added', c.added, 'already_there', c.rows - c.added - c.refused, 'completed', (select count(*) from gaps), 'refused', c.refused,
        'refusals', (
            select coalesce(jsonb_agg(jsonb_build_object(
                'line', g.line, 'column', g.column_name, 'value', g.value, 'reason', coalesce(g.reason, format('the same number as in line %s', g.first_line))
            ) order by g.line), '[]')
            from given as g
            where not g.is_good
        ),
        'opted_out', (
            select coalesce(jsonb_agg(jsonb_build_object('line', g.line, 'column', g.column_name, 'value', g.value, 'lead_id', t.id) order by g.line), '[]')
            from there as t
            join known as k on k.lead_id = t.id
            join good as g on g.line = k.line
            where t.opted_out_at is not null
        )
    ) into report
    from counts as c;
    perform set_config('renum.consent_evidence', '', true);
    return report;
end
$$;
comment on function public.import_leads(text, jsonb, uuid, public.legal_basis, text, boolean) is
'A client''s people and admins: imports a list of leads, as csv (a text: comma, semicolon or tab, columns named in Portuguese or English) or as rows (a list of objects). Good rows go in, each bad one is told. A lead who is there already (with or without the ninth digit) is kept: what it lacks is filled in, its consent is not changed, and who opted out is left alone. legal_basis and evidence (how it was obtained, in words) go into the consent ledger. dry_run: only says what would happen. Idempotent. Returns {"client_id", "dry_run", "rows", "added", "already_there", "completed" (how many of those were filled in), "refused", "refusals": [{"line", "column", "value", "reason"}], "opted_out": [{"line", "column", "value", "lead_id"}]}; line counts the header as the first of a CSV file, and begins at 1 in a list.';

-- source: sql/60_rpc/public/invite_member.sql sha256:fbdeeeb5b14f3a647948a8bd08f93e021d03027b3d83e857ee332a4b92e2497b
create or replace function public.invite_member(client_id uuid, email text, role public.member_role default 'staff')
returns public.client_members
language plpgsql security definer set search_path = ''
as $$
begin
    -- SECURITY: null is in no set, and not "not in" it either.
    if (invite_member.client_id in (select private.owned_client_ids())) is not true then
        raise exception 'only an owner of the client, or an admin, invites people' using errcode = '42501';
    end if;
    return private.add_member(invite_member.client_id, invite_member.email, invite_member.role);
end
$$;
comment on function public.invite_member(uuid, text, public.member_role) is
'Owners and admins: invites a person by e-mail address; the membership becomes active when the person confirms that address. Idempotent.';

-- source: sql/60_rpc/public/queue_metrics.sql sha256:fcb39a302d2bbfa12d6b24e398d4c7f91bf6bb5875fcc0c73ca4664d3ad0625e
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
        select 'high_priority', null, t.due_at from private.threads as t
        where t.client_id in (select m.id from mine as m) and t.task_id is null and t.due_at is not null
        union all
        select d.queue, d.task_id, d.due_at from public.deliveries as d
        where d.client_id in (select m.id from mine as m) and d.status in ('queued', 'deferred', 'sending', 'unknown')
        union all
        select 'default', m.task_id, m.due_at from public.media as m
        where m.client_id in (select v.id from mine as v) and m.status = 'waiting'
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

-- source: sql/60_rpc/public/remove_member.sql sha256:9066c07e0ec6a3ffbdaabe89e41c28874dfea63c45935cf73fef84cb3f4c6281
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
    where m.id = remove_member.member_id
        and (
            m.client_id in (select private.owned_client_ids())
            -- Nobody is held where somebody else's invitation put them.
            or (m.profile_id = private.current_profile_id() and m.client_id in (select private.visible_client_ids()))
        )
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
comment on function public.remove_member(uuid) is 'Owners and admins: takes a person''s access to a client away, at once; a member may leave so, too. The last owner cannot be removed. Idempotent for owners and admins; who has left is answered as anybody who is no member.';

-- source: sql/60_rpc/public/replay_failed_task.sql sha256:e899d41be36cd7a8a6f6f651648226da1617a57d234542c75f88bf20b8f39d95
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
            set status = 'queued', attempts = 0, due_at = now(), reason = null
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

-- source: sql/60_rpc/public/set_channel_credentials.sql sha256:cdbc05ff1bde1a701fd96855825f8c26cdc8e0c6678add3c5a083fa1f0dc65f2
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
end
$$;
comment on function public.set_channel_credentials(uuid, text, text) is
'Owners and admins, through the function channel_credentials: stores an account''s credentials, already encrypted. They cannot be read again through the API. Idempotent.';

-- source: sql/60_rpc/worker/claim_tasks.sql sha256:9eb35143883f3dbb4114c37c89aa57903f09c2d66594951e39d8a8d33012e492
create or replace function worker.claim_tasks(queues text[], max integer, visibility_s integer) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    q text;
    room integer;
    messages jsonb := '[]';
    tasks jsonb;
    starving integer := case when cardinality(queues) > 1 and random() * 8 < max then greatest(max / 8, 1) else 0 end;
begin
    if not queues <@ array['high_priority', 'default', 'low_priority'] then
        raise exception 'queues are high_priority, default and low_priority' using errcode = 'PT400';
    end if;
    -- Invitations are made as far as there is room for them. Before anything is read: making them may wait for a thread that is just being
    -- made, and nobody is to wait for a task meanwhile.
    if 'default' = any (queues) and max > 0 then
        perform private.invite_next(c.client_id) from private.clients_to_invite() as c (client_id);
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
    select private.begin_turns(coalesce(jsonb_agg(m.v) filter (where m.v ->> 'task' = 'agent_turn'), '[]'), visibility_s)
        || private.begin_deliveries(coalesce(jsonb_agg(m.v) filter (where m.v ->> 'task' = 'delivery'), '[]'), visibility_s)
        || private.begin_media(coalesce(jsonb_agg(m.v) filter (where m.v ->> 'task' = 'media'), '[]'), visibility_s)
        || private.begin_reports(coalesce(jsonb_agg(m.v) filter (where m.v ->> 'task' = 'report'), '[]'), visibility_s)
    into tasks
    from jsonb_array_elements(messages) as m (v);
    return jsonb_build_object('tasks', tasks, 'next_due_ms', private.next_due_ms(queues));
end
$$;
comment on function worker.claim_tasks(text[], integer, integer) is
'Claims up to max tasks for visibility_s seconds, the first queue first. Returns {"tasks": [{"task", "queue", "msg_id", "id", "client_id", "attempt", "claim", "wait_ms", "work"}], "next_due_ms"}: when the next one will be due, null if nothing waits. A claim that is not finished in time lapses and counts as a failed attempt.';

-- source: sql/60_rpc/worker/commit_turns.sql sha256:62aaa86b2d570fe642b6f5070317f9f65883c254ef306ee5a9de23d320c76e02
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

-- source: sql/60_rpc/worker/complete_deliveries.sql sha256:af80763d794bacea682d79fb0913453b7114aebc8a3903e04e017ef1f4218089
create or replace function worker.complete_deliveries(results jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    item jsonb;
    d public.deliveries;
    answer jsonb := '[]';
    next_task jsonb;
    wait_ms integer;
    visibility_s integer := private.setting_int('visibility_s');
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
                next_task := private.release_next(d.thread_id, visibility_s);
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

-- source: sql/60_rpc/worker/extend_task.sql sha256:5b7ca5ff88d3f40a3b7d6f0a5719fcc9c77cc8e532be378ea46da54745f259d0
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

-- source: sql/60_rpc/worker/fail_task.sql sha256:9cfcf7dce3e11f0aa1c2b8900b996bfb0250309e28f5680ab487f04a9d598f51
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

-- source: sql/60_rpc/worker/ingest.sql sha256:1b7d858c6413d774c63713c99ef52ff0dfd9d7f0d7ee387793d013220d5e913f
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
        group by 1 order by min(private.normalize_phone('+' || (x.v #>> '{event,sender,wa_id}'))), min(x.v #>> '{event,sender,wa_id}'), min(x.v #>> '{event,sender,bsuid}'), 1
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

-- source: sql/60_rpc/worker/save_media.sql sha256:b43a79a69ced511cab7307e6c0472db7b1c0b44b079b5afcc330762b71965de9
create or replace function worker.save_media(media_id uuid, claim uuid, size bigint, mime_type text, sha256 text) returns jsonb
language plpgsql security definer set search_path = ''
as $$
begin
    update public.media as m
    set size = save_media.size, mime_type = coalesce(save_media.mime_type, m.mime_type), sha256 = save_media.sha256
    where m.id = save_media.media_id and m.claim = save_media.claim and m.status = 'waiting';
    if not found then
        return '{"verdict": "stale"}';
    end if;
    perform private.end_media(save_media.media_id, 'stored', null);
    perform private.admit_media(m.client_id) from public.media as m where m.id = save_media.media_id;
    return '{"verdict": "saved"}';
end
$$;
comment on function worker.save_media(uuid, uuid, bigint, text, text) is
'A claimed file lies in storage: {"verdict": "saved" | "stale"}. stale: the claim was lost. Lets the client''s next file into the queue. Idempotent by the claim.';

-- source: policies/05_roles.sql sha256:8bd14dd2e9f2b42475ae4b961ac5d5ef793704333b130def32469b877fbf98fb
-- PostgREST's own role may become the functions' role; postgres must be able to give functions to the agents' role.
grant renum_worker to authenticator;
grant renum_agent to postgres;

-- SECURITY: renum_worker runs our RPCs and reads no table. Whoever steals its key can do no more.
grant usage on schema worker to renum_worker;
grant execute on all functions in schema worker to renum_worker;

grant usage on schema private to authenticated, service_role;
grant execute on function private.current_profile_id() to authenticated;
grant execute on function private.asks_for_rows() to authenticated;
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
grant execute on function private.plain(text) to authenticated, service_role;
grant execute on function private.account_for(uuid, uuid) to authenticated, service_role;
grant execute on function private.template_for(uuid, uuid, public.template_purpose, text) to authenticated, service_role;
grant execute on function private.checked_phone(text) to authenticated, service_role;
grant execute on function private.is_email(text) to authenticated, service_role;
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

-- first: policies/channel_accounts.sql
drop policy if exists "channel_accounts_select" on public.channel_accounts;
drop policy if exists "channel_accounts_insert" on public.channel_accounts;
drop policy if exists "channel_accounts_update" on public.channel_accounts;
-- source: policies/channel_accounts.sql sha256:8d65e1ae5c51233a07a0a74d6605c1c166e7738c3a3e258710a889bec7b41c2f
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
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());

create policy channel_accounts_insert on public.channel_accounts for insert to authenticated
with check (client_id = any(array(select private.owned_client_ids())));

create policy channel_accounts_update on public.channel_accounts for update to authenticated
using (client_id = any(array(select private.owned_client_ids())))
with check (client_id = any(array(select private.owned_client_ids())));

-- first: policies/client_members.sql
drop policy if exists "client_members_select" on public.client_members;
-- source: policies/client_members.sql sha256:c687002847afd61992efeeec46820e8a4b86f07044c1f7186f42f20692030dfc
-- Read here; changed by public.invite_member and public.remove_member.
alter table public.client_members enable row level security;
alter table public.client_members force row level security;

grant select on public.client_members to authenticated;
grant select, insert, update, delete on public.client_members to service_role;

create policy client_members_select on public.client_members for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());

-- first: policies/clients.sql
drop policy if exists "clients_select" on public.clients;
drop policy if exists "clients_insert" on public.clients;
drop policy if exists "clients_update" on public.clients;
-- source: policies/clients.sql sha256:e47372b1f165958c4ce3da333d1c69678a3edf3dfb399489432eea654f1e744f
-- A client's people see and describe their company. Plan, status and owner are an admin's (private.guard_client); new clients are made by public.create_client.
alter table public.clients enable row level security;
alter table public.clients force row level security;

grant select on public.clients to authenticated;
grant insert (company_name, cnpj, plan, status) on public.clients to authenticated;
grant update (company_name, cnpj, plan, status) on public.clients to authenticated;
grant select, insert, update, delete on public.clients to service_role;

-- An admin's INSERT returns the row it makes, which the list of clients, read before it, does not hold yet.
create policy clients_select on public.clients for select to authenticated
using (((select private.is_admin()) or id = any(array(select private.visible_client_ids()))) and private.asks_for_rows());

create policy clients_insert on public.clients for insert to authenticated
with check ((select private.is_admin()));

create policy clients_update on public.clients for update to authenticated
using (id = any(array(select private.visible_client_ids())))
with check (id = any(array(select private.visible_client_ids())));

-- first: policies/consents.sql
drop policy if exists "consents_select" on public.consents;
drop policy if exists "consents_insert" on public.consents;
-- source: policies/consents.sql sha256:590294ae1f153bf131056a7b1ac6f8c791af5d19220a1737b2f06a9270e89dfe
-- Append-only: a person may record what a lead agreed to or withdrew.
alter table public.consents enable row level security;
alter table public.consents force row level security;

grant select on public.consents to authenticated;
grant insert (client_id, lead_id, granted, legal_basis, text_version, evidence) on public.consents to authenticated;
grant select, insert, update, delete on public.consents to service_role;

create policy consents_select on public.consents for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());

create policy consents_insert on public.consents for insert to authenticated
with check (client_id = any(array(select private.visible_client_ids())));

-- first: policies/conversations.sql
drop policy if exists "conversations_select" on public.conversations;
drop policy if exists "conversations_update" on public.conversations;
-- source: policies/conversations.sql sha256:72ef90ab25053fa3b60c8b48d0c49befb6fd2e50e80ee2fd26c74e5e5e609b71
-- People may close a conversation or open it again.
alter table public.conversations enable row level security;
alter table public.conversations force row level security;

grant select on public.conversations to authenticated;
grant update (status) on public.conversations to authenticated;
grant select, insert, update, delete on public.conversations to service_role;

create policy conversations_select on public.conversations for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());

create policy conversations_update on public.conversations for update to authenticated
using (client_id = any(array(select private.visible_client_ids())))
with check (client_id = any(array(select private.visible_client_ids())));

-- first: policies/deliveries.sql
drop policy if exists "deliveries_select" on public.deliveries;
-- source: policies/deliveries.sql sha256:f8503911cac73fce550d7b1aa6018f238e149f2852fee57654cd65fdc45a3c36
-- Written by the engine.
alter table public.deliveries enable row level security;
alter table public.deliveries force row level security;

grant select on public.deliveries to authenticated;
grant select, insert, update, delete on public.deliveries to service_role;

create policy deliveries_select on public.deliveries for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());

-- first: policies/failed_tasks.sql
drop policy if exists "failed_tasks_select" on public.failed_tasks;
-- source: policies/failed_tasks.sql sha256:9e9476ab69257856b06916d83a74726cf1865cd89109982b3e9159a0b812c83b
-- Read here; replayed by public.replay_failed_task.
alter table public.failed_tasks enable row level security;
alter table public.failed_tasks force row level security;

grant select on public.failed_tasks to authenticated;
grant select, insert, update, delete on public.failed_tasks to service_role;

create policy failed_tasks_select on public.failed_tasks for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());

-- source: policies/functions.sql sha256:9bcbeac155b6198d9fd7d2ecbd1549b57f85423f508a90f3e8933da6e08b1228
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
grant execute on function public.import_leads(text, jsonb, uuid, public.legal_basis, text, boolean) to authenticated;

-- first: policies/interview_answers.sql
drop policy if exists "interview_answers_select" on public.interview_answers;
-- source: policies/interview_answers.sql sha256:3a1bcb6e41fddbf6e86d74e5e4cc15c292b735a2d3d42c54d76fe530be97d5f4
-- Written by the agents' commits.
alter table public.interview_answers enable row level security;
alter table public.interview_answers force row level security;

grant select on public.interview_answers to authenticated;
grant select, insert, update, delete on public.interview_answers to service_role;

create policy interview_answers_select on public.interview_answers for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());

-- first: policies/interview_messages.sql
drop policy if exists "interview_messages_select" on public.interview_messages;
-- source: policies/interview_messages.sql sha256:7b73240f2726011867ece42a664cc07646764a54a0bed4e0fbd3d620dda7ff5d
-- What was said is read, never changed. Partitions stand in an unexposed schema and have no grants.
alter table public.interview_messages enable row level security;
alter table public.interview_messages force row level security;

grant select on public.interview_messages to authenticated;
grant select, insert, update, delete on public.interview_messages to service_role;

create policy interview_messages_select on public.interview_messages for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());

-- first: policies/interviews.sql
drop policy if exists "interviews_select" on public.interviews;
drop policy if exists "interviews_update" on public.interviews;
-- source: policies/interviews.sql sha256:bc65a8f1f5d60879dcc87523bf01b56688bbc54058658edfef0afb3b2c33c6f8
-- Interviews are made by starting a project. People may cancel one (private.guard_interview) and keep notes in metadata.
alter table public.interviews enable row level security;
alter table public.interviews force row level security;

grant select on public.interviews to authenticated;
grant update (status, metadata) on public.interviews to authenticated;
grant select, insert, update, delete on public.interviews to service_role;

create policy interviews_select on public.interviews for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());

create policy interviews_update on public.interviews for update to authenticated
using (client_id = any(array(select private.visible_client_ids())))
with check (client_id = any(array(select private.visible_client_ids())));

-- first: policies/isa_commands.sql
drop policy if exists "isa_commands_select" on public.isa_commands;
drop policy if exists "isa_commands_insert" on public.isa_commands;
-- source: policies/isa_commands.sql sha256:3ccc65d86adb14cefe72a920c89da5366148213feb025eec4dce077a92791f5a
-- Admins only. An admin writes in the own name.
alter table public.isa_commands enable row level security;
alter table public.isa_commands force row level security;

grant select on public.isa_commands to authenticated;
grant insert (id, admin_id, command, target_type, target_id, result, executed_at) on public.isa_commands to authenticated;
grant select, insert, update, delete on public.isa_commands to service_role;

create policy isa_commands_select on public.isa_commands for select to authenticated
using ((select private.is_admin()) and private.asks_for_rows());

create policy isa_commands_insert on public.isa_commands for insert to authenticated
with check ((select private.is_admin()) and admin_id = (select private.current_profile_id()));

-- first: policies/lead_identities.sql
drop policy if exists "lead_identities_select" on public.lead_identities;
-- source: policies/lead_identities.sql sha256:a467065874316430a49b9dbe8442be6fbe4d361e92e17e87563a7f978b840c25
-- Written by triggers and by what providers say.
alter table public.lead_identities enable row level security;
alter table public.lead_identities force row level security;

grant select on public.lead_identities to authenticated;
grant select, insert, update, delete on public.lead_identities to service_role;

create policy lead_identities_select on public.lead_identities for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());

-- first: policies/leads.sql
drop policy if exists "leads_select" on public.leads;
drop policy if exists "leads_insert" on public.leads;
drop policy if exists "leads_update" on public.leads;
drop policy if exists "leads_delete" on public.leads;
-- source: policies/leads.sql sha256:d76a72d5b0f2ff95b4849d90a27b972d09bbe0e88978138a908ffc663fd6fcdf
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
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());

create policy leads_insert on public.leads for insert to authenticated
with check (client_id = any(array(select private.visible_client_ids())));

create policy leads_update on public.leads for update to authenticated
using (client_id = any(array(select private.visible_client_ids())))
with check (client_id = any(array(select private.visible_client_ids())));

create policy leads_delete on public.leads for delete to authenticated
using (client_id = any(array(select private.visible_client_ids())));

-- source: policies/media.sql sha256:8787f43dbaad0f98f1712df1797e4dd8608094c065c0d40b38f36648c902be50
-- Written by the engine. The files themselves are Storage's: policies/storage_objects.sql.
alter table public.media enable row level security;
alter table public.media force row level security;

grant select on public.media to authenticated;
grant select, insert, update, delete on public.media to service_role;

create policy media_select on public.media for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());

-- first: policies/message_templates.sql
drop policy if exists "message_templates_select" on public.message_templates;
drop policy if exists "message_templates_insert" on public.message_templates;
drop policy if exists "message_templates_update" on public.message_templates;
-- source: policies/message_templates.sql sha256:5ae4e740c1260ea569bde218005904415e321ab4ad946df0e5d731dc8722c485
-- Templates are the provider's verdict; owners and admins keep the list.
alter table public.message_templates enable row level security;
alter table public.message_templates force row level security;

grant select on public.message_templates to authenticated;
grant insert (id, client_id, channel_account_id, name, language, category, body, parameters, status, purpose) on public.message_templates to authenticated;
grant update (category, body, parameters, status, purpose) on public.message_templates to authenticated;
grant select, insert, update, delete on public.message_templates to service_role;

create policy message_templates_select on public.message_templates for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());

create policy message_templates_insert on public.message_templates for insert to authenticated
with check (client_id = any(array(select private.owned_client_ids())));

create policy message_templates_update on public.message_templates for update to authenticated
using (client_id = any(array(select private.owned_client_ids())))
with check (client_id = any(array(select private.owned_client_ids())));

-- first: policies/messages.sql
drop policy if exists "messages_select" on public.messages;
-- source: policies/messages.sql sha256:9533458afdf9110102cc5178c8a7a4713abf7b616aef1c503a15f66670af6dfd
-- What was said is read, never changed.
alter table public.messages enable row level security;
alter table public.messages force row level security;

grant select on public.messages to authenticated;
grant select, insert, update, delete on public.messages to service_role;

create policy messages_select on public.messages for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());

-- first: policies/notifications.sql
drop policy if exists "notifications_select" on public.notifications;
-- source: policies/notifications.sql sha256:23bf0789eadc0c0a54d62c83a0f7fe68275971c97a899484a9145b3fdc552e0c
-- Written by the engine.
alter table public.notifications enable row level security;
alter table public.notifications force row level security;

grant select on public.notifications to authenticated;
grant select, insert, update, delete on public.notifications to service_role;

create policy notifications_select on public.notifications for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());

-- first: policies/profiles.sql
drop policy if exists "profiles_select" on public.profiles;
drop policy if exists "profiles_update" on public.profiles;
-- source: policies/profiles.sql sha256:08b3656c9bfde4b85293680967f9d3d3d9dd6dbbac96713b0e66c5167c93b66a
-- People see themselves and the members of their clients; they change their own name and phone. Rows are made by the trigger on auth.users.
alter table public.profiles enable row level security;
alter table public.profiles force row level security;

grant select on public.profiles to authenticated;
grant update (full_name, phone, role) on public.profiles to authenticated;
grant select, insert, update, delete on public.profiles to service_role;

create policy profiles_select on public.profiles for select to authenticated
using (id = any(array(select private.visible_profile_ids())) and private.asks_for_rows());

create policy profiles_update on public.profiles for update to authenticated
using (id = (select private.current_profile_id()) or (select private.is_admin()))
with check (id = (select private.current_profile_id()) or (select private.is_admin()));

-- first: policies/projects.sql
drop policy if exists "projects_select" on public.projects;
drop policy if exists "projects_insert" on public.projects;
drop policy if exists "projects_update" on public.projects;
drop policy if exists "projects_delete" on public.projects;
-- source: policies/projects.sql sha256:41e1e4022d3f4a0f129b2323b1b507b709f72739ca50abb864fbfd1326f2a518
-- A client's people run their projects.
alter table public.projects enable row level security;
alter table public.projects force row level security;

grant select on public.projects to authenticated;
grant insert (id, client_id, name, description, type, status, config, renus_config_id, channel_account_id) on public.projects to authenticated;
grant update (name, description, type, status, config, renus_config_id, channel_account_id) on public.projects to authenticated;
grant delete on public.projects to authenticated;
grant select, insert, update, delete on public.projects to service_role;

create policy projects_select on public.projects for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());

create policy projects_insert on public.projects for insert to authenticated
with check (client_id = any(array(select private.visible_client_ids())));

create policy projects_update on public.projects for update to authenticated
using (client_id = any(array(select private.visible_client_ids())))
with check (client_id = any(array(select private.visible_client_ids())));

create policy projects_delete on public.projects for delete to authenticated
using (client_id = any(array(select private.visible_client_ids())));

-- first: policies/renus_config.sql
drop policy if exists "renus_config_select" on public.renus_config;
drop policy if exists "renus_config_insert" on public.renus_config;
drop policy if exists "renus_config_update" on public.renus_config;
-- source: policies/renus_config.sql sha256:3526befebfb66e1b363dcec89d7b69ce9405904e1b4294220acb77fc37221807
-- A client's people configure their agent.
alter table public.renus_config enable row level security;
alter table public.renus_config force row level security;

grant select on public.renus_config to authenticated;
grant insert (id, client_id, agent_type, config, prompts, active) on public.renus_config to authenticated;
grant update (agent_type, config, prompts, active) on public.renus_config to authenticated;
grant select, insert, update, delete on public.renus_config to service_role;

create policy renus_config_select on public.renus_config for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());

create policy renus_config_insert on public.renus_config for insert to authenticated
with check (client_id = any(array(select private.visible_client_ids())));

create policy renus_config_update on public.renus_config for update to authenticated
using (client_id = any(array(select private.visible_client_ids())))
with check (client_id = any(array(select private.visible_client_ids())));

-- first: policies/reports.sql
drop policy if exists "reports_select" on public.reports;
-- source: policies/reports.sql sha256:0d2a179480bcb8e6e94837c9f014f347801fc43b51fcc26372aeb2e3ddd34d19
-- Written by the function report; asked for by public.request_report.
alter table public.reports enable row level security;
alter table public.reports force row level security;

grant select on public.reports to authenticated;
grant select, insert, update, delete on public.reports to service_role;

create policy reports_select on public.reports for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());

-- source: policies/storage_objects.sql sha256:8450777d3ac4be90fd6192094ea2bbb123172dabbcb2e0db0d8de68538a9930b
-- SECURITY: the functions may add just the files that are being fetched at that moment; a client's people read their own.
-- Where Storage is not installed there is nothing to open.
do $$
begin
    if to_regclass('storage.objects') is not null then
        drop policy if exists renum_media_insert on storage.objects;
        create policy renum_media_insert on storage.objects for insert to renum_files
        with check (bucket_id = (select private.media_bucket()) and private.awaits_file(name));

        -- A client's people read their own files: the first folder of a path says whose it is.
        drop policy if exists renum_media_select on storage.objects;
        create policy renum_media_select on storage.objects for select to authenticated
        using (
            bucket_id = (select private.media_bucket())
            and (storage.foldername(name))[1] = any(array(select v.id::text from private.visible_client_ids() as v (id)))
        );
    end if;
end
$$;

-- first: policies/sub_agents.sql
drop policy if exists "sub_agents_select" on public.sub_agents;
drop policy if exists "sub_agents_insert" on public.sub_agents;
drop policy if exists "sub_agents_update" on public.sub_agents;
drop policy if exists "sub_agents_delete" on public.sub_agents;
-- source: policies/sub_agents.sql sha256:73fcdd5deb606301455c0d2627cacaee07f0121a549fa87bae6816b8e7b63257
-- Global: admins write, the people of active clients read the active ones.
alter table public.sub_agents enable row level security;
alter table public.sub_agents force row level security;

grant select on public.sub_agents to authenticated;
grant insert (id, name, type, description, config, tools, active) on public.sub_agents to authenticated;
grant update (name, type, description, config, tools, active) on public.sub_agents to authenticated;
grant delete on public.sub_agents to authenticated;
grant select, insert, update, delete on public.sub_agents to service_role;

create policy sub_agents_select on public.sub_agents for select to authenticated
using (((active and (select exists(select private.visible_client_ids()))) or (select private.is_admin())) and private.asks_for_rows());

create policy sub_agents_insert on public.sub_agents for insert to authenticated
with check ((select private.is_admin()));

create policy sub_agents_update on public.sub_agents for update to authenticated
using ((select private.is_admin()))
with check ((select private.is_admin()));

create policy sub_agents_delete on public.sub_agents for delete to authenticated
using ((select private.is_admin()));

-- first: policies/tools.sql
drop policy if exists "tools_select" on public.tools;
drop policy if exists "tools_insert" on public.tools;
drop policy if exists "tools_update" on public.tools;
drop policy if exists "tools_delete" on public.tools;
-- source: policies/tools.sql sha256:7395f8b67c68b9ba46e9902cf37e9997295f8d007570ccd595df01929219d0b2
-- Global: admins write, the people of active clients read the active ones.
alter table public.tools enable row level security;
alter table public.tools force row level security;

grant select on public.tools to authenticated;
grant insert (id, name, description, function_name, parameters_schema, active) on public.tools to authenticated;
grant update (name, description, function_name, parameters_schema, active) on public.tools to authenticated;
grant delete on public.tools to authenticated;
grant select, insert, update, delete on public.tools to service_role;

create policy tools_select on public.tools for select to authenticated
using (((active and (select exists(select private.visible_client_ids()))) or (select private.is_admin())) and private.asks_for_rows());

create policy tools_insert on public.tools for insert to authenticated
with check ((select private.is_admin()));

create policy tools_update on public.tools for update to authenticated
using ((select private.is_admin()))
with check ((select private.is_admin()));

create policy tools_delete on public.tools for delete to authenticated
using ((select private.is_admin()));

-- first: policies/turns.sql
drop policy if exists "turns_select" on public.turns;
-- source: policies/turns.sql sha256:a595f391a0474669e5756a7a6a4c2fec037c443f49dfe704bd75f0e50bf77d4f
-- Written by the agents' commits.
alter table public.turns enable row level security;
alter table public.turns force row level security;

grant select on public.turns to authenticated;
grant select, insert, update, delete on public.turns to service_role;

create policy turns_select on public.turns for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());

-- first: policies/webhook_events.sql
drop policy if exists "webhook_events_select" on public.webhook_events;
-- source: policies/webhook_events.sql sha256:86188ba24a3516d3026b7007cb7fc0fe41ee39b28bc8f2d2d4d30b56a4c95ac7
-- Raw items of the client's own accounts.
alter table public.webhook_events enable row level security;
alter table public.webhook_events force row level security;

grant select on public.webhook_events to authenticated;
grant select, insert, update, delete on public.webhook_events to service_role;

create policy webhook_events_select on public.webhook_events for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());

-- removed: sql/30_rules/45_retry_delay_s.sql
drop function private.retry_delay_s(integer);
