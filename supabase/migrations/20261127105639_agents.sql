-- Made by `renum migration` from sql/ and policies/. Frozen once it is listed in migrations.lock.

-- source: sql/10_types/budget_action.sql sha256:bd866155c1553ca8840373a06fc97c4a530a37bc427a9ae096795f39f65bba84
create type public.budget_action as enum ('degrade', 'pause');
comment on type public.budget_action is 'What happens once a budget is reached. degrade: the offline model answers, which costs nothing; messages are sent as before. pause: no turn is begun, nobody is invited or reminded.';

-- source: sql/10_types/budget_period.sql sha256:ebbaf681dfd745d9577b3f9a0f0805a88fc99b71424f28ea07192cfa914d7975
create type public.budget_period as enum ('month', 'total');
comment on type public.budget_period is 'month: begins anew with every month in São Paulo. total: for ever.';

-- source: sql/10_types/budget_state.sql sha256:991df234497c4ac088fe0562599ea0aa9deb8d81f70ea44dfb5d97ee7a6bab2c
create type public.budget_state as enum ('open', 'warned', 'reached');
comment on type public.budget_state is 'How far a budget is used: in the order of severity.';

-- source: sql/10_types/callback_status.sql sha256:f55bf6582c3990d1121d735e7100b3acb117357a57244820baf91721972a5b9c
create type public.callback_status as enum ('open', 'done', 'cancelled');
comment on type public.callback_status is 'Whether somebody still has to call the lead back.';

-- source: sql/10_types/qualification_status.sql sha256:bc6d155ffbaec19a62109cc8a841353f7eb03011bf27f21736dc922e7dc48513
create type public.qualification_status as enum ('open', 'qualified', 'not_qualified', 'reversed');
comment on type public.qualification_status is 'What came of a lead''s qualification: being asked, enough, not enough, or taken back by an admin.';

-- source: sql/10_types/usage_kind.sql sha256:9816f0d08b1304fc4d821c716865f4dd0f1b98bec2757eeaf2d10d2233bf7238
create type public.usage_kind as enum ('model', 'message');
comment on type public.usage_kind is 'What costs money: calls to a model, counted in tokens, and messages that a provider charges.';

-- source: sql/20_tables/05_settings.sql sha256:e5361a50b5db5b433050abaa1d7b59d6bbbfa6d06443c86c5b2f6ee4bea335a7 by hand
insert into private.settings (key, value, comment) values
('handover_hours', '24', 'Hours after which an agent goes on with a conversation that a person took over and did not write in again; null: never by itself.'),
('turns_per_hour', '60', 'Turns of one conversation within an hour, after which a person gets it: two programs talking with each other would not stop.'),
('tool_calls_per_turn', '8', 'Calls of tools in one turn, where the agent''s config.conversation.limits does not say.'),
('requalify_days', '30', 'Days after which a lead that did not qualify may be asked again.'),
('sign_up_url', 'null', 'Where people who were invited sign up; said to who becomes a client by conversation. null: no address is said.')
on conflict (key) do nothing;

-- source: sql/20_tables/16_leads.sql sha256:c3a33058a1e875ede0a4cac4debea2909c13aebbeaae2f1f5614367fe0f7f5d7 by hand
alter table public.leads
add column qualified_at timestamptz;
comment on column public.leads.qualified_at is 'Since when this lead counts as qualified: by an agent''s questions and the rules of its configuration (public.qualifications). Kept by the engine.';

-- source: sql/20_tables/23_model_prices.sql sha256:adf6142f27b77f422542b54cdc4f04de3e6f351e7a7cce1de76dabdb20be9a89
create table private.model_prices (
    model text not null,
    currency text not null,
    input_per_million numeric(12, 6) not null,
    output_per_million numeric(12, 6) not null,
    valid_from date not null,
    primary key (model, valid_from),
    constraint input_is_not_negative check (input_per_million >= 0),
    constraint output_is_not_negative check (output_per_million >= 0),
    constraint currency_is_a_code_of_three_letters check (currency ~ '^[A-Z]{3}$')
);
comment on table private.model_prices is 'What a model takes for a million tokens, read and written: an operator keeps it up to date. The bill is the provider''s.';
comment on column private.model_prices.model is 'A LangChain init_chat_model string, without the date that a name may end with: openai:gpt-5-mini stands for openai:gpt-5-mini-2025-08-07, too, unless that has a row of its own.';

-- List prices in US dollars as the vendors published them, read in November 2026; cached input and batches, which are cheaper, are not told apart:
-- https://developers.openai.com/api/docs/pricing, https://docs.claude.com/en/docs/about-claude/pricing, https://ai.google.dev/gemini-api/docs/pricing
-- To be kept up to date: a new price is a new row with the day from which it holds.
insert into private.model_prices (model, currency, input_per_million, output_per_million, valid_from) values
('offline', 'USD', 0, 0, '2025-01-01'),
('openai:gpt-5-mini', 'USD', 0.25, 2.00, '2025-08-07'),
('anthropic:claude-haiku-4-5', 'USD', 1.00, 5.00, '2025-10-15'),
('google_genai:gemini-2.5-flash', 'USD', 0.30, 2.50, '2025-06-17');

-- source: sql/20_tables/29_renus_config_versions.sql sha256:b7690f3cd80eeeb6cf15f14d3ee970d576e7add1182284fc7d1773d921bf6ed8
create table public.renus_config_versions (
    id uuid primary key default gen_random_uuid(),
    renus_config_id uuid not null,
    client_id uuid not null,
    version integer not null,
    agent_type public.agent_type not null,
    config jsonb not null,
    prompts jsonb not null,
    created_at timestamptz not null default now(),
    created_by uuid references public.profiles (id) on delete set null,
    constraint a_version_is_kept_once unique (renus_config_id, version),
    foreign key (client_id, renus_config_id) references public.renus_config (client_id, id) on delete cascade
);
create index idx_renus_config_versions_client_id on public.renus_config_versions (client_id, renus_config_id);
create index idx_renus_config_versions_created_by on public.renus_config_versions (created_by);
comment on table public.renus_config_versions is 'Every version of every agent''s configuration: turns name the one they were begun with. Written by trigger, never changed.';

-- source: sql/20_tables/38_threads.sql sha256:ae24d206a6fa987da53a73bc5bbac2155d8acf5f1b3329066dbe4ade3f384047 by hand
alter table private.threads
add column agent_id uuid,
add column agent_version integer,
add column held boolean not null default false;
create index idx_threads_held on private.threads (client_id) where held;
comment on column private.threads.agent_id is 'The agent (renus_config) that the turn under way was begun with, and agent_version its version then: what its commit records, whatever people change meanwhile.';
comment on column private.threads.held is 'Its turn was not begun because a budget is used up: the sweep queues it when that budget opens again.';

-- source: sql/20_tables/42_conversations.sql sha256:1da1e67020b7d08792f3a86a1d9ffe400bff830e51283fc13631233a0dc9590c by hand
alter table public.conversations
add column renus_config_id uuid,
add column project_id uuid,
add column sub_agent_id uuid references public.sub_agents (id) on delete set null,
add column memory jsonb not null default '{}',
add column summary text,
add column summary_seq bigint not null default 0,
add column summary_at timestamptz,
add column handed_over_at timestamptz,
add column handed_over_reason text,
add column handed_over_by uuid,
add column person_wrote_at timestamptz,
add column resuming boolean not null default false,
add column customer_client_id uuid,
add foreign key (client_id, renus_config_id) references public.renus_config (client_id, id),
add foreign key (client_id, project_id) references public.projects (client_id, id),
add constraint memory_is_an_object check (jsonb_typeof(memory) = 'object'),
add constraint what_is_handed_over_has_a_reason check ((handed_over_at is null) = (handed_over_reason is null));
create index idx_conversations_renus_config_id on public.conversations (client_id, renus_config_id);
create index idx_conversations_project_id on public.conversations (client_id, project_id);
create index idx_conversations_sub_agent_id on public.conversations (sub_agent_id);
comment on column public.conversations.renus_config_id is 'The agent that speaks here; null: private.conversation_agent chooses.';
comment on column public.conversations.project_id is 'The support line or campaign it belongs to, whose budget its turns use.';
comment on column public.conversations.sub_agent_id is 'The specialist that has the dialogue; null: the agent itself.';
comment on column public.conversations.memory is 'What the agents keep: {"shared" | name of a sub-agent: {word: text}}. A specialist that gets the dialogue back goes on where it was.';
comment on column public.conversations.summary is 'What was said up to summary_seq, in few words: the model''s, kept so that what it is given stays bounded.';
comment on column public.conversations.handed_over_at is 'Since when a person has the dialogue: no agent answers until it is handed back. null: the agent has it.';
comment on column public.conversations.handed_over_by is 'Who took it over (profiles.id), where that was a person''s own call. No foreign key, nor has customer_client_id one: an API client could not embed profiles or clients any more without saying which.';
comment on column public.conversations.person_wrote_at is 'When a person last wrote in it, by private.now().';
comment on column public.conversations.resuming is 'Handed back, and the agent has not said so yet: its next reply does.';
comment on column public.conversations.customer_client_id is 'The client that this lead of the house client has become: the agent speaks to it as to a customer.';

-- source: sql/20_tables/54_notifications.sql sha256:18de7c82546303f3c5bb4e09bd42aaa6d0f28699437e9052482dcf543970e142 by hand
comment on column public.notifications.event is 'interview_completed, project_completed, person_needed, account_stopped, budget_reached, task_failed, …: private.notification_words has their words.';

-- source: sql/20_tables/65_isa_tokens.sql sha256:18621c496cfacae2d713430fa04ce47dd698d0d8fb3f7320b09b4b77998db26a
create table private.isa_tokens (
    command_id uuid primary key references public.isa_commands (id) on delete cascade,
    admin_id uuid not null references public.profiles (id) on delete cascade,
    token_hash bytea not null unique,
    plan jsonb not null,
    expires_at timestamptz not null,
    used_at timestamptz,
    created_at timestamptz not null default now(),
    constraint token_hash_is_a_sha256 check (octet_length(token_hash) = 32)
);
create index idx_isa_tokens_admin_id on private.isa_tokens (admin_id);
create index idx_isa_tokens_expires_at on private.isa_tokens (expires_at);
comment on table private.isa_tokens is 'What ISA planned and an admin may confirm: once, within five minutes, and only the admin who asked. The token itself is not kept.';

-- source: sql/20_tables/65_tool_calls.sql sha256:910ac844a795c67ba4bacb19013ecbda0f6114e5a7be02411dc1b5db84d669bc
create table public.tool_calls (
    id uuid primary key default gen_random_uuid(),
    client_id uuid not null,
    lead_id uuid not null,
    thread_id uuid not null,
    turn_id uuid not null,
    call_id text not null,
    tool text not null,
    sub_agent_id uuid references public.sub_agents (id) on delete set null,
    arguments jsonb not null,
    result jsonb,
    error text,
    duration_ms numeric(10, 2) not null,
    created_at timestamptz not null default clock_timestamp(),
    constraint a_call_is_made_once unique (turn_id, call_id),
    foreign key (client_id, lead_id) references public.leads (client_id, id) on delete cascade,
    foreign key (client_id, thread_id) references private.threads (client_id, id) on delete cascade,
    constraint a_call_has_a_result_or_an_error check (num_nonnulls(result, error) = 1)
);
create index idx_tool_calls_client_id on public.tool_calls (client_id, created_at);
create index idx_tool_calls_lead_id on public.tool_calls (client_id, lead_id);
create index idx_tool_calls_thread_id on public.tool_calls (client_id, thread_id);
create index idx_tool_calls_sub_agent_id on public.tool_calls (sub_agent_id);
comment on table public.tool_calls is 'Every call of a tool by an agent, refused ones too: with what, what came of it, and how long it took. turn_id is the lease of the turn.';
comment on column public.tool_calls.call_id is 'The call''s name within its turn: repeated because its answer got lost, it hears the same again.';
comment on column public.tool_calls.error is 'What the model was told instead of a result.';

-- source: sql/20_tables/66_callbacks.sql sha256:3795f248ad202f4b1365cb703a9d0215a20c9424f8c3f64094df087a5576d2dd
create table public.callbacks (
    id uuid primary key default gen_random_uuid(),
    client_id uuid not null,
    lead_id uuid not null,
    due_at timestamptz not null,
    note text,
    status public.callback_status not null default 'open',
    told_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    foreign key (client_id, lead_id) references public.leads (client_id, id) on delete cascade,
    constraint note_has_at_most_1000_characters check (char_length(note) <= 1000),
    constraint due_at_is_in_this_century check (due_at >= '2000-01-01' and due_at < '2100-01-01')
);
create index idx_callbacks_client_id on public.callbacks (client_id, due_at);
create index idx_callbacks_lead_id on public.callbacks (client_id, lead_id);
create index idx_callbacks_untold on public.callbacks (due_at) where status = 'open' and told_at is null;
create unique index a_lead_has_one_open_callback on public.callbacks (lead_id) where status = 'open';
comment on table public.callbacks is 'Leads who asked to be called back, and when. Made by agents'' tools, settled by people.';
comment on column public.callbacks.told_at is 'When the owners were told that it is due.';

-- source: sql/20_tables/67_intents.sql sha256:1c714b6cd8bdd9ec4c45444db18f1d85a6e0acc23f736016379b8662b4ce1035
create table private.intents (
    id bigint generated always as identity primary key,
    client_id uuid not null,
    lead_id uuid not null,
    turn_id uuid not null,
    kind text not null,
    details jsonb not null default '{}',
    created_at timestamptz not null default clock_timestamp(),
    foreign key (client_id, lead_id) references public.leads (client_id, id) on delete cascade,
    constraint kind_is_a_word check (kind ~ '^[a-z][a-z_]{0,62}$'),
    constraint details_is_an_object check (jsonb_typeof(details) = 'object')
);
create index idx_intents_turn_id on private.intents (turn_id, id);
create index idx_intents_lead_id on private.intents (client_id, lead_id);
comment on table private.intents is
'What tools asked for in a turn that goes beyond the lead''s own rows: performed by the turn''s commit, by rules, or never. Gone with the commit.';

-- source: sql/20_tables/68_qualifications.sql sha256:5cbec07ffcd49450794867ffb969d230e8e782ca35f67e390e03d60cceca1ecf
create table public.qualifications (
    id uuid primary key default gen_random_uuid(),
    client_id uuid not null,
    lead_id uuid not null,
    conversation_id uuid,
    renus_config_id uuid,
    renus_config_version integer,
    status public.qualification_status not null default 'open',
    proposed jsonb not null default '{}',
    problems jsonb not null default '{}',
    answers jsonb not null default '{}',
    score numeric not null default 0,
    threshold numeric,
    reason text,
    decided_at timestamptz,
    settled_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (client_id, id),
    foreign key (client_id, lead_id) references public.leads (client_id, id) on delete cascade,
    foreign key (client_id, conversation_id) references public.conversations (client_id, id),
    foreign key (client_id, renus_config_id) references public.renus_config (client_id, id),
    constraint proposed_answers_are_an_object check (jsonb_typeof(proposed) = 'object' and octet_length(proposed::text) <= 65536),
    constraint answers_are_an_object check (jsonb_typeof(answers) = 'object'),
    constraint problems_are_an_object check (jsonb_typeof(problems) = 'object'),
    constraint decided_at_once_decided check ((decided_at is null) = (status = 'open')),
    constraint who_does_not_qualify_is_told_why check (status <> 'not_qualified' or reason is not null),
    constraint settled_after_decided check (settled_at is null or decided_at is not null)
);
create index idx_qualifications_client_id on public.qualifications (client_id, created_at);
create index idx_qualifications_lead_id on public.qualifications (client_id, lead_id, created_at);
create index idx_qualifications_conversation_id on public.qualifications (client_id, conversation_id);
create index idx_qualifications_renus_config_id on public.qualifications (client_id, renus_config_id);
create unique index a_lead_has_one_qualification_at_a_time on public.qualifications (lead_id) where status in ('open', 'qualified');
comment on table public.qualifications is
'What a lead that showed interest was asked, and whether that is enough: scored by private.qualification_verdict from the configuration of the agent that asked.';
comment on column public.qualifications.proposed is 'What the agent took from the lead''s messages in its last call of the tool: the only thing agents write.';
comment on column public.qualifications.problems is 'Why proposed answers are none, in the words the lead may read: {question key: sentence}.';
comment on column public.qualifications.answers is '{question key: {"status": answered | invalid | refused, "value", "quote"?, "tries"?, "turn"?}}.';
comment on column public.qualifications.renus_config_id is 'The agent whose questions they are, and renus_config_version the version it was last judged by.';
comment on column public.qualifications.reason is 'Why it is not enough; or why what should have followed did not, or why it was taken back.';
comment on column public.qualifications.settled_at is 'When a commit carried out what follows.';

-- source: sql/20_tables/68_usage.sql sha256:8c56050955ca63f77b4c23aade7b96bff75861b68dd1fcfb59b21742afd5bc0d
create table public.usage (
    id uuid primary key default gen_random_uuid(),
    client_id uuid not null references public.clients (id),
    project_id uuid,
    kind public.usage_kind not null,
    item text not null,
    turn_id uuid,
    run integer not null default 0,
    report_id uuid,
    claim uuid,
    delivery_id uuid,
    input_tokens bigint not null default 0,
    output_tokens bigint not null default 0,
    quantity integer not null default 1,
    amount numeric,
    currency text,
    occurred_at timestamptz not null default private.now(),
    foreign key (client_id, project_id) references public.projects (client_id, id) on delete set null (project_id),
    constraint a_run_counts_a_model_once unique (turn_id, run, item),
    constraint a_claim_counts_a_model_once unique (claim, item),
    constraint a_delivery_counts_once unique (delivery_id),
    constraint it_is_of_a_turn_a_report_or_a_delivery check (num_nonnulls(turn_id, claim, delivery_id) = 1),
    constraint an_amount_has_its_currency check ((amount is null) = (currency is null)),
    constraint amount_is_not_negative check (amount >= 0)
);
create index idx_usage_client_id on public.usage (client_id, occurred_at);
create index idx_usage_project_id on public.usage (client_id, project_id);
comment on table public.usage is
'The ledger: what every turn, report and message used, and what that costs by the price lists of its day. Only added to. Amounts are exact; whoever shows them rounds. Rows outlive the turns, reports and deliveries that they name.';
comment on column public.usage.item is 'The model''s name; of a message its provider and category, whatsapp_cloud/marketing say.';
comment on column public.usage.run is 'Which run of the turn: one that was thrown away because the lead wrote meanwhile was paid for as well.';
comment on column public.usage.claim is 'The attempt at a report.';
comment on column public.usage.quantity is 'Calls of the model, or messages.';
comment on column public.usage.amount is 'null: no price is known.';

-- source: sql/20_tables/69_budgets.sql sha256:23cb1bcaf4999af8274197a15d207106a3ea0faffd90b2130a8f36ed0a80eed1
create table public.budgets (
    id uuid primary key default gen_random_uuid(),
    client_id uuid not null references public.clients (id),
    project_id uuid,
    period public.budget_period not null default 'month',
    amount numeric(14, 2) not null,
    currency text not null default 'USD',
    warn_at_percent integer not null default 80,
    on_reached public.budget_action not null default 'degrade',
    spent numeric not null default 0,
    state public.budget_state not null default 'open',
    told public.budget_state not null default 'open',
    period_began timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    foreign key (client_id, project_id) references public.projects (client_id, id) on delete cascade,
    constraint one_budget_per_project_and_period unique nulls not distinct (client_id, project_id, period),
    constraint amount_is_not_negative check (amount >= 0),
    constraint warn_at_percent_is_1_to_100 check (warn_at_percent between 1 and 100)
);
create index idx_budgets_period_began on public.budgets (period_began);
comment on table public.budgets is
'What a client, or one of its projects, may cost, and what happens when that is reached. People write the limits; spent, state, told and period_began are the engine''s.';
comment on column public.budgets.project_id is 'null: everything the client uses, its projects included.';
comment on column public.budgets.currency is 'Only what is priced in this currency counts: nothing is converted.';
comment on column public.budgets.spent is 'Exact, of the period under way; a second behind the ledger.';
comment on column public.budgets.told is 'The gravest state of which the owners were told, of this amount and in this period.';
comment on column public.budgets.period_began is 'What was used before this is another period''s. null: not counted yet, which the next sweep does.';

-- source: sql/20_tables/69_conversions.sql sha256:a3106ac35a7a436becbbc2de28e0c5eaa33ab746f12506611e0c7932ac0154db
create table public.conversions (
    id uuid primary key default gen_random_uuid(),
    client_id uuid not null,
    lead_id uuid not null,
    qualification_id uuid not null,
    turn_id uuid,
    made_client_id uuid not null references public.clients (id),
    made_renus_config_id uuid not null,
    made_project_id uuid,
    member_id uuid references public.client_members (id) on delete set null,
    created_at timestamptz not null default now(),
    reversed_at timestamptz,
    reversed_by uuid references public.profiles (id) on delete set null,
    reason text,
    unique (client_id, id),
    foreign key (client_id, lead_id) references public.leads (client_id, id),
    foreign key (client_id, qualification_id) references public.qualifications (client_id, id),
    foreign key (made_client_id, made_renus_config_id) references public.renus_config (client_id, id),
    foreign key (made_client_id, made_project_id) references public.projects (client_id, id) on delete set null (made_project_id),
    constraint who_reverses_says_why check ((reversed_at is null) = (reason is null)),
    constraint reason_has_at_most_1000_characters check (char_length(reason) <= 1000)
);
create index idx_conversions_client_id on public.conversions (client_id, created_at);
create index idx_conversions_lead_id on public.conversions (client_id, lead_id);
create index idx_conversions_qualification_id on public.conversions (client_id, qualification_id);
create index idx_conversions_made_client_id on public.conversions (made_client_id, made_renus_config_id);
create index idx_conversions_made_project_id on public.conversions (made_client_id, made_project_id);
create index idx_conversions_member_id on public.conversions (member_id);
create index idx_conversions_reversed_by on public.conversions (reversed_by);
create unique index a_lead_becomes_one_client on public.conversions (lead_id) where reversed_at is null;
comment on table public.conversions is 'Leads of the house client that have become clients, and what was made for each. Written by the commit of a turn, taken back by public.reverse_conversion.';
comment on column public.conversions.turn_id is 'The turn whose commit did it.';

-- source: sql/20_tables/69_spendings.sql sha256:f0d54064d66593f9b9fd0553533cc7413cc8c7745a2fc4d5998bb319644ad47f
create table private.spendings (
    id bigint generated always as identity primary key,
    client_id uuid not null references public.clients (id),
    project_id uuid,
    currency text not null,
    amount numeric not null,
    occurred_at timestamptz not null
);
create index idx_spendings_client_id on private.spendings (client_id);
comment on table private.spendings is
'What was added to the ledger and is not counted against the budgets yet. Only inserted into by commits, so that two of them never wait for one budget''s row; the sweep empties it.';

-- source: sql/20_tables/70_audit_log.sql sha256:996ffff6961480da477cd57e4b8b1f48174fd8d189fec70ac3be02e9de79b9dd
create table public.audit_log (
    id uuid primary key default gen_random_uuid(),
    client_id uuid references public.clients (id),
    actor_id uuid,
    action text not null,
    subject_type text not null,
    subject_id uuid not null,
    details jsonb not null default '{}',
    at timestamptz not null default clock_timestamp(),
    constraint action_is_a_word check (action ~ '^[a-z][a-z_]{0,62}$'),
    constraint subject_type_is_a_word check (subject_type ~ '^[a-z][a-z_]{0,62}$'),
    constraint details_is_an_object check (jsonb_typeof(details) = 'object')
);
create index idx_audit_log_client_id on public.audit_log (client_id, at);
create index idx_audit_log_subject on public.audit_log (subject_id, at);
comment on table public.audit_log is
'Who did what to what, for good: written by private.audit, never changed. Ids and figures only: what a person said or is called is not in it, so that an erasure has nothing to find here.';
comment on column public.audit_log.client_id is 'Whose matter it is; null: RENUM''s own.';
comment on column public.audit_log.actor_id is 'The person (profiles.id; stays when the person has gone); null: the engine.';

-- source: sql/30_rules/15_default_client_id.sql sha256:7c78c8c5fc1e7471611c75e19d52eb7b265f648808d24c3063e6d36b8a99f9fc by hand
alter table public.budgets alter column client_id set default private.default_client_id();
alter table public.callbacks alter column client_id set default private.default_client_id();
alter table public.callbacks alter column client_id set default private.default_client_id();

-- source: sql/30_rules/17_turn_lease.sql sha256:33ac89ada26ba82063a8a901acfe8fa1336d8fe8a221ea2392acc9be946a83e0
create or replace function private.turn_lease() returns uuid
language sql stable security definer set search_path = ''
as $$
    select t.lease
    from private.threads as t
    -- A setting of that name may hold anything.
    where t.lease = (case when current_setting('renum.lease', true) ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then current_setting('renum.lease', true) end)::uuid
        and t.lease_until > clock_timestamp();
$$;
comment on function private.turn_lease() is 'The live turn that an agent''s tool works in, by its lease; null outside of one. See private.turn_lead_id.';

-- source: sql/30_rules/17_turn_thread.sql sha256:5290eebfbaa04deafbe6fc031a29423173b745a5f9daef7c88bd2631bbd379a5
create or replace function private.turn_thread() returns private.threads
language sql stable security definer set search_path = ''
as $$
    select t
    from private.threads as t
    -- A setting of that name may hold anything.
    where t.lease = (case when current_setting('renum.lease', true) ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then current_setting('renum.lease', true) end)::uuid
        and t.lease_until > clock_timestamp();
$$;
comment on function private.turn_thread() is
'The thread whose turn an agent''s tool works in, for triggers that judge what the tool writes; null outside of a live turn. Not for agents: see private.turn_lead_id.';

-- source: sql/30_rules/29_arguments_problem.sql sha256:83131396e3b325966a8989efe6bec86f12eb36b6f8b36ba722780ee506b89725
create or replace function private.arguments_problem(value jsonb, schema jsonb, place text default 'arguments') returns text
language plpgsql immutable set search_path = ''
as $$
declare
    kind text := jsonb_typeof(value);
    wanted text := schema ->> 'type';
    txt text := value #>> '{}';
    item record;
    problem text;
begin
    if value is null then
        return format('%s is missing', place);
    end if;
    if wanted is not null and not (
        kind = wanted or (wanted = 'integer' and kind = 'number' and txt::numeric = trunc(txt::numeric))
    ) then
        return format('%s must be of type %s', place, wanted);
    end if;
    if schema ? 'enum' and not (schema -> 'enum') @> jsonb_build_array(value) then
        return format('%s must be one of %s', place, left(schema ->> 'enum', 300));
    end if;
    if kind = 'number' then
        if txt::numeric < (schema ->> 'minimum')::numeric or txt::numeric > (schema ->> 'maximum')::numeric then
            return format('%s must be between %s and %s', place, coalesce(schema ->> 'minimum', 'any'), coalesce(schema ->> 'maximum', 'any'));
        end if;
    elsif kind = 'string' then
        if char_length(txt) < (schema ->> 'minLength')::integer or char_length(txt) > (schema ->> 'maxLength')::integer then
            return format('%s must have %s to %s characters', place, coalesce(schema ->> 'minLength', '0'), coalesce(schema ->> 'maxLength', 'any number of'));
        end if;
        problem := case schema ->> 'format'
            when 'uuid' then case when txt !~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then 'a UUID' end
            when 'email' then case when private.is_email(lower(btrim(txt))) is not true then 'an e-mail address' end
            when 'date' then case when txt !~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' then 'a date such as 2027-01-31' end
            when 'date-time' then case when txt !~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?(Z|[+-][0-9]{2}:?[0-9]{2})?$'
                then 'a time such as 2027-01-31T14:30:00-03:00' end
        end;
        if problem is not null then
            return format('%s must be %s', place, problem);
        end if;
    elsif kind = 'array' then
        if jsonb_array_length(value) < (schema ->> 'minItems')::integer or jsonb_array_length(value) > (schema ->> 'maxItems')::integer then
            return format('%s must have %s to %s items', place, coalesce(schema ->> 'minItems', '0'), coalesce(schema ->> 'maxItems', 'any number of'));
        end if;
        if schema ? 'items' then
            for item in select e.v, e.n from jsonb_array_elements(value) with ordinality as e (v, n) loop
                problem := private.arguments_problem(item.v, schema -> 'items', format('%s[%s]', place, item.n));
                if problem is not null then
                    return problem;
                end if;
            end loop;
        end if;
    elsif kind = 'object' then
        problem := (select min(r.name) from jsonb_array_elements_text(schema -> 'required') as r (name) where not value ? r.name);
        if problem is not null then
            return format('%s.%s is missing', place, problem);
        end if;
        if (select count(*) from jsonb_object_keys(value)) not between coalesce((schema ->> 'minProperties')::integer, 0) and coalesce((schema ->> 'maxProperties')::integer, 1000) then
            return format('%s must have %s to %s names', place, coalesce(schema ->> 'minProperties', '0'), coalesce(schema ->> 'maxProperties', '1000'));
        end if;
        for item in select e.key, e.value from jsonb_each(value) as e order by e.key loop
            problem := case
                when schema -> 'properties' ? item.key then private.arguments_problem(item.value, schema #> array['properties', item.key], place || '.' || item.key)
                when jsonb_typeof(schema -> 'additionalProperties') = 'object' then
                    private.arguments_problem(item.value, schema -> 'additionalProperties', place || '.' || left(item.key, 60))
                -- What nobody described is nothing that a tool expects.
                when schema -> 'additionalProperties' is distinct from 'true' then format('%s.%s is not known', place, left(item.key, 60))
            end;
            if problem is not null then
                return problem;
            end if;
        end loop;
    end if;
    return null;
end
$$;
comment on function private.arguments_problem(jsonb, jsonb, text) is
'Why a value does not follow a JSON Schema (of the words that private.schema_problem takes), as a sentence for the model that sent it; null if it does. Names that the schema does not describe are refused unless additionalProperties allows them.';

-- source: sql/30_rules/29_schema_problem.sql sha256:3d7c0204f988ee9af8596f9aee7ec36eccc861916dbfe6ab0be66dc7635cd293
create or replace function private.schema_problem(schema jsonb, place text default 'parameters_schema') returns text
language plpgsql immutable set search_path = ''
as $$
declare
    item record;
    problem text;
begin
    if jsonb_typeof(schema) is distinct from 'object' then
        return format('%s must be an object', place);
    end if;
    for item in select e.key, e.value from jsonb_each(schema) as e loop
        problem := case
            when item.key in ('title', 'description', 'default', 'examples', '$schema') then null
            when item.key = 'type' then case
                when jsonb_typeof(item.value) <> 'string' or item.value #>> '{}' not in ('object', 'array', 'string', 'number', 'integer', 'boolean')
                    then format('%s.type must be one of object, array, string, number, integer, boolean', place)
            end
            when item.key in ('minimum', 'maximum') then case when jsonb_typeof(item.value) <> 'number' then format('%s.%s must be a number', place, item.key) end
            when item.key in ('minLength', 'maxLength', 'minItems', 'maxItems', 'minProperties', 'maxProperties') then case
                when item.value #>> '{}' !~ '^[0-9]{1,7}$' then format('%s.%s must be a whole number', place, item.key)
            end
            when item.key = 'enum' then case when jsonb_typeof(item.value) <> 'array' or jsonb_array_length(item.value) = 0 then format('%s.enum must be a list', place) end
            when item.key = 'format' then case
                when item.value #>> '{}' not in ('date-time', 'date', 'uuid', 'email') then format('%s.format must be date-time, date, uuid or email', place)
            end
            when item.key = 'required' then case
                when jsonb_typeof(item.value) <> 'array' or item.value @? '$[*] ? (@.type() != "string")' then format('%s.required must be a list of names', place)
            end
            when item.key = 'properties' then case
                when jsonb_typeof(item.value) <> 'object' then format('%s.properties must be an object', place)
                else (
                    select min(x.problem)
                    from jsonb_each(item.value) as p
                    cross join lateral private.schema_problem(p.value, place || '.' || p.key) as x (problem)
                )
            end
            when item.key = 'items' then private.schema_problem(item.value, place || '[]')
            when item.key = 'additionalProperties' then case
                when jsonb_typeof(item.value) = 'object' then private.schema_problem(item.value, place || '.*')
                when jsonb_typeof(item.value) <> 'boolean' then format('%s.additionalProperties must be true, false or a schema', place)
            end
            else format('%s.%s is not understood here', place, item.key)
        end;
        if problem is not null then
            return problem;
        end if;
    end loop;
    return null;
end
$$;
comment on function private.schema_problem(jsonb, text) is
'What is wrong with a JSON Schema, or not understood by private.arguments_problem, which knows a part of it only: a word it does not know would be a check that nobody makes. null if nothing.';

-- source: sql/30_rules/35_fits_rule.sql sha256:faef38c6967f61b2ef890b600d4e687a6412e9226c1537b5eac6529801793600
create or replace function private.fits_rule(rule jsonb, value jsonb) returns boolean
language sql immutable set search_path = ''
as $$
    -- The words of skip_if, about the answer itself.
    select private.skip_applies(rule || '{"key": "it"}', jsonb_build_object('it', jsonb_build_object('status', 'answered', 'value', value)));
$$;
comment on function private.fits_rule(jsonb, jsonb) is 'Whether an answer is what a rule {"op", "value"} of a qualification speaks of; never where there is none.';

-- source: sql/30_rules/36_conversation_agent.sql sha256:b1ffe632c5565e8fef63e8fac4a22075f381f5ca681c8ec84948216981f5f895
create or replace function private.conversation_agent(conversation public.conversations, channel_account_id uuid, out agent_id uuid, out project_id uuid)
language sql stable security definer set search_path = ''
as $$
    select x.agent_id, x.project_id
    from (
        -- The one that was given this dialogue.
        select 1 as rank, r.id as agent_id, conversation.project_id, r.created_at
        from public.renus_config as r
        where r.client_id = conversation.client_id and r.id = conversation.renus_config_id and r.active
        union all
        -- That of a running support line or campaign on this number, the newest.
        (
            select 2, r.id, p.id, r.created_at
            from public.projects as p
            join public.renus_config as r on r.client_id = p.client_id and r.id = p.renus_config_id
            where p.client_id = conversation.client_id and p.status = 'active' and p.type in ('support', 'campaign') and r.active
                and (p.channel_account_id is null or p.channel_account_id = conversation_agent.channel_account_id)
            order by p.created_at desc, p.id
            limit 1
        )
        union all
        -- Else the client's first agent that is to talk outside of projects.
        select 3, r.id, null, r.created_at
        from public.renus_config as r
        where r.client_id = conversation.client_id and r.active and r.config ? 'conversation'
    ) as x
    where conversation.lead_id is not null
    order by x.rank, x.created_at, x.agent_id
    limit 1;
$$;
comment on function private.conversation_agent(public.conversations, uuid, out uuid, out uuid) is
'Which agent (renus_config) answers a conversation, and for which project: the one it was given, else that of the newest running support line or campaign on this account, else the client''s first active agent whose config has conversation. null: nobody but people.';

-- source: sql/30_rules/36_points_of.sql sha256:3c5ddf9f04cc10008b74bd23d1550922b398ea3f0ffb21666cd159ed2f6277c7
create or replace function private.points_of(question jsonb, value jsonb) returns numeric
language sql immutable set search_path = ''
as $$
    select coalesce(sum((s.rule ->> 'points')::numeric) filter (where private.fits_rule(s.rule -> 'if', points_of.value)), 0)
    from jsonb_array_elements(case jsonb_typeof(question -> 'score') when 'array' then question -> 'score' else '[]' end) as s (rule);
$$;
comment on function private.points_of(jsonb, jsonb) is 'The points that an answer brings: those of every rule of its question''s score that it fits, together.';

-- source: sql/30_rules/37_agent_of.sql sha256:059fed497ee53b764a9fdb81e91428c7745c951236c3f42eefba044551bc5d67
create or replace function private.agent_of(thread private.threads) returns public.renus_config
language sql stable security definer set search_path = ''
as $$
    select r
    from public.renus_config as r
    where r.client_id = thread.client_id and r.id = case
        when thread.interview_id is not null then (
            select p.renus_config_id from public.interviews as i join public.projects as p on p.id = i.project_id where i.id = thread.interview_id
        )
        else (
            select a.agent_id
            from public.conversations as c
            cross join lateral private.conversation_agent(c, thread.channel_account_id) as a
            where c.id = thread.conversation_id
        )
    end;
$$;
comment on function private.agent_of(private.threads) is 'The agent that speaks in a thread''s live dialogue; null where it has none.';

-- source: sql/30_rules/37_most_points.sql sha256:072c619aeb9d504fc49f6e0c6a70f7399241e898fc5fbd5902c876ee7515213d
create or replace function private.most_points(question jsonb) returns numeric
language sql immutable set search_path = ''
as $$
    -- Between the values that its rules speak of, the points do not change: they, their nearest neighbours and the ends of the range are every case.
    with rules as (
        select coalesce(question -> 'validation', '{}') as validation, case jsonb_typeof(question -> 'score') when 'array' then question -> 'score' else '[]' end as score
    ),
    named as (
        select v.value
        from rules as r
        cross join jsonb_array_elements(r.score) as s (rule)
        cross join lateral jsonb_array_elements(
            case jsonb_typeof(s.rule #> '{if,value}') when 'array' then s.rule #> '{if,value}' else jsonb_build_array(s.rule #> '{if,value}') end
        ) as v (value)
    ),
    possible as (
        select o.value
        from jsonb_array_elements(case when question ->> 'type' = 'choice' then question -> 'options' else '[]' end) as o (value)
        union all
        select b.value
        from (values ('true'::jsonb), ('false'::jsonb)) as b (value)
        where question ->> 'type' = 'yes_no'
        union all
        select t.value
        from (select n.value from named as n union all select '""'::jsonb) as t (value)
        where question ->> 'type' = 'text'
        union all
        select to_jsonb(x.n)
        from rules as r
        cross join lateral (
            select (e.value)::numeric + d.delta as n
            from (
                select n.value from named as n
                union all
                select v.value from jsonb_each(r.validation) as v where v.key in ('min', 'max')
                union all
                select '0'::jsonb
            ) as e (value)
            cross join (values (0), (1), (-1), (0.000000001), (-0.000000001)) as d (delta)
            where jsonb_typeof(e.value) = 'number'
        ) as x
        where question ->> 'type' in ('number', 'scale')
            and x.n >= coalesce((r.validation ->> 'min')::numeric, x.n) and x.n <= coalesce((r.validation ->> 'max')::numeric, x.n)
            and (x.n = trunc(x.n) or (r.validation ->> 'integer')::boolean is not true)
    )
    select greatest(0, max(private.points_of(question, p.value)))
    from possible as p;
$$;
comment on function private.most_points(jsonb) is
'The most points that an answer to a question of a qualification can bring; 0 where it brings none, for nobody has to answer.';

-- source: sql/30_rules/38_conversion_problem.sql sha256:8763dee7e6101cb42faa4b0cec682e0636dbde8c3f8f6b2f002516fed454a681
create or replace function private.conversion_problem(config jsonb) returns text
language plpgsql stable set search_path = ''
as $$
declare
    plan jsonb := config -> 'conversion';
    questions jsonb := config #> '{qualification,questions}';
    template jsonb := plan -> 'project';
    kinds text[] := enum_range(null::public.agent_type)::text[];
    mapped jsonb := coalesce(plan #> '{agent_type,map}', '{}');
    asked jsonb;
    part text;
begin
    if jsonb_typeof(plan) <> 'object' then
        return 'conversion must be an object';
    end if;
    if questions is null then
        return 'conversion needs qualification: its questions bring the company and the address';
    end if;
    part := (select min(k) from jsonb_object_keys(plan) as k where k not in ('company', 'email', 'agent_type', 'project', 'plan'));
    if part is not null then
        return format('conversion.%s is not known', left(part, 60));
    end if;
    foreach part in array array['company', 'email'] loop
        asked := (select q.v from jsonb_array_elements(questions) as q (v) where q.v ->> 'key' = plan ->> part);
        if jsonb_typeof(plan -> part) is distinct from 'string' or asked is null then
            return format('conversion.%s must be the key of a question in qualification', part);
        end if;
        if asked ->> 'type' <> 'text' then
            return format('conversion.%s must name a question of type text, and %s is of type %s', part, plan ->> part, asked ->> 'type');
        end if;
    end loop;
    if plan ->> 'company' = plan ->> 'email' then
        return 'conversion.company and conversion.email must be two questions';
    end if;
    if plan ? 'plan' and not coalesce(plan ->> 'plan' = any (enum_range(null::public.client_plan)::text[]), false) then
        return format('conversion.plan must be one of %s', array_to_string(enum_range(null::public.client_plan), ', '));
    end if;

    if jsonb_typeof(plan -> 'agent_type') is distinct from 'object' or jsonb_typeof(mapped) <> 'object' then
        return 'conversion.agent_type must be {"question": key, "map": {answer: agent type}, "default"?: agent type}';
    end if;
    part := (
        select min(coalesce(a.value #>> '{}', 'null'))
        from (select m.value from jsonb_each(mapped) as m union all select plan #> '{agent_type,default}' where plan -> 'agent_type' ? 'default') as a (value)
        where not coalesce(jsonb_typeof(a.value) = 'string' and a.value #>> '{}' = any (kinds), false)
    );
    if part is not null then
        return format('conversion.agent_type: %s is no agent type; there are %s', left(part, 60), array_to_string(kinds, ', '));
    end if;
    if plan -> 'agent_type' ? 'question' then
        asked := (select q.v from jsonb_array_elements(questions) as q (v) where q.v ->> 'key' = plan #>> '{agent_type,question}');
        if asked ->> 'type' is distinct from 'choice' then
            return 'conversion.agent_type.question must be the key of a question of type choice';
        end if;
        part := (select min(m.key) from jsonb_each(mapped) as m where not asked -> 'options' ? m.key);
        if part is not null then
            return format('conversion.agent_type.map: %s is none of the options of %s', quote_literal(left(part, 60)), asked ->> 'key');
        end if;
        part := (select min(o.label) from jsonb_array_elements_text(asked -> 'options') as o (label) where not mapped ? o.label);
        if part is not null and not plan -> 'agent_type' ? 'default' then
            return format('conversion.agent_type.map says nothing of the option %s, and there is no default', quote_literal(left(part, 60)));
        end if;
    elsif not plan -> 'agent_type' ? 'default' then
        return 'conversion.agent_type needs a question or a default';
    end if;

    if template is null then
        return null;
    end if;
    if jsonb_typeof(template) <> 'object' or template - array['name', 'type', 'config'] <> '{}' then
        return 'conversion.project may have name, type and config';
    end if;
    if template ? 'name' and (jsonb_typeof(template -> 'name') <> 'string' or btrim(template ->> 'name') = '' or char_length(template ->> 'name') > 200) then
        return 'conversion.project.name must be a text of 1 to 200 characters';
    end if;
    if template ? 'type' and not coalesce(template ->> 'type' = any (enum_range(null::public.project_type)::text[]), false) then
        return format('conversion.project.type must be one of %s', array_to_string(enum_range(null::public.project_type), ', '));
    end if;
    if template ? 'config' then
        if jsonb_typeof(template -> 'config') <> 'object' then
            return 'conversion.project.config must be an object';
        end if;
        -- Now, not when a lead waits for it.
        part := coalesce(private.project_config_problem(template -> 'config'), (
            select min(private.question_refusal(t.kind::public.agent_type, template -> 'config'))
            from (select m.value from jsonb_each_text(mapped) as m union select plan #>> '{agent_type,default}') as t (kind)
            where t.kind is not null
        ));
        if part is not null then
            return 'conversion.project.config: ' || part;
        end if;
    end if;
    return null;
end
$$;
comment on function private.conversion_problem(jsonb) is
'What is wrong with an agent''s config.conversion, given its config.qualification, as a sentence; null if nothing. {"company": question key, "email": question key, "agent_type": {"question", "map", "default"?}, "project"?: {"name"? with {{company}}, "type"?, "config"?}, "plan"?}.';

-- source: sql/30_rules/38_is_answered.sql sha256:a80aefe3fe62330eabcebb0e590d904b223de3acdab21637c843dc6a1baf252b
create or replace function private.is_answered(thread private.threads) returns boolean
language sql stable security definer set search_path = ''
as $$
    select thread.interview_id is not null or exists (
        select
        from public.conversations as c
        join public.channel_accounts as a on a.id = thread.channel_account_id
        cross join lateral private.conversation_agent(c, thread.channel_account_id) as g
        join public.renus_config as r on r.id = g.agent_id
        where c.id = thread.conversation_id and c.status = 'open' and c.handed_over_at is null
            -- A mail program that answers by itself would be answered for ever: other channels only where they are named.
            and coalesce(r.config #> '{conversation,channels}' ? a.channel::text, a.channel = 'whatsapp')
    );
$$;
comment on function private.is_answered(private.threads) is
'Whether an agent answers what is said in a thread now: in an interview always; in a conversation where there is an agent for it and its channel, and no person has it.';

-- source: sql/30_rules/38_project_of.sql sha256:0ab8115c6d5cd5537d00a3c25ced7cedd2ba269ed845fabac0ea392f6980ca75
create or replace function private.project_of(thread private.threads) returns uuid
language sql stable security definer set search_path = ''
as $$
    select case
        when thread.interview_id is not null then (select i.project_id from public.interviews as i where i.id = thread.interview_id)
        else (
            select a.project_id
            from public.conversations as c
            cross join lateral private.conversation_agent(c, thread.channel_account_id) as a
            where c.id = thread.conversation_id
        )
    end;
$$;
comment on function private.project_of(private.threads) is 'The project that a thread''s live dialogue belongs to, and that pays for it; null where it has none.';

-- source: sql/30_rules/38_qualification_problem.sql sha256:f1beb1c4f5fd029615656e047cfc2d6bdab461d20ee7a06a25b017369a15e32e
create or replace function private.qualification_problem(config jsonb) returns text
-- SECURITY: reads nothing but its argument; as its owner, so that whoever writes an agent need not be granted each of the rules it asks.
language plpgsql stable security definer set search_path = ''
as $$
declare
    q jsonb := config -> 'qualification';
    question jsonb;
    rule jsonb;
    keys text[] := '{}';
    part text;
    most numeric;
begin
    if q is null and config -> 'conversion' is null then
        return null;
    end if;
    if q is not null then
        if jsonb_typeof(q) <> 'object' then
            return 'qualification must be an object';
        end if;
        part := (select min(k) from jsonb_object_keys(q) as k where k not in ('questions', 'threshold', 'interest', 'said_when_qualified', 'said_when_not'));
        if part is not null then
            return format('qualification.%s is not known', left(part, 60));
        end if;
        if jsonb_typeof(q -> 'questions') is distinct from 'array' or jsonb_array_length(q -> 'questions') not between 1 and 30 then
            return 'qualification.questions must be a list of 1 to 30 questions';
        end if;
        for question in select e.v from jsonb_array_elements(q -> 'questions') as e (v) loop
            part := private.question_problem(question);
            if part is not null then
                return 'qualification: ' || part;
            end if;
            if question ->> 'key' = any (keys) then
                return format('qualification: question key %s is used twice', question ->> 'key');
            end if;
            if coalesce(question -> 'skip_if', 'null') <> 'null' then
                part := private.skip_rule_problem(question -> 'skip_if', keys);
                if part is not null then
                    return format('qualification: question %s: %s', question ->> 'key', part);
                end if;
            end if;
            keys := keys || (question ->> 'key');
            if question ? 'score' and (jsonb_typeof(question -> 'score') <> 'array' or jsonb_array_length(question -> 'score') > 50) then
                return format('qualification: question %s: score must be a list of at most 50 rules', question ->> 'key');
            end if;
            for rule in select e.v from jsonb_array_elements(coalesce(question -> 'score', '[]')) as e (v) loop
                part := case
                    when jsonb_typeof(rule) <> 'object' or jsonb_typeof(rule -> 'points') is distinct from 'number' then 'each rule must be {"if": {"op", "value"}, "points": number}'
                    when abs((rule ->> 'points')::numeric) > 1000 then 'points must be between -1000 and 1000'
                    else private.score_problem(rule -> 'if', question)
                end;
                if part is not null then
                    return format('qualification: question %s: score: %s', question ->> 'key', part);
                end if;
            end loop;
            if question ? 'must' then
                part := private.score_problem(question -> 'must', question);
                if part is not null then
                    return format('qualification: question %s: must: %s', question ->> 'key', part);
                end if;
            end if;
        end loop;
        if jsonb_typeof(q -> 'threshold') is distinct from 'number' then
            return 'qualification.threshold must be a number';
        end if;
        most := (select sum(private.most_points(e.v)) from jsonb_array_elements(q -> 'questions') as e (v));
        if (q ->> 'threshold')::numeric > most then
            return format('qualification.threshold is %s, and the questions bring at most %s points', q ->> 'threshold', trim_scale(most));
        end if;
        if q ? 'interest' and (
            jsonb_typeof(q -> 'interest') <> 'array' or jsonb_array_length(q -> 'interest') > 50
            or exists (select from jsonb_array_elements(q -> 'interest') as w (v) where jsonb_typeof(w.v) <> 'string' or char_length(btrim(w.v #>> '{}')) not between 2 and 60)
        ) then
            return 'qualification.interest must be a list of at most 50 words of 2 to 60 characters';
        end if;
        foreach part in array array['said_when_qualified', 'said_when_not'] loop
            if q ? part and (jsonb_typeof(q -> part) not in ('string', 'null') or char_length(q ->> part) > 1000) then
                return format('qualification.%s must be a text of at most 1000 characters', part);
            end if;
        end loop;
    end if;
    return case when config ? 'conversion' then private.conversion_problem(config) end;
end
$$;
comment on function private.qualification_problem(jsonb) is
'What is wrong with an agent''s config.qualification and config.conversion, as a sentence; null if nothing. {"questions": as in a questionnaire, each with optional "score": [{"if": {"op", "value"}, "points"}] and "must": {"op", "value"}; "threshold"; "interest"?: words; "said_when_qualified"?, "said_when_not"?: texts}.';

-- source: sql/30_rules/38_qualification_verdict.sql sha256:e124667f58a2f0479051218fd985e7133e1453095ad27ab1261fafb18b640244
create or replace function private.qualification_verdict(
    qualification jsonb, answers jsonb, out status public.qualification_status, out score numeric, out reason text, out next_key text
)
language plpgsql immutable set search_path = ''
as $$
declare
    most numeric;
    missed jsonb;
begin
    -- Only an answer brings points: what was refused or passed over brings none.
    select coalesce(sum(private.points_of(s.question, answers #> array[s.key, 'value'])) filter (where s.status = 'answered'), 0),
        coalesce(sum(case when s.status = 'answered' then private.points_of(s.question, answers #> array[s.key, 'value']) when s.is_open then private.most_points(s.question) end), 0),
        (array_agg(s.key order by s.ord) filter (where s.is_open))[1],
        -- A question that was passed over was not to be asked: nothing depends on it.
        (array_agg(s.question order by s.ord) filter (
            where s.question ? 'must' and s.status in ('answered', 'refused') and not private.fits_rule(s.question -> 'must', answers #> array[s.key, 'value'])
        ))[1]
    into score, most, next_key, missed
    from private.interview_state(qualification -> 'questions', answers) as s;
    if missed is not null then
        status := 'not_qualified';
        reason := case when answers #>> array[missed ->> 'key', 'status'] = 'refused'
            then format('Ficou sem resposta uma pergunta decisiva: “%s”', missed ->> 'text')
            else format('A resposta a uma pergunta decisiva não é a que se precisa: “%s”', missed ->> 'text')
        end;
    elsif most < (qualification ->> 'threshold')::numeric then
        status := 'not_qualified';
        reason := 'As respostas não alcançam a pontuação que se precisa.';
    elsif next_key is null then
        status := 'qualified';
    else
        status := 'open';
    end if;
    if status <> 'open' then
        next_key := null;
    end if;
end
$$;
comment on function private.qualification_verdict(jsonb, jsonb, out public.qualification_status, out numeric, out text, out text) is
'What the answers so far come to by the rules of config.qualification: open with the next question, qualified once every question is settled and the points suffice, not_qualified with the reason at once when a must fails or the threshold is out of reach.';

-- source: sql/30_rules/38_read_qualification.sql sha256:d0557df408f7a6240bacb152610d21afabda4a0f1a662c3ba3b00297fcc41695
create or replace function private.read_qualification(
    config jsonb, known jsonb, proposed jsonb, turn uuid, max_tries integer, out answers jsonb, out problems jsonb
)
language plpgsql immutable set search_path = ''
as $$
declare
    item record;
    given jsonb;
    read record;
    earlier jsonb;
    address text;
    tries integer;
begin
    answers := known;
    problems := '{}';
    for item in
        select p.key, p.value, q.v as question
        from jsonb_each(proposed) as p
        left join jsonb_array_elements(config #> '{qualification,questions}') with ordinality as q (v, ord) on q.v ->> 'key' = p.key
        order by q.ord, p.key
    loop
        given := case when jsonb_typeof(item.value) = 'object' then item.value else jsonb_build_object('value', item.value) end;
        earlier := answers -> item.key;
        if item.question is null then
            problems := problems || jsonb_build_object(left(item.key, 60), 'Esta pergunta não existe.');
            continue;
        elsif given -> 'refused' = 'true' then
            answers := answers || jsonb_build_object(item.key, '{"status": "refused"}'::jsonb);
            continue;
        elsif coalesce(given -> 'value', 'null') = 'null' then
            continue;
        end if;
        select * into read from private.read_answer(item.question, given -> 'value');
        if read.value is not null and item.key = config #>> '{conversion,email}' then
            -- The address in what was said, which may be a whole sentence.
            address := lower(rtrim(substring(read.value #>> '{}' from '[^\s,;:<>()"''@]+@[^\s,;:<>()"''@]+\.[^\s,;:<>()"''@]+'), '.!?'));
            read.value := case when private.is_email(address) then to_jsonb(address) end;
            read.problem := case when read.value is null then 'Pode me passar um e-mail completo, como nome@empresa.com.br?' end;
        end if;
        if read.value is not null then
            answers := answers || jsonb_build_object(item.key, jsonb_strip_nulls(jsonb_build_object(
                'status', 'answered', 'value', read.value, 'quote', left(given ->> 'quote', 2000)
            )));
            continue;
        end if;
        problems := problems || jsonb_build_object(item.key, read.problem);
        -- What is settled stays settled unless something better comes; asked twice in one turn is one try.
        if coalesce(earlier ->> 'status', 'invalid') = 'invalid' then
            tries := coalesce((earlier ->> 'tries')::integer, 0) + case when earlier ->> 'turn' = turn::text then 0 else 1 end;
            answers := answers || jsonb_build_object(item.key, jsonb_build_object(
                'status', case when tries >= max_tries then 'refused' else 'invalid' end, 'tries', tries, 'turn', turn
            ));
        end if;
    end loop;
end
$$;
comment on function private.read_qualification(jsonb, jsonb, jsonb, uuid, integer, out jsonb, out jsonb) is
'Adds proposed answers ({question key: value | {"value", "quote"?} | {"refused": true}}) to those of a qualification, each read as its question wants it, and says what is wrong with the others. After max_tries turns with nothing valid a question counts as refused.';

-- source: sql/30_rules/38_score_problem.sql sha256:0824ffa39b15a78869660438364484eff43fe69f2332ab89febf3990d1068750
create or replace function private.score_problem(rule jsonb, question jsonb) returns text
language plpgsql immutable set search_path = ''
as $$
declare
    op text := rule ->> 'op';
    kind text := question ->> 'type';
    item jsonb;
begin
    if jsonb_typeof(rule) is distinct from 'object' then
        return 'it must be {"op", "value"}';
    end if;
    if jsonb_typeof(rule -> 'op') is distinct from 'string' or op not in ('eq', 'ne', 'lt', 'lte', 'gt', 'gte', 'in') then
        return 'op must be one of eq, ne, lt, lte, gt, gte, in';
    end if;
    if not rule ? 'value' or rule -> 'value' = 'null' then
        return 'value is missing';
    end if;
    if op in ('lt', 'lte', 'gt', 'gte') and kind not in ('number', 'scale') then
        return format('%s compares numbers, and the question is of type %s', op, kind);
    end if;
    if op = 'in' and (jsonb_typeof(rule -> 'value') <> 'array' or jsonb_array_length(rule -> 'value') not between 1 and 100) then
        return 'value must be a list of 1 to 100 for in';
    end if;
    for item in select v.value from jsonb_array_elements(case when op = 'in' then rule -> 'value' else jsonb_build_array(rule -> 'value') end) as v (value) loop
        if jsonb_typeof(item) <> (case kind when 'number' then 'number' when 'scale' then 'number' when 'yes_no' then 'boolean' else 'string' end) then
            return format('value %s is no answer to a question of type %s', left(item::text, 100), kind);
        end if;
        if kind = 'choice' and not question -> 'options' @> item then
            return format('value %s is none of the question''s options', left(item::text, 100));
        end if;
    end loop;
    return null;
end
$$;
comment on function private.score_problem(jsonb, jsonb) is 'What is wrong with a rule {"op", "value"} about a question''s answer, in its score or as its must; null if nothing.';

-- source: sql/30_rules/39_agent_config_problem.sql sha256:80846e76c8549853476bf9e82815953c9313e78ba2f33e8167ce7338f34dafd6
create or replace function private.agent_config_problem(config jsonb) returns text
language plpgsql stable set search_path = ''
as $$
declare
    talk jsonb := config -> 'conversation';
    part text;
begin
    if config ? 'fallback_model' and coalesce(jsonb_typeof(config -> 'fallback_model'), 'null') not in ('string', 'null') then
        return 'fallback_model must be the name of a model';
    end if;
    part := private.qualification_problem(config);
    if part is not null then
        return part;
    end if;
    if talk is null then
        return null;
    end if;
    if jsonb_typeof(talk) <> 'object' then
        return 'conversation must be an object';
    end if;
    foreach part in array array['tools', 'sub_agents', 'channels'] loop
        if talk ? part and (jsonb_typeof(talk -> part) <> 'array' or talk -> part @? '$[*] ? (@.type() != "string")') then
            return format('conversation.%s must be a list of names', part);
        end if;
    end loop;
    part := (
        select min(n.name) from jsonb_array_elements_text(coalesce(talk -> 'tools', '[]')) as n (name)
        where not exists (select from public.tools as t where t.name = n.name)
    );
    if part is not null then
        return format('conversation.tools names %s, and there is no such tool', quote_literal(left(part, 100)));
    end if;
    part := (
        select min(n.name) from jsonb_array_elements_text(coalesce(talk -> 'sub_agents', '[]')) as n (name)
        where not exists (select from public.sub_agents as s where s.name = n.name)
    );
    if part is not null then
        return format('conversation.sub_agents names %s, and there is no such sub-agent', quote_literal(left(part, 100)));
    end if;
    if not coalesce(talk -> 'channels', '[]') <@ '["whatsapp", "sms", "email"]' then
        return 'conversation.channels are whatsapp, sms and email';
    end if;
    if talk ? 'knowledge' and (
        jsonb_typeof(talk -> 'knowledge') <> 'array' or jsonb_array_length(talk -> 'knowledge') > 200
        or talk -> 'knowledge' @? '$[*] ? (@.type() != "object" || !exists(@.about) || !exists(@.say) || @.about.type() != "string" || @.say.type() != "string")'
    ) then
        return 'conversation.knowledge must be a list of at most 200 {"about", "say"}';
    end if;
    if talk ? 'limits' and (
        jsonb_typeof(talk -> 'limits') <> 'object'
        or not coalesce(talk #>> '{limits,steps}', '6') ~ '^([1-9]|1[0-9]|20)$'
        or not coalesce(talk #>> '{limits,tool_calls}', '8') ~ '^([0-9]|[1-4][0-9]|50)$'
        or not (talk -> 'limits') - array['steps', 'tool_calls'] = '{}'
    ) then
        return 'conversation.limits may have steps (1 to 20) and tool_calls (0 to 50)';
    end if;
    return null;
end
$$;
comment on function private.agent_config_problem(jsonb) is
'What is wrong with an agent''s config, as a sentence; null if nothing. Reads tools and sub-agents as whoever writes it sees them.';

-- source: sql/30_rules/39_asked_question.sql sha256:aac239f548bb25ddc731682b8f13aa00d76b87b9e14fd320a3c6063f9e711b97
create or replace function private.asked_question(config jsonb, question_key text) returns jsonb
language sql immutable set search_path = ''
as $$
    -- Neither points nor rules: what the model does not know, nobody talks it into telling.
    select jsonb_build_object(
        'key', q.v -> 'key', 'text', q.v -> 'text', 'type', q.v -> 'type', 'options', q.v -> 'options',
        'validation', coalesce(q.v -> 'validation', '{}')
            || case when q.v ->> 'key' = config #>> '{conversion,email}' then '{"format": "email"}'::jsonb else '{}' end
    )
    from jsonb_array_elements(config #> '{qualification,questions}') as q (v)
    where q.v ->> 'key' = asked_question.question_key;
$$;
comment on function private.asked_question(jsonb, text) is 'A qualification''s question as a model is given it: {key, text, type, options, validation}.';

-- source: sql/30_rules/39_budget_state.sql sha256:b52fcd86eecf6aa48b5ad4365354f7f3c4eb42da064571f8084bddd052eb8d14
create or replace function private.budget_state(spent numeric, amount numeric, warn_at_percent integer) returns public.budget_state
language sql immutable set search_path = ''
as $$
    select case when spent >= amount then 'reached' when spent * 100 >= amount * warn_at_percent then 'warned' else 'open' end::public.budget_state;
$$;
comment on function private.budget_state(numeric, numeric, integer) is 'How far a budget is used.';

-- source: sql/30_rules/39_budget_verdict.sql sha256:bd3d056f8afa5b059f184392c80bdd3da6df5d2b3bb57a297e83f35a87289ec4
create or replace function private.budget_verdict(client_id uuid, project_id uuid) returns text
language sql stable security definer set search_path = ''
as $$
    -- Two probes of one index; nearly everybody has no budget at all, or an open one.
    select case when bool_or(b.on_reached = 'pause') then 'pause' when count(*) > 0 then 'degrade' else 'go' end
    from public.budgets as b
    where b.client_id = budget_verdict.client_id and (b.project_id is null or b.project_id = budget_verdict.project_id) and b.state = 'reached';
$$;
comment on function private.budget_verdict(uuid, uuid) is
'What the budgets of a project (null: of what belongs to none) and of its client allow: go, degrade (the offline model answers), pause (no turn is begun, nobody is invited). The sterner of several. Asked at every turn.';

-- source: sql/30_rules/39_leaks_prompt.sql sha256:07428eac56300e2dbcb3ca8fa2a553dfc7f0ae0de372b1c7eb081485a79198d4
create or replace function private.leaks_prompt(said text, prompts text[]) returns boolean
language sql immutable set search_path = ''
as $$
    -- What stands in quotes is meant to be said. Of the rest, so many words in a row are no coincidence.
    select exists (
        select
        from (select ' ' || private.plain(leaks_prompt.said) || ' ' as txt) as reply
        cross join unnest(leaks_prompt.prompts) as p (txt)
        cross join lateral regexp_split_to_array(
            private.plain(regexp_replace(p.txt, '"[^"]*"|“[^”]*”|«[^»]*»', ' zzquotedzz ', 'g')), ' '
        ) as w (words)
        cross join lateral generate_series(1, greatest(cardinality(w.words) - 11, 1)) as s (i)
        where cardinality(w.words) >= 6 and strpos(reply.txt, ' ' || array_to_string(w.words[s.i:s.i + 11], ' ') || ' ') > 0
    );
$$;
comment on function private.leaks_prompt(text, text[]) is
'Whether a text repeats twelve words in a row, or all of a shorter one, of what an agent was instructed with, whatever a lead talked the model into. Text in quotes is left out: it is there to be said.';

-- source: sql/30_rules/39_model_price.sql sha256:4e1fe5ce1c23b95ce50e81e49f19c978a675f13c84146553d016bd30579cc3c7
create or replace function private.model_price(model text, day date) returns private.model_prices
language sql stable security definer set search_path = ''
as $$
    select p
    from private.model_prices as p
    where p.model in (model_price.model, regexp_replace(model_price.model, '-(\d{8}|\d{4}-\d{2}-\d{2})$', '')) and p.valid_from <= model_price.day
    order by p.model = model_price.model desc, p.valid_from desc
    limit 1;
$$;
comment on function private.model_price(text, date) is 'The price of a model on a day: the newest that holds by then, its own before that of its name without the date. null where none is known.';

-- source: sql/30_rules/39_models_of.sql sha256:1a8ccd235130b402bd2965e72ca73e4b2c3ca9dbd7caa4dd6e5ab795989e955b
create or replace function private.models_of(config jsonb, verdict text) returns jsonb
language sql immutable set search_path = ''
as $$
    select case
        when verdict = 'degrade' then '{"model": "offline", "fallback_model": null, "degraded": true}'
        else jsonb_build_object('model', config -> 'model', 'fallback_model', config -> 'fallback_model')
    end;
$$;
comment on function private.models_of(jsonb, text) is
'Which models an agent of this config is to ask under a budget''s verdict: {"model", "fallback_model"}, or the offline one alone and "degraded". null: the functions'' own.';

-- source: sql/30_rules/39_money_text.sql sha256:7e7d1314355151357209ed57a3bf6e5dc7cbafac123352fab04f28bc30bd3345
create or replace function private.money_text(amount numeric, currency text) returns text
language sql immutable set search_path = ''
as $$
    select case currency when 'BRL' then 'R$' when 'USD' then 'US$' else currency end || ' '
        || translate(to_char(round(amount, 2), 'FM999,999,999,990.00'), ',.', '.,');
$$;
comment on function private.money_text(numeric, text) is 'An amount as Brazilians write it: US$ 1.234,50.';

-- source: sql/30_rules/39_note_usage.sql sha256:6d5d3cd6354965542579a88b356b422bb1a6acf7b2594a28f1306812775f9932
create or replace function private.note_usage(
    client_id uuid, project_id uuid, turn_id uuid, run integer, uses jsonb, report_id uuid default null, claim uuid default null
) returns void
language plpgsql security definer set search_path = ''
as $$
begin
    if coalesce(jsonb_typeof(uses), 'null') <> 'array' then
        return;
    end if;
    with
    used as (
        select u.model, sum(u.input_tokens)::bigint as input_tokens, sum(u.output_tokens)::bigint as output_tokens, count(*)::integer as calls
        from (
            -- Counts that are none are worth no lead's answer.
            select e.v ->> 'model' as model,
                case coalesce(jsonb_typeof(e.v -> 'input_tokens'), 'null') when 'number' then trunc((e.v ->> 'input_tokens')::numeric) when 'null' then 0 else -1 end as input_tokens,
                case coalesce(jsonb_typeof(e.v -> 'output_tokens'), 'null') when 'number' then trunc((e.v ->> 'output_tokens')::numeric) when 'null' then 0 else -1 end as output_tokens
            from jsonb_array_elements(uses) as e (v)
            where jsonb_typeof(e.v) = 'object'
        ) as u
        where u.model is not null and u.input_tokens + u.output_tokens > 0 and least(u.input_tokens, u.output_tokens) >= 0
            and greatest(u.input_tokens, u.output_tokens) < 1000000000000
        group by u.model
        order by u.model
    ),
    noted as (
        insert into public.usage as n (client_id, project_id, kind, item, turn_id, run, report_id, claim, input_tokens, output_tokens, quantity, amount, currency)
        select note_usage.client_id, note_usage.project_id, 'model', u.model, note_usage.turn_id, coalesce(note_usage.run, 0), note_usage.report_id, note_usage.claim,
            coalesce(u.input_tokens, 0), coalesce(u.output_tokens, 0), u.calls,
            -- Multiplied, not divided: exact.
            trim_scale((coalesce(u.input_tokens, 0) * p.input_per_million + coalesce(u.output_tokens, 0) * p.output_per_million) * 0.000001), p.currency
        from used as u
        cross join lateral private.model_price(u.model, (private.now() at time zone 'America/Sao_Paulo')::date) as p
        on conflict do nothing
        returning n.client_id, n.project_id, n.currency, n.amount, n.occurred_at
    )
    insert into private.spendings (client_id, project_id, currency, amount, occurred_at)
    select n.client_id, n.project_id, n.currency, n.amount, n.occurred_at from noted as n where n.amount > 0;
end
$$;
comment on function private.note_usage(uuid, uuid, uuid, integer, jsonb, uuid, uuid) is
'Writes into the ledger what the models were asked in one run of a turn (turn_id, run), or in one attempt at a report (report_id, claim): uses is [{"model", "input_tokens", "output_tokens"}], one for each call. Only inserts, so that it waits for nobody. Idempotent: what was noted is not noted again.';

-- source: sql/30_rules/39_sub_agents_of.sql sha256:c8cc7d24632ef5cef743011cc6171709078eb635f5b34675fa775ef8bc02f663
create or replace function private.sub_agents_of(agent public.renus_config) returns setof public.sub_agents
language sql stable security definer set search_path = ''
as $$
    select s.*
    from jsonb_array_elements_text(
        case jsonb_typeof(agent.config #> '{conversation,sub_agents}') when 'array' then agent.config #> '{conversation,sub_agents}' else '[]' end
    ) with ordinality as n (name, ord)
    join public.sub_agents as s on s.name = n.name and s.active
    order by n.ord;
$$;
comment on function private.sub_agents_of(public.renus_config) is 'The specialists that an agent may hand the dialogue to: those its config.conversation.sub_agents names, while they are active.';

-- source: sql/30_rules/39_tools_of.sql sha256:c1e3d0c0a737e67cc166aeeb3fe5838e83be1d8234f5707254d1d01a0c1ed1f1
create or replace function private.tools_of(agent public.renus_config, sub_agent_id uuid) returns setof public.tools
language sql stable security definer set search_path = ''
as $$
    select t.*
    from public.tools as t
    -- Who has no questions is not offered the tool that asks them.
    where t.active and (t.function_name <> 'qualify' or agent.config ? 'qualification') and case
        when tools_of.sub_agent_id is null then coalesce(agent.config #> '{conversation,tools}' ? t.name, true)
        else exists (
            select from private.sub_agents_of(agent) as s where s.id = tools_of.sub_agent_id and s.tools ? t.id::text
        )
    end
    order by t.name;
$$;
comment on function private.tools_of(public.renus_config, uuid) is
'The tools that an agent may call: those its config.conversation.tools names, all active ones where it names none; for one of its specialists those whose ids its tools hold.';

-- source: sql/30_rules/40_qualification_of.sql sha256:6bd8824a4acad6e83f6b744c0a7938e41a3b966a866b02017ddd73e3d2a292f6
create or replace function private.qualification_of(lead_id uuid) returns public.qualifications
language sql stable security definer set search_path = ''
as $$
    select q
    from public.qualifications as q
    where q.lead_id = qualification_of.lead_id and q.client_id = (select l.client_id from public.leads as l where l.id = qualification_of.lead_id)
        and (
            q.status in ('open', 'qualified')
            or (q.status = 'not_qualified' and q.decided_at > private.now() - make_interval(days => private.setting_int('requalify_days')))
        )
    order by q.created_at desc
    limit 1;
$$;
comment on function private.qualification_of(uuid) is 'The qualification of a lead that counts: not one that was taken back, nor one that was not enough so long ago that the lead may be asked again.';

-- source: sql/30_rules/41_audit.sql sha256:61cdd755c594e959186e250e3e6e35096ecf27ded72595f93ad6defe6f709845
create or replace function private.audit(client_id uuid, action text, subject_type text, subject_id uuid, details jsonb default '{}') returns void
language sql security definer set search_path = ''
as $$
    insert into public.audit_log (client_id, actor_id, action, subject_type, subject_id, details)
    values (
        -- The functions' key has no person.
        audit.client_id, (select p.id from public.profiles as p where p.id = private.current_profile_id()),
        audit.action, audit.subject_type, audit.subject_id, coalesce(audit.details, '{}')
    );
$$;
comment on function private.audit(uuid, text, text, uuid, jsonb) is
'Writes one line of the audit log in the name of whoever''s request it is (none: the engine). details: ids and figures, nothing that a person said or is called.';

-- source: sql/30_rules/41_note_run.sql sha256:5b342c3f3c9fd9861dfe59e84807bd4c2bdee4e89f55d9fd0995ee17a25455a5
create or replace function private.note_run(result jsonb) returns void
language sql volatile security definer set search_path = ''
as $$
    select private.note_usage(
        t.client_id,
        -- Of a lease that was lost the interview is known by its turn: the thread may be in another dialogue by now.
        coalesce((select i.project_id from public.turns as x join public.interviews as i on i.id = x.interview_id where x.id = (result ->> 'lease')::uuid), private.project_of(t)),
        (result ->> 'lease')::uuid,
        coalesce((result ->> 'reruns')::integer, t.reruns),
        coalesce(result -> 'usage', jsonb_build_array(jsonb_build_object('model', result -> 'model', 'input_tokens', result -> 'input_tokens', 'output_tokens', result -> 'output_tokens')))
    )
    from private.threads as t
    where t.id = (result ->> 'thread_id')::uuid and result ->> 'lease' is not null;
$$;
comment on function private.note_run(jsonb) is
'Notes what the run of a turn used whose result (see worker.commit_turns) has come, whatever becomes of it: a reply that is thrown away, or came too late, costs as much as one that is sent. Idempotent.';

-- source: sql/30_rules/41_turn_qualification.sql sha256:1ae337f96131702219fdcd3ccf23c0b94abb0d2c4386f086a58d2731dbbc3575
create or replace function private.turn_qualification() returns jsonb
language sql stable security definer set search_path = ''
as $$
    select jsonb_strip_nulls(case q.status
        when 'open' then jsonb_build_object(
            'status', q.status, 'problems', q.problems,
            'question', private.asked_question(r.config, (select v.next_key from private.qualification_verdict(r.config -> 'qualification', q.answers) as v))
        )
        else jsonb_build_object('status', q.status, 'score', trim_scale(q.score), 'reason', case when q.status = 'not_qualified' then q.reason end)
    end)
    from private.qualification_of(private.turn_lead_id()) as q
    join public.renus_config as r on r.id = q.renus_config_id
    where q.id is not null;
$$;
comment on function private.turn_qualification() is
'What the tool qualify answers about the lead whose turn it works in: {"status": "open", "question", "problems"} | {"status": "qualified", "score"} | {"status": "not_qualified", "score", "reason"}; null where nothing is under way.';

-- source: sql/30_rules/64_clients_to_invite.sql sha256:b80153c27d033c2e639654649f4d32a8fcedabc64394a153da6891572531287c
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
    where p.status = 'active' and private.budget_verdict(p.client_id, p.id) <> 'pause'
    order by p.client_id;
$$;
comment on function private.clients_to_invite() is 'The clients with somebody to invite: what private.invite_next is called for. Read-only.';

-- source: sql/30_rules/65_invite_next.sql sha256:2547bd75af47d909cf0f18df735202101f61ee0683dc23ef8e9cd1142d76322b
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
            -- Nor what waits for a budget.
            and d.reason is distinct from 'the budget is used up'
            -- Nor what waits for days, for a lead who was written to often enough.
            and not (d.status = 'deferred' and d.due_at > private.now() + interval '1 day')
        group by d.channel_account_id
    ) as w;
    for project in
        select p.id, p.channel_account_id from public.projects as p
        where p.client_id = invite_next.client_id and p.status = 'active' and private.budget_verdict(p.client_id, p.id) <> 'pause'
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

-- source: sql/30_rules/69_governor_verdict.sql sha256:2b4c4e3ff5e07b39042f82db904b3c3aa1ef42eb37ee3749f8f57aa1b55c70e5
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
    -- What is only answered goes on: replies that were made are sent.
    if delivery.kind in ('invitation', 'reminder')
        and private.budget_verdict(delivery.client_id, (select i.project_id from public.interviews as i where i.id = delivery.interview_id)) = 'pause' then
        reason := 'the budget is used up';
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
'Whether a delivery that policy allows fits into what its account may do now: go, wait (until, reason) or cancel (reason). Stopped accounts, suspended clients, paused projects, used-up budgets that pause, the rate for one person, people in 24 hours, messages per second. The caller holds the account''s pace (private.lock_paces).';

-- source: sql/30_rules/72_customer_work.sql sha256:9cf80ebb5609f5c4b41efe88c38cda972319d0bb991a2d7476ea3dc5bdf4c8e5
create or replace function private.customer_work(conversation public.conversations) returns jsonb
language sql stable security definer set search_path = ''
as $$
    select jsonb_build_object(
        'company_name', k.company_name, 'plan', k.plan,
        'agent_type', (
            select r.agent_type from public.renus_config as r
            where r.client_id = k.id
            order by r.id = v.made_renus_config_id desc nulls last, r.active desc, r.created_at
            limit 1
        ),
        'project', (
            select jsonb_build_object('name', p.name, 'status', p.status) from public.projects as p
            where p.client_id = k.id
            order by p.status = 'active' desc, p.created_at desc
            limit 1
        )
    )
    from public.clients as k
    -- Another dialogue of the same lead, on another number or after this one was closed, knows it as well.
    left join public.conversions as v on v.client_id = conversation.client_id and v.lead_id = conversation.lead_id and v.reversed_at is null
    where k.id = coalesce(conversation.customer_client_id, (
        select c.made_client_id from public.conversions as c
        where c.client_id = conversation.client_id and c.lead_id = conversation.lead_id and c.reversed_at is null
    )) and k.status = 'active';
$$;
comment on function private.customer_work(public.conversations) is
'What the agent knows of the client that its lead has become: {"company_name", "agent_type", "plan", "project": {"name", "status"}}; null where it has become none, or one that is not active.';

-- source: sql/30_rules/72_outcome_of.sql sha256:2838d884ab791c69c1ead50d2a74b65e0c7de1c03896913945e65b8ea74dca3e
create or replace function private.outcome_of(call public.tool_calls) returns jsonb
language sql immutable set search_path = ''
as $$
    select case when call.error is null
        then jsonb_build_object('verdict', 'done', 'result', call.result)
        else jsonb_build_object('verdict', 'refused', 'error', call.error)
    end;
$$;
comment on function private.outcome_of(public.tool_calls) is 'What a call of a tool came to, as the function that made it reads it.';

-- source: sql/30_rules/72_qualification_work.sql sha256:43cf5a624e154b6a87e0ca4c346b01aa4ef0e2a1d0a246f49dd7a12802655122
create or replace function private.qualification_work(conversation public.conversations) returns jsonb
language sql stable security definer set search_path = ''
as $$
    select jsonb_build_object(
        'status', coalesce(q.status::text, 'none'),
        'question', case when q.status = 'open' then
            private.asked_question(r.config, (select v.next_key from private.qualification_verdict(r.config -> 'qualification', q.answers) as v))
        end,
        'interest', r.config #> '{qualification,interest}'
    )
    from private.threads as t
    join public.renus_config as r on r.id = t.agent_id
    left join private.qualification_of(conversation.lead_id) as q on q.id is not null
    where t.id = conversation.thread_id and r.config ? 'qualification';
$$;
comment on function private.qualification_work(public.conversations) is
'What a turn knows of its lead''s qualification: {"status": none | open | qualified | not_qualified, "question": the next one or null, "interest": words or null}; null where the agent qualifies nobody. Neither points nor threshold: what the model does not know, nobody talks it into telling.';

-- source: sql/30_rules/72_tool_problem.sql sha256:a4c51898ba79f18fe9cbd783776dc7cd9e5689b03122a1c49ac4e70e734f7592
create or replace function private.tool_problem(function_name text) returns text
language sql stable set search_path = ''
as $$
    -- SECURITY: one whose owner was forgotten would run as postgres, which row level security does not bind.
    select case when not exists (
        select from pg_catalog.pg_proc as p
        where p.pronamespace = 'agent_tools'::regnamespace and p.proname = tool_problem.function_name and p.pronargs = 1
            and p.proargtypes[0] = 'pg_catalog.jsonb'::regtype and p.prorettype = 'pg_catalog.jsonb'::regtype
            and p.prosecdef and p.proowner = 'renum_agent'::regrole
    ) then 'the tool cannot be called: its function is not as an agent''s must be' end;
$$;
comment on function private.tool_problem(text) is
'Why a function in agent_tools may not be called for an agent: it has to be (jsonb) returns jsonb, security definer, and owned by renum_agent. null if it may.';

-- source: sql/30_rules/73_conversation_work.sql sha256:43371876a5765b3b8050c1a020a648911e06ba09d9bdd01551530ee8d0173afe
create or replace function private.conversation_work(thread_id uuid) returns jsonb
language sql stable security definer set search_path = ''
as $$
    select jsonb_build_object(
        'kind', 'conversation',
        'lead', jsonb_build_object('name', l.name, 'opted_out', l.opted_out_at is not null),
        'company_name', k.company_name,
        'project', case when p.id is not null then jsonb_build_object('name', p.name, 'goal', p.config ->> 'goal') end,
        'agent', jsonb_build_object(
            'agent_type', r.agent_type, 'config', r.config - 'qualification' - 'conversion', 'prompts', r.prompts, 'version', r.version
        ) || private.models_of(r.config, private.budget_verdict(t.client_id, p.id)),
        'sub_agent', c.sub_agent_id,
        'sub_agents', (
            select coalesce(jsonb_agg(jsonb_build_object(
                'id', s.id, 'name', s.name, 'type', s.type, 'description', s.description, 'config', s.config, 'tools', (
                    select coalesce(jsonb_agg(o.name), '[]') from private.tools_of(r, s.id) as o
                )
            )), '[]')
            from private.sub_agents_of(r) as s
        ),
        -- Of the agent and of all its specialists: who has the dialogue may change within the turn.
        'tools', (
            select coalesce(jsonb_agg(jsonb_build_object('name', o.name, 'description', o.description, 'parameters', o.parameters_schema)), '[]')
            from public.tools as o
            where o.id in (
                select a.id from private.tools_of(r, null) as a
                union
                select b.id from private.sub_agents_of(r) as s cross join lateral private.tools_of(r, s.id) as b
            )
        ),
        'own_tools', (select coalesce(jsonb_agg(o.name), '[]') from private.tools_of(r, null) as o),
        'limits', jsonb_build_object(
            'steps', coalesce((r.config #>> '{conversation,limits,steps}')::integer, 6),
            'tool_calls', coalesce((r.config #>> '{conversation,limits,tool_calls}')::integer, private.setting_int('tool_calls_per_turn'))
        ),
        'memory', c.memory,
        'resuming', c.resuming,
        'qualification', private.qualification_work(c),
        'customer', private.customer_work(c),
        'summary', c.summary,
        'to_summarise', h.older,
        'history', h.items,
        'input', n.items,
        'reruns', t.reruns,
        'seen', case when n.message_id is not null then jsonb_build_object('channel_account_id', t.channel_account_id, 'message_id', n.message_id) end
    )
    from private.threads as t
    join public.leads as l on l.id = t.lead_id
    join public.clients as k on k.id = t.client_id
    join public.conversations as c on c.id = t.conversation_id
    join public.renus_config as r on r.id = t.agent_id
    left join public.projects as p on p.id = (select g.project_id from private.conversation_agent(c, t.channel_account_id) as g)
    cross join lateral (
        -- What is neither in the summary nor among the newest is to be summed up, some of it at a time.
        select coalesce(jsonb_agg(m.item order by m.seq) filter (where m.place > m.kept), '[]') as older,
            coalesce(jsonb_agg(m.item order by m.seq) filter (where m.place <= m.kept), '[]') as items
        from (
            select x.seq, x.place, x.item,
                case when count(*) over () > private.setting_int('history_messages') then private.setting_int('history_messages') / 2 else private.setting_int('history_messages') end as kept
            from (
                select m.seq, row_number() over (order by m.seq desc) as place,
                    jsonb_strip_nulls(jsonb_build_object(
                        'role', m.role, 'content', left(m.content, 2000), 'seq', m.seq,
                        'by', case when m.role = 'assistant' and m.metadata ->> 'turn_id' is null and m.metadata ->> 'written_by' is not null then 'person' end
                    )) as item
                from public.messages as m
                where m.conversation_id = c.id and m."timestamp" >= coalesce(c.summary_at - interval '1 hour', c.created_at) and m.seq > c.summary_seq and m.seq < t.lease_seq
                    and not (m.role = 'user' and m.seq > t.handled_seq)
                order by m.seq desc
                limit 3 * private.setting_int('history_messages')
            ) as x
        ) as m
    ) as h
    cross join lateral (
        select coalesce(jsonb_agg(jsonb_build_object('id', m.id, 'seq', m.seq, 'type', coalesce(m.metadata ->> 'type', 'text'), 'content', left(m.content, 4000)) order by m.seq), '[]') as items,
            (array_agg(m.metadata ->> 'provider_id' order by m.seq desc) filter (where m.metadata ->> 'provider_id' is not null))[1] as message_id
        from public.messages as m
        where m.conversation_id = c.id and m.role = 'user' and m.seq > t.handled_seq and m.seq <= t.lease_seq and m."timestamp" >= coalesce(c.summary_at - interval '1 hour', c.created_at)
    ) as n
    where t.id = conversation_work.thread_id;
$$;
comment on function private.conversation_work(uuid) is
'Everything a turn of a thread''s conversation needs, bounded: lead, agent and its specialists, tools, what is remembered, the summary of what was said long ago (and what is to be added to it), the newest messages, the unhandled input. null when no agent has it.';

-- source: sql/30_rules/73_turn_work.sql sha256:754a6488a1d858915ba733577592d371ea6c3d82f62a718208a8a98728d05a09
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
            'version', r.version
        ) || private.models_of(r.config, private.budget_verdict(t.client_id, p.id)),
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

-- source: sql/30_rules/74_turn_task.sql sha256:3c7e03b7a57e7bb578b5836f3b861a05ef91e8a4ad808070304963a75c3d9fc6
create or replace function private.turn_task(thread private.threads, wait_ms integer) returns jsonb
language sql stable security definer set search_path = ''
as $$
    select jsonb_build_object(
        'task', 'agent_turn', 'queue', 'high_priority', 'msg_id', thread.task_id, 'id', thread.id, 'client_id', thread.client_id,
        'attempt', thread.attempts, 'claim', thread.lease, 'wait_ms', turn_task.wait_ms,
        'work', case
            when turn_task.wait_ms > 0 then null
            when thread.interview_id is not null then private.turn_work(thread.id)
            else private.conversation_work(thread.id)
        end
    );
$$;
comment on function private.turn_task(private.threads, integer) is 'A thread''s turn as the functions get it; without work while its debounce still runs (wait_ms > 0).';

-- source: sql/30_rules/75_drop_turn.sql sha256:d98a93630c3e22eafe18e0980345872bf450cc624f2879244924ff0682c41d7e
create or replace function private.drop_turn(thread_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
begin
    perform pgmq.delete('high_priority', t.task_id) from private.threads as t where t.id = drop_turn.thread_id and t.task_id is not null;
    update private.threads as t
    set handled_seq = t.inbound_seq, task_id = null, lease = null, lease_until = null, lease_seq = null, due_at = null,
        not_before = null, waiting_since = null, attempts = 0, reruns = 0, held = false
    where t.id = drop_turn.thread_id;
end
$$;
comment on function private.drop_turn(uuid) is 'Ends what a thread had waiting without an answer: nobody is to answer any more, a person has taken over, or the lead is blocked.';

-- source: sql/30_rules/75_hold_turn.sql sha256:c24491cbc6d776f51a107cbc82a68943d14266880485e9a148507d6128e01cb4
create or replace function private.hold_turn(thread_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
begin
    perform pgmq.delete('high_priority', t.task_id) from private.threads as t where t.id = hold_turn.thread_id and t.task_id is not null;
    update private.threads as t
    set held = true, task_id = null, due_at = null, not_before = null, waiting_since = null, attempts = 0
    where t.id = hold_turn.thread_id;
end
$$;
comment on function private.hold_turn(uuid) is
'Takes a thread''s turn out of the queue because a budget is used up. What the lead wrote stays unhandled: private.release_threads queues it. The caller holds the thread''s lock, and nobody its lease.';

-- source: sql/30_rules/76_expire_interviews.sql sha256:e5786603f703f0eb228b9c8d07218b67eaa6e26a7dbe25f5be9060c97f8296e1
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
        -- A paused project, client or budget waits for nobody's answer.
        where r.status = 'waiting' and r.delivery_id is null and r.due_at <= private.now() and r.step = 0 and p.status <> 'paused' and c.status = 'active'
            and private.budget_verdict(r.client_id, i.project_id) <> 'pause'
        order by r.due_at, r.id
        limit 200
    loop
        -- Lock order: interview, thread, deliveries, reminders. Whoever is locked is left for the next time.
        select * into interview from public.interviews as i where i.id = item.interview_id and i.status in ('pending', 'in_progress') for no key update skip locked;
        continue when not found;
        select * into thread from private.threads as t where t.id = interview.thread_id for no key update skip locked;
        -- A turn of it waits or runs.
        continue when not found or thread.task_id is not null or thread.due_at is not null or thread.held;
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

-- source: sql/30_rules/76_retry_turn.sql sha256:cd3b278dc610216be14ff2af819cb0e80d7c6fad6611035442551eafb724777a
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
        insert into public.turns (id, client_id, thread_id, interview_id, conversation_id, status, from_seq, to_seq, attempt, reruns, error, started_at, finished_at)
        values (
            t.lease, t.client_id, t.id, t.interview_id, t.conversation_id, retry_turn.status, t.handled_seq, t.lease_seq, t.attempts, t.reruns, retry_turn.error,
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

-- source: sql/30_rules/77_begin_turns.sql sha256:11c22f3edd295dba5a2e7d6f226bdbce3eb48d15b8474a58270b6630de3e8088
create or replace function private.begin_turns(tasks jsonb, visibility_s integer) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    task record;
    t private.threads;
    agent public.renus_config;
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
        if t.inbound_seq <= t.handled_seq or not private.is_answered(t)
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
        if private.budget_verdict(t.client_id, private.project_of(t)) = 'pause' then
            perform private.hold_turn(t.id);
            continue;
        end if;
        perform pgmq.set_vt('high_priority', task.msg_id, visibility_s);
        if t.not_before > right_now then
            -- The caller holds it: nobody else is to look before the task shows again.
            update private.threads as x set due_at = right_now + make_interval(secs => visibility_s) where x.id = t.id;
            granted := granted || private.turn_task(t, ceil(extract(epoch from t.not_before - right_now) * 1000)::integer);
            continue;
        end if;
        agent := private.agent_of(t);
        update private.threads as x
        set lease = gen_random_uuid(), lease_until = right_now + make_interval(secs => visibility_s), lease_seq = x.inbound_seq, lease_began_at = right_now,
            due_at = right_now + make_interval(secs => visibility_s), attempts = x.attempts + 1, reruns = 0, held = false,
            agent_id = agent.id, agent_version = agent.version
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
'Leases the threads of tasks just read: one live lease per thread, fencing token = claim. Sorts out what is done or busy, counts a lease that lapsed as a failed attempt, holds what a used-up budget pauses, says how long a debounce still runs, and admits further turns of the same clients. Never waits for a lock.';

-- source: sql/30_rules/79_count_said.sql sha256:43b6d60231a6ebe1171569aa82bd3cba0af2dae7089d9523103a1c4aa78f17f7
create or replace function private.count_said(said jsonb) returns void
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
    where t.id in (select s.thread_id from jsonb_to_recordset(said) as s (thread_id uuid))
    order by t.id
    for no key update;
    for sooner in
        with
        bursts as (
            -- The last message of a burst says whether there is more to come; an opt-out among them waits for nothing.
            select m.thread_id, max(m.seq) as newest, max(m.seq) filter (where m.wanted) as newest_to_answer,
                make_interval(secs => case
                    when bool_or(private.is_opt_out(m.content)) then 0
                    else private.debounce_ms(
                        (array_agg(m.metadata order by m.seq desc) filter (where m.wanted))[1], (array_agg(m.content order by m.seq desc) filter (where m.wanted))[1],
                        private.question_type(t.interview_id)
                    )
                end / 1000.0) as pause
            from (
                select s.thread_id, s.seq, s.metadata, s.content, private.needs_answer(s.metadata, s.content) as wanted
                from jsonb_to_recordset(said) as s (thread_id uuid, seq bigint, metadata jsonb, content text)
            ) as m
            join private.threads as t on t.id = m.thread_id
            group by m.thread_id, t.interview_id
        ),
        counted as (
            update private.threads as t
            set last_seq = greatest(t.last_seq, b.newest), inbound_seq = greatest(t.inbound_seq, b.newest_to_answer), last_inbound_at = private.now(),
                waiting_since = case when b.newest_to_answer is null then t.waiting_since else coalesce(t.waiting_since, right_now) end,
                not_before = case
                    when b.newest_to_answer is null then t.not_before
                    else least(right_now + b.pause, coalesce(t.waiting_since, right_now) + longest)
                end
            from bursts as b
            join private.threads as earlier on earlier.id = b.thread_id
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
    where t.id in (
            select s.thread_id from jsonb_to_recordset(said) as s (thread_id uuid, metadata jsonb, content text) where private.needs_answer(s.metadata, s.content)
        )
        and t.task_id is null and t.inbound_seq > t.handled_seq
        and l.id = t.lead_id and l.status <> 'blocked';
    for client_id in select distinct t.client_id from private.threads as t where t.id in (select s.thread_id from jsonb_to_recordset(said) as s (thread_id uuid)) order by 1 loop
        work := work + private.admit_turns(client_id);
    end loop;
    if work > 0 then
        perform private.ring('agent_turn');
    end if;
end
$$;
comment on function private.count_said(jsonb) is
'Counts what leads said on their threads ([{"thread_id", "seq", "metadata", "content"}]), starts the debounce, and has one turn wait for admission for each thread that has something to answer and none queued.';

-- source: sql/30_rules/80_open_conversation.sql sha256:15d589ef2aba1cf604e77f4fdf3ef23addd153eca0f9f525b5951867d566417f
create or replace function private.open_conversation(thread_id uuid) returns uuid
language plpgsql security definer set search_path = ''
as $$
declare
    t private.threads;
    found_id uuid;
begin
    select * into strict t from private.threads as x where x.id = open_conversation.thread_id;
    if t.conversation_id is not null and exists (select from public.conversations as c where c.id = t.conversation_id and c.status = 'open') then
        return t.conversation_id;
    end if;
    found_id := (
        select c.id from public.conversations as c
        where c.client_id = t.client_id and c.thread_id = t.id and c.status = 'open'
        order by c.created_at desc
        limit 1
    );
    if found_id is null then
        insert into public.conversations (lead_id, client_id, thread_id) values (t.lead_id, t.client_id, t.id) returning id into found_id;
    end if;
    update private.threads as x set conversation_id = found_id where x.id = t.id and x.interview_id is null;
    return found_id;
end
$$;
comment on function private.open_conversation(uuid) is
'The open conversation of a thread, made if there is none, and the thread''s live dialogue from now on unless it has an interview. The caller holds the thread''s lock.';

-- source: sql/30_rules/81_convert_lead.sql sha256:48930f4835d0bf5292607dd99275495a1807f0ecc953876024ffcbe889cab05b
create or replace function private.convert_lead(
    qualification public.qualifications, turn_id uuid, config jsonb, out conversion public.conversions, out problem text
)
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
    plan jsonb := config -> 'conversion';
    company text := left(btrim(regexp_replace(coalesce(qualification.answers #>> array[plan ->> 'company', 'value'], ''), '\s+', ' ', 'g')), 200);
    address text := qualification.answers #>> array[plan ->> 'email', 'value'];
    kind public.agent_type := coalesce(
        plan #>> array['agent_type', 'map', qualification.answers #>> array[plan #>> '{agent_type,question}', 'value']], plan #>> '{agent_type,default}'
    )::public.agent_type;
    member public.client_members;
    again public.conversions;
begin
    select * into conversion
    from public.conversions as v
    where v.client_id = qualification.client_id and v.lead_id = qualification.lead_id and v.reversed_at is null;
    if found then
        return;
    end if;
    problem := case
        when company = '' then 'falta o nome da empresa'
        when private.is_email(address) is not true then 'falta um e-mail que sirva'
        when kind is null then 'não há tipo de agente para a resposta'
    end;
    if problem is not null then
        return;
    end if;
    -- One conversion to an address at a time, whoever's.
    perform pg_advisory_xact_lock(hashtextextended('convert ' || address, 0));
    select v.* into again
    from public.conversions as v
    join public.clients as k on k.id = v.made_client_id and k.company_name = company
    join public.client_members as m on m.id = v.member_id and m.email = address
    where v.client_id = qualification.client_id and v.lead_id = qualification.lead_id
    order by v.created_at desc
    limit 1;
    -- SECURITY: what a lead says proves nothing. An address that is somebody's already would put that person into a client of a stranger's making, or
    -- show a stranger a client of theirs: a person decides.
    if exists (select from auth.users as u where lower(u.email) = address and u.email_confirmed_at is not null and again.id is null) then
        problem := 'o e-mail é de uma pessoa que já tem cadastro';
    elsif exists (
        select from public.client_members as m
        where m.email = address and m.status <> 'removed' and m.client_id is distinct from again.made_client_id
    ) then
        problem := 'o e-mail já foi convidado por um cliente';
    end if;
    if problem is not null then
        return;
    end if;

    conversion.made_client_id := again.made_client_id;
    conversion.made_renus_config_id := again.made_renus_config_id;
    conversion.made_project_id := again.made_project_id;
    if again.id is null then
        insert into public.clients (company_name, plan)
        values (company, coalesce(plan ->> 'plan', 'basic')::public.client_plan)
        returning id into conversion.made_client_id;
        insert into public.renus_config (client_id, agent_type) values (conversion.made_client_id, kind) returning id into conversion.made_renus_config_id;
    else
        update public.clients as k set status = 'active' where k.id = again.made_client_id;
    end if;
    member := private.add_member(conversion.made_client_id, address, 'owner');
    if conversion.made_project_id is null then
        insert into public.projects (client_id, name, type, config, renus_config_id)
        values (
            conversion.made_client_id,
            left(replace(coalesce(plan #>> '{project,name}', 'Primeira pesquisa de {{company}}'), '{{company}}', company), 200),
            coalesce(plan #>> '{project,type}', 'survey')::public.project_type, coalesce(plan #> '{project,config}', '{}'), conversion.made_renus_config_id
        )
        returning id into conversion.made_project_id;
    end if;
    insert into public.conversions (client_id, lead_id, qualification_id, turn_id, made_client_id, made_renus_config_id, made_project_id, member_id)
    values (
        qualification.client_id, qualification.lead_id, qualification.id, convert_lead.turn_id,
        conversion.made_client_id, conversion.made_renus_config_id, conversion.made_project_id, member.id
    )
    returning * into conversion;
    perform private.audit(qualification.client_id, 'lead_converted', 'lead', qualification.lead_id, jsonb_build_object(
        'conversion_id', conversion.id, 'qualification_id', qualification.id, 'client_id', conversion.made_client_id, 'project_id', conversion.made_project_id,
        'renus_config_id', conversion.made_renus_config_id, 'agent_type', kind, 'score', qualification.score, 'turn_id', convert_lead.turn_id
    ));
    perform private.audit(conversion.made_client_id, case when again.id is null then 'client_created' else 'client_restored' end, 'client', conversion.made_client_id, jsonb_build_object(
        'by', 'conversion', 'project_id', conversion.made_project_id, 'renus_config_id', conversion.made_renus_config_id, 'member_id', member.id
    ));
end
$$;
comment on function private.convert_lead(public.qualifications, uuid, jsonb, out public.conversions, out text) is
'Makes a client of a qualified lead of the house client, as config.conversion says: the client, an invitation for its first user, its agent of the mapped type, its project (a draft). Idempotent: a lead that is a client already stays that one; one whose conversion was taken back gets the same client again for the same company and address. problem: why it cannot be, for people to read; then nothing is made. The caller holds the lead''s lock.';

-- source: sql/30_rules/81_hand_back.sql sha256:8ad730e79c0170f47419fd8c03ec147eddec2d1d6a89606c8cff1fa692cc0c8f
create or replace function private.hand_back(conversation_id uuid) returns boolean
language plpgsql security definer set search_path = ''
as $$
begin
    update public.conversations as c
    set handed_over_at = null, handed_over_reason = null, handed_over_by = null, person_wrote_at = null, resuming = true
    where c.id = hand_back.conversation_id and c.handed_over_at is not null;
    return found;
end
$$;
comment on function private.hand_back(uuid) is 'The agent has a conversation again; its next reply says so. false: it had it. The caller holds the thread''s lock.';

-- source: sql/30_rules/81_hand_over.sql sha256:6a2c2bfab5fe11ac47b80f6756bcfe2791215f54c4f64b872888efd0de7e6a73
create or replace function private.hand_over(thread_id uuid, reason text, profile_id uuid default null) returns uuid
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
    t private.threads;
    conversation_id uuid;
begin
    select * into strict t from private.threads as x where x.id = hand_over.thread_id;
    -- The turn under way loses its lease: its commit is stale, whatever it was about to say.
    perform private.drop_turn(t.id);
    update public.deliveries as d
    set status = 'cancelled', reason = 'a person took over'
    where d.thread_id = t.id and d.client_id = t.client_id and d.kind = 'reply' and d.status in ('queued', 'deferred');
    perform private.end_delivery(d.id)
    from public.deliveries as d
    where d.thread_id = t.id and d.client_id = t.client_id and d.kind = 'reply' and d.status = 'cancelled' and d.task_id is not null;
    if t.interview_id is not null then
        perform private.end_interview(t.interview_id, 'handed_over');
    end if;
    conversation_id := private.open_conversation(t.id);
    update public.conversations as c
    set handed_over_at = coalesce(c.handed_over_at, private.now()), handed_over_reason = coalesce(c.handed_over_reason, left(hand_over.reason, 500)),
        handed_over_by = coalesce(hand_over.profile_id, c.handed_over_by), resuming = false
    where c.id = conversation_id;
    return conversation_id;
end
$$;
comment on function private.hand_over(uuid, text, uuid) is
'A person has the dialogue of a thread from now on: the turn under way is fenced off, replies that wait to be sent are cancelled, a live interview ends as handed_over, its conversation says since when and why. Idempotent. Returns the conversation. The caller holds the locks of interview and thread.';

-- source: sql/30_rules/81_open_interview.sql sha256:89660f23c91fb958a2f753aef2b4af69896bb337654ea1d1b12ae7c21ec8aa8f
create or replace function private.open_interview(thread private.threads, project_id uuid, out interview_id uuid, out question text, out refusal text)
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
    project public.projects;
    first jsonb;
begin
    select * into project
    from public.projects as p
    where p.client_id = thread.client_id and p.id = open_interview.project_id and p.status = 'active' and p.config ? 'questionnaire';
    if not found then
        refusal := 'the project does not run';
        return;
    end if;
    -- An invitation of this project that waits, or was never answered, is taken up here; one that was, is not repeated.
    insert into public.interviews (client_id, lead_id, project_id)
    values (thread.client_id, thread.lead_id, project.id)
    on conflict on constraint a_lead_is_interviewed_once_per_project do nothing;
    select i.id into interview_id
    from public.interviews as i
    where i.project_id = project.id and i.lead_id = thread.lead_id and i.status = 'pending'
        and (i.thread_id is null or i.thread_id = thread.id);
    if not found then
        refusal := 'the lead has been interviewed for this project';
        return;
    end if;
    first := (
        select s.question from private.interview_state(project.config #> '{questionnaire,questions}', '{}') as s where s.is_open order by s.ord limit 1
    );
    update private.threads as t
    set interview_id = open_interview.interview_id, conversation_id = null
    where t.id = thread.id;
    update public.interviews as i
    set status = 'in_progress', started_at = now(), invited_at = coalesce(i.invited_at, private.now()), thread_id = thread.id, current_question = first ->> 'key'
    where i.id = open_interview.interview_id;
    question := private.question_text(first);
end
$$;
comment on function private.open_interview(private.threads, uuid, out uuid, out text, out text) is
'Begins an interview that the lead asked for in a conversation: the interview, now in_progress and the thread''s live dialogue, and its first question; or refusal. The caller holds the thread''s lock.';

-- source: sql/30_rules/81_question_text.sql sha256:30d64ead9ef07c8592d34fe68691af339850ec5035903c99b4d2208de07a234d
create or replace function private.question_text(question jsonb) returns text
language sql immutable set search_path = ''
as $$
    select (question ->> 'text') || case when question ->> 'type' = 'choice'
        then E'\n' || (select string_agg('• ' || o.label, E'\n' order by o.ord) from jsonb_array_elements_text(question -> 'options') with ordinality as o (label, ord))
        else '' end;
$$;
comment on function private.question_text(jsonb) is 'A question as the lead reads it: its text, and a line for each option.';

-- source: sql/30_rules/82_apply_conversation.sql sha256:ec593a4c036c9889024aec3a1ac4d6f033dc8eae4749f88d5fb8e39760f71fb3
create or replace function private.apply_conversation(
    thread private.threads, proposal jsonb, out reply text, out kind public.delivery_kind, out interview_id uuid
)
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
    c public.conversations;
    agent public.renus_config;
    lead public.leads;
    intent private.intents;
    opened record;
    settled text;
    person text;
    summed_up bigint;
begin
    kind := 'reply';
    reply := left(btrim(coalesce(proposal ->> 'reply', '')), 4000);
    select * into strict c from public.conversations as x where x.id = thread.conversation_id for no key update;
    select * into agent from public.renus_config as r where r.id = thread.agent_id;
    select * into strict lead from public.leads as l where l.id = thread.lead_id;
    if lead.opted_out_at is not null or (proposal ->> 'opt_out')::boolean then
        if lead.opted_out_at is null then
            insert into public.consents (client_id, lead_id, granted, legal_basis, evidence)
            values (thread.client_id, thread.lead_id, false, 'consent', jsonb_build_object('conversation_id', c.id, 'source', 'agent'));
        end if;
        kind := 'goodbye';
        reply := private.goodbye();
        return;
    end if;

    for intent in select n.* from private.intents as n where n.turn_id = thread.lease order by n.id loop
        case intent.kind
            when 'hand_over' then
                person := coalesce(person, intent.details ->> 'reason', 'o contato pediu uma pessoa');
            when 'open_interview' then
                -- With something unread in the dialogue it would be left behind there.
                if interview_id is null and thread.inbound_seq = thread.lease_seq then
                    select o.interview_id, o.question, o.refusal into opened from private.open_interview(thread, (intent.details ->> 'project_id')::uuid) as o;
                    interview_id := opened.interview_id;
                end if;
            else
                raise warning 'no commit performs the intent %', intent.kind;
        end case;
    end loop;
    person := coalesce(person, nullif(btrim(proposal ->> 'hand_over'), ''));
    if person is null and (
        select count(*) from public.turns as u
        where u.client_id = thread.client_id and u.conversation_id = c.id and u.finished_at > clock_timestamp() - interval '1 hour' and u.status in ('committed', 'partial')
    ) >= private.setting_int('turns_per_hour') then
        person := 'muitas mensagens em pouco tempo';
    end if;
    summed_up := case when nullif(btrim(proposal ->> 'summary'), '') is not null then
        least(greatest(c.summary_seq, (proposal ->> 'summary_seq')::bigint), thread.handled_seq) end;
    settled := private.settle_qualification(thread, c);

    update public.conversations as x
    set project_id = coalesce(x.project_id, g.project_id),
        sub_agent_id = case
            when proposal ? 'sub_agent' then (select s.id from private.sub_agents_of(agent) as s where s.id::text = proposal ->> 'sub_agent')
            else x.sub_agent_id
        end,
        memory = private.merged_memory(x.memory, proposal -> 'memory'),
        summary = coalesce(nullif(left(btrim(proposal ->> 'summary'), 4000), ''), x.summary),
        summary_seq = coalesce(summed_up, x.summary_seq),
        summary_at = case when summed_up is null then x.summary_at else (
            select max(m."timestamp") from public.messages as m
            where m.conversation_id = x.id and m."timestamp" >= coalesce(x.summary_at - interval '1 hour', x.created_at) and m.seq <= summed_up
        ) end,
        resuming = false,
        handed_over_at = case when person is not null then private.now() end,
        handed_over_reason = left(person, 500)
    from private.conversation_agent(c, thread.channel_account_id) as g
    where x.id = c.id;

    if c.resuming and reply <> '' then
        reply := format('Aqui é o assistente virtual da %s, de volta à conversa. ', (select k.company_name from public.clients as k where k.id = thread.client_id)) || reply;
    end if;
    if interview_id is not null then
        reply := concat_ws(E'\n\n', nullif(reply, ''), opened.question);
    end if;
    if settled <> '' then
        reply := concat_ws(E'\n\n', nullif(reply, ''), settled);
    end if;
    if person is not null then
        perform private.notify(thread.client_id, 'person_needed', null, format(
            '%s precisa de atendimento de uma pessoa: %s.', coalesce(lead.name, lead.phone, 'Um contato'), rtrim(left(person, 200), '.')
        ), 'conversation ' || c.id || ' ' || thread.lease);
        reply := coalesce(nullif(reply, ''), 'Vou chamar uma pessoa da nossa equipe para continuar com você.');
    end if;
end
$$;
comment on function private.apply_conversation(private.threads, jsonb, out text, out public.delivery_kind, out uuid) is
'Turns what the model proposed in a conversation, and what its tools asked for, into what happens: who has the dialogue, what is remembered, an interview that begins (interview_id), a qualification that is complete, a person who is called. Composes the reply. Called under the thread''s lock.';

-- source: sql/30_rules/82_apply_proposal.sql sha256:80c39b2196c83eff6f5d066296cd276b0573c5b448a82af000e7dc14b2cb4518
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
            private.question_text(next_question)
        )
    );
end
$$;
comment on function private.apply_proposal(public.interviews, jsonb) is
'Turns what the model proposed into what happens: stores valid answers, refuses others with a reason, ends or advances the interview, and composes the reply from the model''s words and the next question. Called under the interview''s and the thread''s locks.';

-- source: sql/30_rules/82_merged_memory.sql sha256:5f5d32fab4a4b4bc0b958b6119c22f0246c2f306130d0007a9ac18e897d6c451
create or replace function private.merged_memory(memory jsonb, news jsonb) returns jsonb
language sql immutable set search_path = ''
as $$
    -- {"shared" | sub-agent: {word: text}}; what is too much is not kept, what was kept before stays.
    select case when octet_length(m.merged::text) <= 16384 then m.merged else merged_memory.memory end
    from (
        select merged_memory.memory || coalesce(jsonb_object_agg(s.key, coalesce(merged_memory.memory -> s.key, '{}') || (
            select coalesce(jsonb_object_agg(left(w.key, 60), left(w.value #>> '{}', 500)), '{}')
            from jsonb_each(s.value) as w
            where jsonb_typeof(w.value) in ('string', 'number', 'boolean')
        )), '{}') as merged
        from jsonb_each(case jsonb_typeof(merged_memory.news) when 'object' then merged_memory.news else '{}' end) as s
        where jsonb_typeof(s.value) = 'object'
    ) as m;
$$;
comment on function private.merged_memory(jsonb, jsonb) is
'What agents keep of a conversation with what a turn adds: scope by scope, word by word, the newest text of each. Past 16 kilobytes nothing is added.';

-- source: sql/30_rules/82_prompts_of.sql sha256:b18eeae3c4151bd989718e7b1c5dab5f0419f698db5fd0826d6be2dd4d88e41c
create or replace function private.prompts_of(thread private.threads) returns text[]
language sql stable security definer set search_path = ''
as $$
    select array_agg(p.txt)
    from public.renus_config as r
    cross join lateral (
        select e.value as txt from jsonb_each_text(r.prompts) as e
        union all
        select s.config ->> 'prompt' from private.sub_agents_of(r) as s
    ) as p
    where r.id = thread.agent_id and p.txt is not null;
$$;
comment on function private.prompts_of(private.threads) is 'What the agent of a turn, and its specialists, were instructed with; null where nobody wrote anything.';

-- source: sql/30_rules/82_say_reply.sql sha256:e1f68c1b55e4f6fff2d55ff0f6e14c2753242aa7816f65df98389bad34fe5585
create or replace function private.say_reply(
    thread private.threads, interview_id uuid, conversation_id uuid, kind public.delivery_kind, reply text
) returns void
language plpgsql security definer set search_path = ''
as $$
declare
    new_message_id uuid := gen_random_uuid();
    new_delivery_id uuid := gen_random_uuid();
    facts jsonb := jsonb_build_object('type', 'text', 'delivery_id', new_delivery_id, 'turn_id', thread.lease, 'from_seq', thread.handled_seq, 'to_seq', thread.lease_seq);
    medium public.channel := 'whatsapp';
begin
    if say_reply.interview_id is not null then
        insert into public.interview_messages (id, interview_id, role, content, metadata, client_id, seq)
        values (new_message_id, say_reply.interview_id, 'assistant', say_reply.reply, facts, thread.client_id, thread.last_seq + 1);
    else
        medium := (select a.channel from public.channel_accounts as a where a.id = thread.channel_account_id);
        insert into public.messages (id, conversation_id, role, content, channel, metadata, client_id, seq)
        values (new_message_id, say_reply.conversation_id, 'assistant', say_reply.reply, medium, facts, thread.client_id, thread.last_seq + 1);
        update public.conversations as c set last_message_at = clock_timestamp() where c.id = say_reply.conversation_id;
    end if;
    -- Against policy it is born cancelled or deferred (private.police_delivery), and the turn commits all the same.
    insert into public.deliveries (id, client_id, lead_id, thread_id, interview_id, channel_account_id, channel, kind, content, message_id, queue, seq)
    values (
        new_delivery_id, thread.client_id, thread.lead_id, thread.id, say_reply.interview_id, thread.channel_account_id, medium, say_reply.kind,
        jsonb_build_object('type', 'text', 'text', say_reply.reply), new_message_id, 'high_priority', thread.last_seq + 1
    );
end
$$;
comment on function private.say_reply(private.threads, uuid, uuid, public.delivery_kind, text) is
'What a turn answers: the message in its interview or conversation, and its delivery, as the thread''s next number. The caller counts it on the thread.';

-- source: sql/30_rules/82_settle_qualification.sql sha256:f7f1f23cf5c67cf826efcfbf05eedbbcfe72d30450fc9f44b6c600060a6aa781
create or replace function private.settle_qualification(thread private.threads, conversation public.conversations) returns text
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
    q public.qualifications;
    lead public.leads;
    house public.clients;
    config jsonb;
    made record;
    problem text;
    said text;
begin
    if not exists (
        select from public.qualifications as x
        where x.client_id = thread.client_id and x.lead_id = thread.lead_id and x.status in ('qualified', 'not_qualified') and x.settled_at is null
    ) then
        return null;
    end if;
    -- One thread of a lead at a time: the second finds it settled.
    select * into strict lead from public.leads as l where l.id = thread.lead_id for no key update;
    select * into q
    from public.qualifications as x
    where x.client_id = thread.client_id and x.lead_id = thread.lead_id and x.status in ('qualified', 'not_qualified') and x.settled_at is null
    order by x.created_at desc
    limit 1
    for no key update;
    if not found then
        return null;
    end if;
    config := (select r.config from public.renus_config as r where r.id = q.renus_config_id);
    select * into strict house from public.clients as k where k.id = thread.client_id;
    if q.status = 'not_qualified' then
        update public.qualifications as x set settled_at = private.now() where x.id = q.id;
        return nullif(btrim(config #>> '{qualification,said_when_not}'), '');
    end if;

    update public.leads as l set qualified_at = private.now() where l.id = lead.id;
    said := nullif(btrim(config #>> '{qualification,said_when_qualified}'), '');
    if not house.is_house or not coalesce(config ? 'conversion', false) then
        update public.qualifications as x set settled_at = private.now() where x.id = q.id;
        perform private.audit(q.client_id, 'lead_qualified', 'lead', q.lead_id, jsonb_build_object('qualification_id', q.id, 'score', q.score, 'threshold', q.threshold, 'turn_id', thread.lease));
        perform private.notify(thread.client_id, 'lead_qualified', null, format(
            '%s se qualificou na conversa, com %s pontos.', coalesce(lead.name, lead.phone, 'Um contato'), trim_scale(q.score)
        ), 'qualification ' || q.id);
        return said;
    end if;

    begin
        select * into made from private.convert_lead(q, thread.lease, config);
        problem := made.problem;
    exception
        when deadlock_detected or lock_not_available or query_canceled then
            raise;
        when others then
            -- The lead is owed its reply whatever is wrong with the template of a project.
            problem := left(sqlerrm, 300);
    end;
    if problem is not null then
        update public.qualifications as x set settled_at = private.now(), reason = 'Não virou cliente: ' || problem where x.id = q.id;
        perform private.audit(q.client_id, 'conversion_failed', 'lead', q.lead_id, jsonb_build_object('qualification_id', q.id, 'turn_id', thread.lease));
        perform private.notify(thread.client_id, 'person_needed', null, format(
            '%s se qualificou, mas o cadastro não pôde ser feito: %s.', coalesce(lead.name, lead.phone, 'Um contato'), rtrim(problem, '.')
        ), 'qualification ' || q.id);
        return 'Obrigado pelas respostas! Nossa equipe vai conferir os dados e entrar em contato com você para concluir o cadastro.';
    end if;
    update public.qualifications as x set settled_at = private.now() where x.id = q.id;
    -- This is what makes the agent speak as to a customer.
    update public.conversations as c set customer_client_id = (made.conversion).made_client_id where c.id = conversation.id;
    perform private.notify(thread.client_id, 'lead_converted', null, format(
        '%s virou cliente: %s.', coalesce(lead.name, lead.phone, 'Um contato'), k.company_name
    ), 'qualification ' || q.id)
    from public.clients as k where k.id = (made.conversion).made_client_id;
    return (
        select concat_ws(' ', coalesce(said, format('Pronto! O cadastro da empresa %s está feito.', k.company_name)), format(
            'Para entrar, crie sua conta com o e-mail %s%s.', m.email, coalesce(' em ' || nullif(btrim(private.setting('sign_up_url') #>> '{}'), ''), '')
        ))
        from public.clients as k
        join public.client_members as m on m.id = (made.conversion).member_id
        where k.id = (made.conversion).made_client_id
    );
end
$$;
comment on function private.settle_qualification(private.threads, public.conversations) is
'Carries out, in the commit of a turn, what a decided qualification leads to: a qualified lead of the house client becomes a client (private.convert_lead) and the conversation one with a customer; one of any other tenant is marked qualified and its owners are told. Never fails for what is wrong with the answers or the configuration: then the house''s owners are told. What the lead is told of it, or null. Once per qualification. Called under the thread''s lock.';

-- source: sql/30_rules/83_commit_turn.sql sha256:3bdf6ecd2d6ad87a0105d52f496160065ebad3be515b3159e33a8e0e622ab2c2
create or replace function private.commit_turn(result jsonb, visibility_s integer) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    t private.threads;
    interview public.interviews;
    reply text;
    kind public.delivery_kind;
    said_in_interview_id uuid;
    partial boolean;
    verdict jsonb := jsonb_build_object('thread_id', result -> 'thread_id', 'lease', result -> 'lease', 'task', null, 'delivery', null);
begin
    select * into t from private.threads as x where x.id = (result ->> 'thread_id')::uuid;
    -- It was paid for, whatever becomes of it.
    perform private.note_run(result);
    -- The late-comer first. The token decides, never the clock.
    if not found or t.lease is null or t.lease is distinct from (result ->> 'lease')::uuid then
        return verdict || private.committed_turn((result ->> 'lease')::uuid, t.id);
    end if;
    if not private.is_answered(t) then
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
        -- What its tools asked for is asked for again, or not, by the run that reads everything.
        delete from private.intents as n where n.turn_id = t.lease;
        perform pgmq.set_vt('high_priority', t.task_id, visibility_s);
        return verdict || jsonb_build_object('verdict', 'superseded', 'task', private.turn_task(t, 0));
    end if;
    partial := t.inbound_seq > t.lease_seq;

    if t.interview_id is not null then
        select * into strict interview from public.interviews as i where i.id = t.interview_id;
        said_in_interview_id := interview.id;
        select a.reply, a.kind into reply, kind from private.apply_proposal(interview, coalesce(result -> 'proposal', '{}')) as a;
    else
        select a.reply, a.kind, a.interview_id into reply, kind, said_in_interview_id from private.apply_conversation(t, coalesce(result -> 'proposal', '{}')) as a;
        delete from private.intents as n where n.turn_id = t.lease;
    end if;
    if kind = 'reply' and private.leaks_prompt(reply, private.prompts_of(t)) then
        reply := 'Desculpe, não consigo ajudar com isso. Posso ajudar em mais alguma coisa?';
    end if;

    insert into public.turns (
        id, client_id, thread_id, interview_id, conversation_id, status, from_seq, to_seq, attempt, reruns, graph, model,
        renus_config_id, renus_config_version, steps, proposal, input_tokens, output_tokens, started_at
    )
    values (
        t.lease, t.client_id, t.id, t.interview_id, t.conversation_id, case when partial then 'partial' else 'committed' end::public.turn_status,
        t.handled_seq, t.lease_seq, t.attempts, t.reruns, result ->> 'graph', result ->> 'model',
        t.agent_id, t.agent_version, coalesce(result -> 'steps', '[]'), result -> 'proposal',
        coalesce((result ->> 'input_tokens')::integer, 0), coalesce((result ->> 'output_tokens')::integer, 0), t.lease_began_at
    );
    update public.failed_tasks as f
    set status = 'resolved', resolved_at = now()
    where f.task_row_id = t.id and f.status <> 'resolved';

    -- Some messages want no word, a conversation's last "obrigado" say.
    if reply <> '' then
        perform private.say_reply(t, said_in_interview_id, t.conversation_id, kind, reply);
        t.last_seq := t.last_seq + 1;
    end if;

    if partial then
        update private.threads as x
        set last_seq = t.last_seq, handled_seq = x.lease_seq, lease = null, lease_until = null, attempts = 0, due_at = clock_timestamp(),
            waiting_since = clock_timestamp(), not_before = null
        where x.id = t.id;
        perform pgmq.set_vt('high_priority', t.task_id, 0);
    else
        update private.threads as x
        set last_seq = t.last_seq, handled_seq = x.lease_seq, lease = null, lease_until = null, attempts = 0, task_id = null, due_at = null,
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
'Commits one turn under its interview''s and thread''s locks: answers, interview or conversation, what its tools asked for, reply, delivery, task and lease in one transaction. What it used goes into the ledger, discarded or not. A stale lease writes nothing else; a commit repeated hears again what it said; newer input makes it superseded (same lease, run again) a bounded number of times, then it answers anyway and a further turn follows.';

-- source: sql/30_rules/83_committed_turn.sql sha256:990b3991e4df6d9bac1fd12d5c06913db0b7dffd3ea33ea6646a72e4b813609b
create or replace function private.committed_turn(lease uuid, thread_id uuid) returns jsonb
language sql stable security definer set search_path = ''
as $$
    -- The answer to a commit may get lost on its way. Then nobody would send the reply that it has claimed, until the claim lapses.
    select coalesce((
        select jsonb_build_object('verdict', t.status, 'delivery', (
            select private.delivery_task(d)
            from public.deliveries as d
            where d.thread_id = t.thread_id and d.status = 'sending' and d.attempts = 1 and d.due_at > private.now() and t.id::text = coalesce(
                (select m.metadata ->> 'turn_id' from public.interview_messages as m where m.id = d.message_id and m."timestamp" >= t.started_at),
                (select m.metadata ->> 'turn_id' from public.messages as m where m.id = d.message_id and m."timestamp" >= t.started_at)
            )
        ))
        from public.turns as t
        where t.id = committed_turn.lease and t.thread_id = committed_turn.thread_id and t.status in ('committed', 'partial')
    ), '{"verdict": "stale"}');
$$;
comment on function private.committed_turn(uuid, uuid) is
'What a commit under this lease said, for a caller that asks again: its verdict, and its reply''s delivery while that is still to be sent under the same claim. stale: nothing was committed under it. Read-only.';

-- source: sql/30_rules/86_admit_direct.sql sha256:b0a4fb96bb4fb3f7920b1944a508b575327b5df99c1bc53e920622e35036a27e
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
    -- Whoever writes in a conversation has it: an agent that goes on beside a person would talk over them.
    if writer = 'authenticated' and d.interview_id is null then
        perform private.hand_over(d.thread_id, 'a person wrote', private.current_profile_id());
        update public.conversations as c set person_wrote_at = private.now()
        from private.threads as t
        where t.id = d.thread_id and c.id = t.conversation_id;
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
            cross join lateral private.reply_refusal(k.agent_type, private.words_of(d.content)) as r (reason)
            where r.reason is not null
            limit 1
        );
        v.verdict := case when v.reason is null then 'go' else 'cancel' end;
    end if;
    if v.verdict = 'wait' then
        raise exception '%', v.reason using errcode = '42501', hint = format('It may be sent from %s on.', to_char(v.until at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'));
    elsif v.verdict = 'cancel' and v.reason like 'free text is outside %' then
        raise exception '%', v.reason using errcode = '42501', hint = 'Send {"type": "template", "name": an approved one} as content, or answer once the lead has written.';
    elsif v.verdict = 'cancel' then
        raise exception '%', v.reason using errcode = '42501';
    end if;
    return d;
end
$$;
comment on function private.admit_direct(public.deliveries, text) is
'A delivery that somebody writes directly, in its place; raises 42501 with the rule that speaks against sending it now. writer: the role that writes. Refuses nothing that row level security refuses anyway.';

-- source: sql/30_rules/86_follow_echo.sql sha256:3fea5bf6eaac3c71c46ce20bdca0398b35d3a36f017ade6d82ff90cb011e04d0
create or replace function private.follow_echo(account_id uuid, event jsonb) returns boolean
language plpgsql security definer set search_path = ''
as $$
declare
    t private.threads;
    interview public.interviews;
    dialogue_id uuid;
begin
    select x.* into t
    from public.channel_accounts as a
    join private.threads as x on x.client_id = a.client_id and x.channel_account_id = a.id and x.lead_id = private.lead_of_sender(a.client_id, event -> 'sender')
    where a.id = follow_echo.account_id;
    -- Gateways repeat what we sent ourselves, sometimes before they answered the send: then its text knows it.
    if not found or exists (
        select from public.deliveries as d
        where d.channel_account_id = follow_echo.account_id and d.provider_message_id = event #>> '{echo,message_id}'
    ) or exists (
        select from public.deliveries as d
        where d.client_id = t.client_id and d.thread_id = t.id and d.begun_at > private.now() - interval '10 minutes'
            and d.status in ('sending', 'unknown', 'sent', 'delivered', 'read') and strpos(d.content ->> 'text', btrim(event #>> '{echo,text}')) > 0
    ) then
        return false;
    end if;
    select * into interview from public.interviews as i where i.id = t.interview_id;
    if interview.status = 'pending' then
        -- Only invited: a word from the shop is no end of that.
        insert into public.interview_messages (interview_id, role, content, metadata, client_id, seq)
        values (
            t.interview_id, 'assistant', coalesce(event #>> '{echo,text}', ''),
            jsonb_build_object('type', event #> '{echo,type}', 'provider_id', event #> '{echo,message_id}', 'written_by', 'phone'), t.client_id, t.last_seq + 1
        );
    else
        dialogue_id := private.hand_over(t.id, 'a person wrote from the telephone');
        insert into public.messages (conversation_id, role, content, channel, metadata, client_id, seq)
        select dialogue_id, 'assistant', coalesce(event #>> '{echo,text}', ''), a.channel,
            jsonb_build_object('type', event #> '{echo,type}', 'provider_id', event #> '{echo,message_id}', 'written_by', 'phone'), t.client_id, t.last_seq + 1
        from public.channel_accounts as a
        where a.id = t.channel_account_id;
        update public.conversations as c set person_wrote_at = private.now(), last_message_at = clock_timestamp() where c.id = dialogue_id;
    end if;
    update private.threads as x set last_seq = t.last_seq + 1 where x.id = t.id;
    return true;
end
$$;
comment on function private.follow_echo(uuid, jsonb) is
'Somebody wrote to a lead on the account''s own telephone: the message stands in the dialogue, and the person has it from now on. false where the lead has no thread there or the message is one that we sent. The caller holds the locks of the thread and its interview.';

-- source: sql/30_rules/87_ingest_messages.sql sha256:9d9ee36e04f8a49c3577ea0a92d98fa453b9b22039c794cc594f879f44fd42a9
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
        -- Whom a person left alone for long enough, the agent answers again.
        perform private.hand_back(c.id)
        from jsonb_to_recordset(items) as x (thread_id uuid)
        join private.threads as t on t.id = x.thread_id
        join public.conversations as c on c.id = t.conversation_id
        where c.handed_over_at is not null
            and greatest(c.handed_over_at, c.person_wrote_at) < private.now() - make_interval(hours => private.setting_int('handover_hours'));
        insert into public.messages (conversation_id, role, content, channel, metadata, client_id, seq, provider_timestamp)
        select t.conversation_id, 'user', coalesce(x.event #>> '{message,text}', ''), a.channel, private.message_metadata(x.event), t.client_id,
            t.last_seq + row_number() over (partition by t.id order by x.ord), (x.event ->> 'occurred_at')::timestamptz
        from jsonb_to_recordset(items) as x (ord bigint, thread_id uuid, event jsonb)
        join private.threads as t on t.id = x.thread_id
        join public.channel_accounts as a on a.id = t.channel_account_id
        where t.interview_id is null and t.conversation_id is not null
        order by x.ord;
        select count(*) into more
        from jsonb_to_recordset(items) as x (thread_id uuid)
        join private.threads as t on t.id = x.thread_id
        where t.interview_id is null;
        update public.conversations as c
        set last_message_at = clock_timestamp()
        where c.id in (
            select t.conversation_id from jsonb_to_recordset(items) as x (thread_id uuid) join private.threads as t on t.id = x.thread_id where t.interview_id is null
        );
        -- Whoever answers a reminder by the channel that brought it is reminded no more.
        perform private.stop_reminders(o.client_id, o.interview_id, 'the lead answered', false)
        from private.threads as o
        where o.interview_id is not null and exists (
            select from jsonb_to_recordset(items) as x (thread_id uuid)
            join private.threads as t on t.id = x.thread_id
            join public.deliveries as d on d.client_id = o.client_id and d.interview_id = o.interview_id and d.channel_account_id = t.channel_account_id
            where t.client_id = o.client_id and t.lead_id = o.lead_id and t.interview_id is null
                and d.kind = 'reminder' and d.status in ('sent', 'delivered', 'read')
        ) and (o.client_id, o.lead_id) in (
            select t.client_id, t.lead_id from jsonb_to_recordset(items) as x (thread_id uuid) join private.threads as t on t.id = x.thread_id
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
        -- That was the answer.
        perform private.drop_turn(t.id) from private.threads as t where t.id = any (leaving) and t.interview_id is null;
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

-- source: sql/30_rules/93_begin_reports.sql sha256:55c9cbe38c7de1c33fd540dc17837d5e55392e2eb89a946263f93476a98165d6
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
                    'statistics', figures
                -- The figures are worth having at once: where a budget pauses the dialogues, its reports are written offline.
                ) || private.models_of(g.config, case when private.budget_verdict(r.client_id, r.project_id) <> 'go' then 'degrade' end)
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

-- source: sql/30_rules/96_notification_words.sql sha256:1e69db8b818b147c7a5142d9a4b4ce5184a5145a92f694cc7a306c3ca92f5c1e
create or replace function private.notification_words(event text, out title text, out one text, out many text, out urgent boolean)
language sql immutable set search_path = ''
as $$
    select coalesce(w.title, 'Aviso'), coalesce(w.one, 'outro aviso'), coalesce(w.many, 'outros avisos'), coalesce(w.urgent, false)
    from (select notification_words.event as event) as asked
    left join (values
        ('interview_completed', 'Entrevista concluída', 'entrevista concluída', 'entrevistas concluídas', false),
        ('project_completed', 'Pesquisa encerrada', 'pesquisa encerrada', 'pesquisas encerradas', false),
        ('person_needed', 'Um contato precisa de atendimento', 'contato precisa de atendimento', 'contatos precisam de atendimento', true),
        ('lead_qualified', 'Um contato se qualificou', 'contato qualificado', 'contatos qualificados', false),
        ('lead_converted', 'Um contato virou cliente', 'contato virou cliente', 'contatos viraram clientes', false),
        ('callback_requested', 'Retorno agendado', 'retorno agendado', 'retornos agendados', false),
        ('callback_due', 'Está na hora de um retorno', 'retorno para agora', 'retornos para agora', true),
        ('account_stopped', 'Um canal de envio parou', 'canal de envio parado', 'canais de envio parados', true),
        ('template_stopped', 'Um modelo de mensagem parou', 'modelo de mensagem parado', 'modelos de mensagem parados', false),
        ('budget_warning', 'Um orçamento está perto do fim', 'orçamento perto do fim', 'orçamentos perto do fim', false),
        ('budget_reached', 'Um orçamento se esgotou', 'orçamento esgotado', 'orçamentos esgotados', true),
        ('task_failed', 'Há envios ou tarefas que falharam', 'aviso de falha', 'avisos de falha', false)
    ) as w (event, title, one, many, urgent) on w.event = asked.event;
$$;
comment on function private.notification_words(text) is
'How an event is spoken of: the title of an e-mail, one of it and many of it after a number, and whether it is told at once, never gathered with others.';

-- source: sql/30_rules/96_notifications_of_lead.sql sha256:62598900ed9d79a31e2413f132d77bbbfe17b9099dd9e62f193534069c98a193
create or replace function private.notifications_of_lead(lead_id uuid) returns setof public.notifications
language sql stable security definer set search_path = ''
as $$
    with l as materialized (
        select x.client_id, x.id from public.leads as x where x.id = notifications_of_lead.lead_id
    )
    select n.*
    from public.notifications as n
    join l on n.client_id = l.client_id
    where n.interview_id in (select i.id from public.interviews as i where i.client_id = l.client_id and i.lead_id = l.id)
        -- Without an interview, the subject says what it is about: a word, an id, perhaps more.
        or (n.interview_id is null and split_part(n.subject, ' ', 2) in (
            select l.id::text
            union all
            select c.id::text from public.conversations as c where c.client_id = l.client_id and c.lead_id = l.id
            union all
            select b.id::text from public.callbacks as b where b.client_id = l.client_id and b.lead_id = l.id
            union all
            select q.id::text from public.qualifications as q where q.client_id = l.client_id and q.lead_id = l.id
        ));
$$;
comment on function private.notifications_of_lead(uuid) is 'What a client''s people were told, or are to be told, about a lead: of its interviews, replies, conversations, callbacks and qualifications.';

-- source: sql/30_rules/97_count_spendings.sql sha256:0edd7b981423d5ad31a894af6b38bfac3f154c3e9cd05539e4eed3b5697d5f1f
create or replace function private.count_spendings() returns void
language plpgsql security definer set search_path = ''
as $$
declare
    month timestamptz := date_trunc('month', private.now() at time zone 'America/Sao_Paulo') at time zone 'America/Sao_Paulo';
begin
    -- A month that has ended is counted no further; the new one is counted from the ledger.
    update public.budgets as b set period_began = null where b.period = 'month' and b.period_began <> month;
    with
    noted as (delete from private.spendings as s returning s.client_id, s.project_id, s.currency, s.amount, s.occurred_at),
    counted as (
        select b.id, sum(n.amount) as amount
        from noted as n
        join public.budgets as b on b.client_id = n.client_id and (b.project_id is null or b.project_id = n.project_id) and b.currency = n.currency
            and n.occurred_at >= b.period_began
        group by b.id
    )
    update public.budgets as b set spent = b.spent + c.amount from counted as c where b.id = c.id;
    -- A new budget, a changed one, a new month: all that the ledger has, without what is noted and comes with the next sweep. One statement,
    -- so that it sees either both rows of a commit or none.
    update public.budgets as b
    set period_began = s.began, spent = s.spent, told = 'open'
    from (
        select x.id, p.began, coalesce((
            select sum(u.amount) from public.usage as u
            where u.client_id = x.client_id and (x.project_id is null or u.project_id = x.project_id) and u.currency = x.currency and u.occurred_at >= p.began
        ), 0) - coalesce((
            select sum(n.amount) from private.spendings as n
            where n.client_id = x.client_id and (x.project_id is null or n.project_id = x.project_id) and n.currency = x.currency and n.occurred_at >= p.began
        ), 0) as spent
        from public.budgets as x
        cross join lateral (select case x.period when 'month' then month else 'epoch' end as began) as p
        where x.period_began is null
    ) as s
    where b.id = s.id;
    update public.budgets as b
    set state = private.budget_state(b.spent, b.amount, b.warn_at_percent)
    where b.state <> private.budget_state(b.spent, b.amount, b.warn_at_percent);
    perform private.tell_of_budgets();
end
$$;
comment on function private.count_spendings() is
'Adds what the ledger got since the last time to the budgets, begins new months (in São Paulo), and tells owners. Run by the sweep, one at a time: so that commits only insert notes and never meet on a budget''s row.';

-- source: sql/30_rules/97_erase_lead.sql sha256:f3ef1409f2a6dde8794d0b7fd3f0631f629cf187bff350b71580dea3e3a04a72
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
    -- What is under way, too: its sender has it, and whatever comes of it, nothing but a goodbye goes to this lead any more.
    update public.deliveries as d
    set content = jsonb_build_object('type', d.content -> 'type', 'text', ''), error = d.error - 'message',
        reason = case when strpos(d.reason, d.error ->> 'message') > 0 then coalesce(d.error ->> 'code', 'the provider''s words were erased') else d.reason end
    where d.client_id = l.client_id and d.lead_id = l.id and (d.kind <> 'goodbye' or d.status not in ('queued', 'deferred', 'sending', 'unknown'));
    update public.reminders as r
    set reason = 'the lead''s data was erased'
    from public.interviews as i
    where i.client_id = l.client_id and i.lead_id = l.id and r.client_id = l.client_id and r.interview_id = i.id and r.delivery_id is not null and r.reason is not null;
    update public.failed_tasks as f
    set error = f.error - 'message'
    where f.client_id = l.client_id and f.error ? 'message' and f.task_row_id in (
        select d.id from public.deliveries as d where d.client_id = l.client_id and d.lead_id = l.id
        union all
        select t.id from private.threads as t where t.client_id = l.client_id and t.lead_id = l.id
        union all
        select m.id from public.media as m where m.client_id = l.client_id and m.lead_id = l.id
    );

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
    -- Then what no message was made of, and what mail providers say: they name the address in every item.
    update public.webhook_events as e
    set payload = '{}'
    where e.client_id = l.client_id and e.payload <> '{}'
        and (
            e.outcome in ('kept', 'preference', 'unrouted')
            or e.channel_account_id in (select a.id from public.channel_accounts as a where a.client_id = l.client_id and a.channel = 'email')
        )
        and exists (
            select from (
                select i.value from public.lead_identities as i where i.client_id = l.client_id and i.lead_id = l.id
                union all
                values (substr(l.phone, 2)), (l.email)
            ) as known (value)
            where char_length(known.value) >= 6 and strpos(lower(e.payload::text), lower(known.value)) > 0
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
    -- What agents kept of it, asked for and were told in conversations. A conversion stays: its client is its own.
    update public.conversations as c set memory = '{}', summary = null, handed_over_reason = case when c.handed_over_reason is not null then 'os dados foram apagados' end
    where c.client_id = l.client_id and c.lead_id = l.id;
    update public.tool_calls as t
    set arguments = '{}', result = case when t.result is not null then '{}'::jsonb end, error = case when t.error is not null then 'erased' end
    where t.client_id = l.client_id and t.lead_id = l.id;
    update public.callbacks as b set note = null, status = case b.status when 'open' then 'cancelled' else b.status end where b.client_id = l.client_id and b.lead_id = l.id;
    update public.qualifications as q
    set proposed = '{}', problems = '{}', answers = '{}', settled_at = coalesce(q.settled_at, q.decided_at),
        reason = case when q.reason is not null then 'os dados foram apagados' end
    where q.client_id = l.client_id and q.lead_id = l.id;
    delete from private.intents as n where n.client_id = l.client_id and n.lead_id = l.id;

    -- What was made of it: the interview's report goes, the project's is written anew, the news of it lose its name.
    delete from public.reports as r using public.interviews as i where i.client_id = l.client_id and i.lead_id = l.id and r.interview_id = i.id;
    insert into private.project_changes (project_id) select distinct i.project_id from public.interviews as i where i.client_id = l.client_id and i.lead_id = l.id;
    -- Every attempt at telling it, the house client's too.
    update public.notifications as n
    set status = 'skipped', reason = 'the lead''s data was erased'
    where n.id in (select t.id from private.notifications_of_lead(l.id) as t where t.status = 'queued' and t.delivery_id is null);
    update public.deliveries as d
    set content = jsonb_build_object('type', d.content -> 'type', 'text', '')
    from private.notifications_of_lead(l.id) as n
    cross join jsonb_array_elements(n.attempts) as a (v)
    where d.id = (a.v ->> 'delivery_id')::uuid and d.status not in ('queued', 'deferred', 'sending', 'unknown');
    update public.messages as m
    set content = 'Dados apagados.'
    from private.notifications_of_lead(l.id) as n
    cross join jsonb_array_elements(n.attempts) as a (v)
    join public.deliveries as d on d.id = (a.v ->> 'delivery_id')::uuid
    where m.client_id = d.client_id and m.id = d.message_id;
    update public.notifications as n set text = 'Dados apagados.' where n.id in (select t.id from private.notifications_of_lead(l.id) as t);

    -- Files not fetched yet are never fetched, nor is one under way taken, nor a dead one replayed. Those in Storage can be removed through its API
    -- only: storage_path stays to find them by, and Storage's policy shows them to nobody.
    update public.media as m
    set file_name = null, provider_url = null
    where m.client_id = l.client_id and m.lead_id = l.id;
    perform private.end_media(m.id, 'expired', '{"code": "erased", "message": "the lead''s data was erased"}')
    from public.media as m
    where m.client_id = l.client_id and m.lead_id = l.id and m.status in ('waiting', 'failed');
end
$$;
comment on function private.erase_lead(uuid) is
'Erases what a client knows of a lead: name, e-mail address, metadata, what was said and answered, and what was made of it. Its number and ids stay so that it is not written to again; figures without it are made anew. Idempotent.';

-- source: sql/30_rules/97_isa_admin.sql sha256:72a3f9d7f55455859d219d085f46bd5bb11715c26fe3624197bac90e162cf7e3
create or replace function private.isa_admin() returns uuid
language plpgsql stable set search_path = ''
as $$
begin
    if not private.is_admin() then
        raise exception 'only an admin commands ISA' using errcode = '42501';
    end if;
    return private.current_profile_id();
end
$$;
comment on function private.isa_admin() is 'The admin who asks; raises 42501 for everybody else. What each of ISA''s RPCs begins with.';

-- source: sql/30_rules/97_isa_name_of.sql sha256:60aac781ba6fdec4795c1cc317efe7287a1da5bc29471d536996f9b197b5a53b
create or replace function private.isa_name_of(project public.projects) returns text
language sql immutable set search_path = ''
as $$
    select format('%s “%s”', case project.type when 'survey' then 'a pesquisa' when 'campaign' then 'a campanha' else 'o atendimento' end, project.name);
$$;
comment on function private.isa_name_of(public.projects) is 'A project in Portuguese words, with its article.';

-- source: sql/30_rules/97_isa_word.sql sha256:0dbd95dee225bbf2d269cfaed34f90fd6cc51ead4376f466f78ab09e0bf5bbde
create or replace function private.isa_word(status text) returns text
language sql immutable set search_path = ''
as $$
    select case isa_word.status
        when 'draft' then 'rascunho'
        when 'active' then 'em andamento'
        when 'paused' then 'em pausa'
        when 'completed' then 'concluída'
        when 'cancelled' then 'cancelada'
        when 'in_progress' then 'em andamento'
        when 'pending' then 'pendente'
        else isa_word.status
    end;
$$;
comment on function private.isa_word(text) is 'The status of a project or an interview in Portuguese.';

-- source: sql/30_rules/97_release_threads.sql sha256:e16ffa52a01a51fa4d8feb31f910ffdfb781b3b7f1cf2909edb73405c53c4ac6
create or replace function private.release_threads() returns integer
language plpgsql security definer set search_path = ''
as $$
declare
    item record;
    released integer := 0;
    these integer;
begin
    -- Clients whose budget for everything is still used up are the common case, and cost one look each.
    for item in
        select distinct t.client_id from private.threads as t where t.held and private.budget_verdict(t.client_id, null) <> 'pause' order by t.client_id
    loop
        with free as (
            select t.id
            from private.threads as t
            where t.client_id = item.client_id and t.held
                and not exists (
                    select from public.budgets as b
                    where b.client_id = t.client_id and b.state = 'reached' and b.on_reached = 'pause' and b.project_id = private.project_of(t)
                )
            order by t.id
            for no key update of t skip locked
        )
        update private.threads as t
        set held = false,
            due_at = case when t.task_id is null and t.inbound_seq > t.handled_seq then clock_timestamp() else t.due_at end,
            -- A reply is not late for what it had to wait.
            waiting_since = case when t.task_id is null and t.inbound_seq > t.handled_seq then clock_timestamp() else t.waiting_since end
        from free as f
        where t.id = f.id;
        get diagnostics these = row_count;
        released := released + these;
    end loop;
    return released;
end
$$;
comment on function private.release_threads() is
'Has the turns that were held because a budget was used up wait for admission again, where none is any more: raised, its action changed, deleted, its month over. Never waits for a lock. Run by the sweep. Returns how many.';

-- source: sql/30_rules/97_tell_of_budgets.sql sha256:3a747e195fd544dc1fc7ee3b0bb1ee2bd8dc4aff690b43a6de433f0326ac548b
create or replace function private.tell_of_budgets() returns void
language plpgsql security definer set search_path = ''
as $$
declare
    item record;
    about text;
begin
    for item in
        select b.*, p.name as project
        from public.budgets as b
        left join public.projects as p on p.id = b.project_id
        where b.state > b.told and b.period_began is not null
        order by b.id
    loop
        about := case when item.project is null then 'O orçamento da empresa' else format('O orçamento da pesquisa "%s"', item.project) end
            || case item.period when 'month' then ' para este mês' else '' end;
        about := case item.state
            when 'reached' then format('%s se esgotou: %s de %s. ', about, private.money_text(item.spent, item.currency), private.money_text(item.amount, item.currency))
                || case item.on_reached
                    when 'pause' then 'Respostas, convites e lembretes esperam até que ele seja aumentado' || case item.period when 'month' then ' ou o mês vire.' else '.' end
                    else 'Até que ele seja aumentado' || case item.period when 'month' then ' ou o mês vire' else '' end || ', quem responde é o modelo básico, que não tem custo.'
                end
            else format('%s já passou de %s%%: %s de %s.', about, item.warn_at_percent, private.money_text(item.spent, item.currency), private.money_text(item.amount, item.currency))
        end;
        perform private.notify(
            item.client_id, case item.state when 'reached' then 'budget_reached' else 'budget_warning' end, null, about,
            format('%s %s %s', item.id, item.amount, to_char(item.period_began at time zone 'America/Sao_Paulo', 'YYYY-MM-DD'))
        );
        update public.budgets as b set told = item.state where b.id = item.id;
    end loop;
end
$$;
comment on function private.tell_of_budgets() is
'Notes for the clients'' owners that a budget is nearly or wholly used up: once for each, of one amount in one period. Run by private.count_spendings. Idempotent.';

-- source: sql/30_rules/97_tell_of_callbacks.sql sha256:8321e823ca90a74f4182916309433ff04e29d8691f9bf59db59ba9c7429ee165
create or replace function private.tell_of_callbacks() returns integer
language plpgsql security definer set search_path = ''
as $$
declare
    b public.callbacks;
    told integer := 0;
begin
    for b in
        select x.* from public.callbacks as x
        where x.status = 'open' and x.told_at is null and x.due_at <= private.now()
        order by x.id
        limit 100
        for update skip locked
    loop
        perform private.notify(b.client_id, 'callback_due', null, (
            select format('Está na hora de retornar para %s%s.', coalesce(l.name, l.phone, 'um contato'), coalesce(': ' || rtrim(b.note, '.'), ''))
            from public.leads as l where l.id = b.lead_id
        ), 'callback ' || b.id || ' ' || b.due_at);
        update public.callbacks as x set told_at = private.now() where x.id = b.id;
        told := told + 1;
    end loop;
    return told;
end
$$;
comment on function private.tell_of_callbacks() is 'Has the owners told of callbacks that are due, each once for each time it was set to. Returns how many. Called by the sweep.';

-- source: sql/30_rules/98_do_isa_act.sql sha256:00491787cd96952daf829ddf1d7d5d3dd64f9bdc809e94ba2a6256b265bf150a
create or replace function private.do_isa_act(act jsonb) returns jsonb
language plpgsql set search_path = ''
as $$
declare
    kind text := act ->> 'act';
    failed_task_id uuid;
    dead integer := 0;
    replayed integer := 0;
    resolved integer := 0;
    answer jsonb;
    task public.failed_tasks;
    done boolean;
    told text;
begin
    -- SECURITY: as the caller, by id: row level security, grants and triggers hold as for any request of that person's. Each statement names the
    -- state that was shown: where the world has changed meanwhile, nothing is changed.
    case kind
        when 'pause_project' then
            update public.projects as p set status = 'paused' where p.id = (act ->> 'project_id')::uuid and p.status = 'active';
            done := found;
            told := format(case when done then '“%s” está em pausa.' else '“%s” não estava mais em andamento: nada mudou.' end, act ->> 'name');
        when 'resume_project' then
            update public.projects as p set status = 'active' where p.id = (act ->> 'project_id')::uuid and p.status = 'paused';
            done := found;
            told := format(case when done then '“%s” está em andamento outra vez.' else '“%s” não estava mais em pausa: nada mudou.' end, act ->> 'name');
        when 'block_lead' then
            update public.leads as l set status = 'blocked' where l.id = (act ->> 'lead_id')::uuid and l.status <> 'blocked';
            done := found;
            told := format(case when done then 'O lead %s está bloqueado.' else 'O lead %s já estava bloqueado, ou não existe mais: nada mudou.' end, coalesce(act ->> 'name', act ->> 'phone'));
        when 'unblock_lead' then
            update public.leads as l set status = 'active' where l.id = (act ->> 'lead_id')::uuid and l.status = 'blocked';
            done := found;
            told := format(case when done then 'O lead %s está desbloqueado.' else 'O lead %s não estava mais bloqueado: nada mudou.' end, coalesce(act ->> 'name', act ->> 'phone'));
        when 'cancel_interview' then
            update public.interviews as i set status = 'cancelled' where i.id = (act ->> 'interview_id')::uuid and i.status in ('pending', 'in_progress');
            done := found;
            told := format(case when done then 'A entrevista de %s está cancelada.' else 'A entrevista de %s já tinha terminado: nada mudou.' end, coalesce(act ->> 'name', act ->> 'phone'));
        when 'suspend_client' then
            update public.clients as c set status = 'suspended' where c.id = (act ->> 'client_id')::uuid and c.status <> 'suspended' and not c.is_house;
            done := found;
            told := format(case when done then 'O cliente “%s” está suspenso.' else 'O cliente “%s” já estava suspenso: nada mudou.' end, act ->> 'name');
        when 'reactivate_client' then
            update public.clients as c set status = 'active' where c.id = (act ->> 'client_id')::uuid and c.status <> 'active';
            done := found;
            told := format(case when done then 'O cliente “%s” está ativo.' else 'O cliente “%s” já estava ativo: nada mudou.' end, act ->> 'name');
        when 'resend_invitation' then
            answer := public.resend_invitation((act ->> 'interview_id')::uuid);
            done := answer ->> 'outcome' in ('queued', 'deferred');
            told := case answer ->> 'outcome'
                when 'queued' then format('O convite de %s vai sair de novo agora.', coalesce(act ->> 'name', act ->> 'phone'))
                when 'deferred' then format(
                    'O convite de %s sai de novo em %s (%s).', coalesce(act ->> 'name', act ->> 'phone'),
                    to_char((answer ->> 'due_at')::timestamptz at time zone 'America/Sao_Paulo', 'DD/MM "às" HH24:MI'), answer ->> 'reason'
                )
                when 'none' then format('Não há mais convite a reenviar a %s: a entrevista já começou ou terminou, ou o projeto não está em andamento. Nada mudou.', coalesce(act ->> 'name', act ->> 'phone'))
                else format('O convite de %s já espera para sair: nenhum outro foi feito.', coalesce(act ->> 'name', act ->> 'phone'))
            end;
        when 'replay_failed_tasks' then
            for failed_task_id in
                select f.id from public.failed_tasks as f
                where f.id in (select v.id::uuid from jsonb_array_elements_text(act -> 'failed_task_ids') as v (id)) and f.status = 'dead'
                order by f.created_at, f.id
            loop
                task := public.replay_failed_task(failed_task_id);
                dead := dead + 1;
                replayed := replayed + (task.status = 'replayed')::integer;
                resolved := resolved + (task.status = 'resolved')::integer;
            end loop;
            done := dead > 0;
            told := case
                when not done then 'Nenhuma dessas tarefas estava mais na fila de falhas: nada mudou.'
                else format('Tarefas de volta à fila: %s.', replayed) || case when resolved > 0 then format(' Sem nada mais a fazer: %s.', resolved) else '' end
            end;
        else
            raise exception 'ISA knows no act %', coalesce(quote_literal(left(kind, 50)), 'without a name') using errcode = '22023';
    end case;
    return jsonb_build_object('act', kind, 'done', done, 'text', told);
end
$$;
comment on function private.do_isa_act(jsonb) is
'Does one act of a confirmed plan, under the caller''s own rights, and says in Portuguese what came of it: {"act", "done", "text"}; done is false where the world had changed and nothing was. Raises what the rules raise.';

-- source: sql/30_rules/98_issue_isa_token.sql sha256:b8e37cb56a15541e89ff1a255fdfa3d064c3077082fd1f5b9a3f182b3c3bcb62
create or replace function private.issue_isa_token(command_id uuid, plan jsonb, out token text, out expires_at timestamptz)
language plpgsql security definer set search_path = ''
as $$
begin
    -- Two random uuids: 244 bits that nobody guesses, and of which only the hash is kept.
    token := replace(concat(gen_random_uuid(), gen_random_uuid()), '-', '');
    insert into private.isa_tokens as t (command_id, admin_id, token_hash, plan, expires_at)
    select c.id, c.admin_id, sha256(convert_to(issue_isa_token.token, 'UTF8')), issue_isa_token.plan, clock_timestamp() + interval '5 minutes'
    from public.isa_commands as c
    where c.id = issue_isa_token.command_id and c.admin_id = private.isa_admin() and c.executed_at is null
    on conflict on constraint isa_tokens_pkey do update
    set token_hash = excluded.token_hash, plan = excluded.plan, expires_at = excluded.expires_at
    where t.used_at is null
    returning t.expires_at into expires_at;
    if not found then
        raise exception 'there is no such open command of yours' using errcode = 'PT403';
    end if;
end
$$;
comment on function private.issue_isa_token(uuid, jsonb, out text, out timestamptz) is
'A confirmation token for the plan of one of the caller''s own commands, good for five minutes by the database''s clock; an earlier one of the same command is void.';

-- source: sql/30_rules/98_note_isa_result.sql sha256:c8c25b03bd32c51fd47cecb66c049fd446df46099c85cc3497e71a184b9641a4
create or replace function private.note_isa_result(command_id uuid, result jsonb, target_type public.isa_target_type, target_id uuid, executed boolean)
returns void
language sql security definer set search_path = ''
as $$
    -- SECURITY: admins may add commands, not change them. This writes what came of the caller's own, and not again once it is done.
    update public.isa_commands as c
    set result = note_isa_result.result, target_type = note_isa_result.target_type, target_id = note_isa_result.target_id,
        executed_at = case when note_isa_result.executed then clock_timestamp() end
    where c.id = note_isa_result.command_id and c.admin_id = private.isa_admin() and c.executed_at is null;
$$;
comment on function private.note_isa_result(uuid, jsonb, public.isa_target_type, uuid, boolean) is
'Writes what came of a command of the caller''s own into its row, and that it is done; what is done stays as it is.';

-- source: sql/30_rules/98_plan_isa_act.sql sha256:4d85b51e4ed038bb019f50b48eeaa7fa42046720bff2ffc55ff656dda5f741ae
create or replace function private.plan_isa_act(act jsonb) returns jsonb
language plpgsql stable set search_path = ''
as $$
declare
    kind text := act ->> 'act';
    c public.clients;
    p public.projects;
    l public.leads;
    i public.interviews;
    who text;
    ids uuid[];
    n integer;
    problem text;
    told text;
begin
    -- Everything is read under the caller's own rights, and what is planned is kept by id: what is shown is what will be done.
    if kind in ('pause_project', 'resume_project') then
        select * into p from public.projects as x where x.id = (act ->> 'project_id')::uuid;
        select * into c from public.clients as x where x.id = p.client_id;
        problem := case
            when p.id is null then 'Não encontrei esse projeto.'
            when kind = 'pause_project' and p.status <> 'active' then format('%s, de %s, não está em andamento (%s).', private.isa_name_of(p), c.company_name, private.isa_word(p.status::text))
            when kind = 'resume_project' and p.status = 'active' then format('%s, de %s, já está em andamento.', private.isa_name_of(p), c.company_name)
            when kind = 'resume_project' and p.status <> 'paused' then format('%s, de %s, não está em pausa (%s).', private.isa_name_of(p), c.company_name, private.isa_word(p.status::text))
        end;
        select count(*) into n from public.interviews as x where x.project_id = p.id and x.status = 'pending' and x.invited_at is null;
        told := format(case kind when 'pause_project' then 'pausar %s, de %s' else 'retomar %s, de %s' end, private.isa_name_of(p), c.company_name)
            || case
                when n = 0 then ''
                when kind = 'pause_project' then format(' (convites que ficam esperando: %s)', n)
                else format(' (convites que voltam a sair: %s)', n)
            end;
        act := jsonb_build_object('act', kind, 'project_id', p.id, 'name', p.name, 'client_id', c.id, 'client', c.company_name, 'target_type', 'client', 'target_id', c.id);

    elsif kind in ('block_lead', 'unblock_lead') then
        select * into l from public.leads as x where x.id = (act ->> 'lead_id')::uuid;
        select * into c from public.clients as x where x.id = l.client_id;
        who := concat_ws(', ', l.name, l.phone, c.company_name);
        problem := case
            when l.id is null then 'Não encontrei esse lead.'
            when kind = 'block_lead' and l.status = 'blocked' then format('O lead %s já está bloqueado.', who)
            when kind = 'unblock_lead' and l.status <> 'blocked' then format('O lead %s não está bloqueado.', who)
        end;
        told := format(case kind when 'block_lead' then 'bloquear o lead %s' else 'desbloquear o lead %s' end, who)
            || case when kind = 'unblock_lead' and l.opted_out_at is not null then ' (que continua descadastrado)' else '' end;
        act := jsonb_build_object('act', kind, 'lead_id', l.id, 'name', l.name, 'phone', l.phone, 'client_id', c.id, 'client', c.company_name, 'target_type', 'lead', 'target_id', l.id);

    elsif kind in ('resend_invitation', 'cancel_interview') then
        select * into i from public.interviews as x where x.id = (act ->> 'interview_id')::uuid;
        select * into l from public.leads as x where x.id = i.lead_id;
        select * into p from public.projects as x where x.id = i.project_id;
        select * into c from public.clients as x where x.id = i.client_id;
        who := concat_ws(', ', l.name, l.phone);
        problem := case
            when i.id is null then 'Não encontrei essa entrevista.'
            when kind = 'cancel_interview' and i.status not in ('pending', 'in_progress')
                then format('A entrevista de %s (%s) já terminou: %s.', who, p.name, private.isa_word(i.status::text))
            when kind = 'resend_invitation' and i.status <> 'pending'
                then format('A entrevista de %s (%s) não espera mais resposta ao convite: %s.', who, p.name, private.isa_word(i.status::text))
            when kind = 'resend_invitation' and p.status <> 'active' then format('%s, de %s, não está em andamento (%s).', private.isa_name_of(p), c.company_name, private.isa_word(p.status::text))
            when kind = 'resend_invitation' and i.invited_at is null then format('O primeiro convite de %s (%s) ainda não saiu: ele espera a sua vez.', who, p.name)
        end;
        told := format(
            case kind when 'resend_invitation' then 'reenviar o convite de %s, para %s, de %s' else 'cancelar a entrevista de %s, n%s, de %s' end, who, private.isa_name_of(p), c.company_name
        );
        act := jsonb_build_object(
            'act', kind, 'interview_id', i.id, 'name', l.name, 'phone', l.phone, 'project', p.name, 'client_id', c.id, 'client', c.company_name,
            'target_type', 'interview', 'target_id', i.id
        );

    elsif kind in ('suspend_client', 'reactivate_client') then
        select * into c from public.clients as x where x.id = (act ->> 'client_id')::uuid;
        problem := case
            when c.id is null then 'Não encontrei esse cliente.'
            when kind = 'suspend_client' and c.is_house then format('%s é a própria casa e não pode ser suspensa.', c.company_name)
            when kind = 'suspend_client' and c.status = 'suspended' then format('O cliente “%s” já está suspenso.', c.company_name)
            when kind = 'reactivate_client' and c.status = 'active' then format('O cliente “%s” já está ativo.', c.company_name)
        end;
        select count(*) into n from public.projects as x where x.client_id = c.id and x.status = 'active';
        told := format(
            case kind when 'suspend_client' then 'suspender o cliente “%s” (o pessoal dele fica sem acesso e nada mais é enviado; projetos em andamento: %s)'
                else 'reativar o cliente “%s” (projetos em andamento: %s)' end,
            c.company_name, n
        );
        act := jsonb_build_object('act', kind, 'client_id', c.id, 'name', c.company_name, 'target_type', 'client', 'target_id', c.id);

    elsif kind = 'replay_failed_tasks' then
        select array_agg(x.id order by x.created_at, x.id), count(distinct x.client_id) into ids, n
        from public.failed_tasks as x
        where x.status = 'dead' and x.id in (select v.id::uuid from jsonb_array_elements_text(act -> 'failed_task_ids') as v (id));
        select * into c from public.clients as x
        where n = 1 and x.id = (select f.client_id from public.failed_tasks as f where f.id = ids[1]);
        problem := case when ids is null then 'Não há tarefa que falhou para reprocessar.' end;
        told := format(
            case cardinality(ids) when 1 then 'reprocessar %s tarefa que falhou%s' else 'reprocessar %s tarefas que falharam%s' end, cardinality(ids),
            case when n = 1 then ', de ' || c.company_name else format(', de %s clientes', n) end
        );
        act := jsonb_build_object('act', kind, 'failed_task_ids', ids, 'client', c.company_name, 'client_id', c.id)
            || case when n = 1 then jsonb_build_object('target_type', 'client', 'target_id', c.id) else '{}' end;

    else
        raise exception 'ISA knows no act %', coalesce(quote_literal(left(kind, 50)), 'without a name') using errcode = '22023';
    end if;
    if problem is not null then
        return jsonb_build_object('problem', upper(left(problem, 1)) || substr(problem, 2));
    end if;
    return act || jsonb_build_object('text', told);
end
$$;
comment on function private.plan_isa_act(jsonb) is
'One act of a plan, as it would be done: {"act", ids, names, "target_type", "target_id", "text"}, or {"problem"} where there is nothing to do. Takes {"act": pause_project | resume_project, "project_id"}, {block_lead | unblock_lead, "lead_id"}, {resend_invitation | cancel_interview, "interview_id"}, {suspend_client | reactivate_client, "client_id"}, {replay_failed_tasks, "failed_task_ids"}; raises 22023 for any other. A further act is a branch here and one in private.do_isa_act. Read-only, under the caller''s rights.';

-- source: sql/30_rules/98_sweep.sql sha256:c96921e360aebc4d536dd76cd49d9982d431b5819e5cafeceda6cd29355405e9
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
    -- What was spent, before anything is begun that costs more.
    perform private.count_spendings();
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
    perform private.tell_of_callbacks();
    perform private.note_news(changed);
    perform private.send_notifications();
    perform private.run_erasures();
    -- Invitations that have room, and whatever else waits for admission.
    for item in select c.client_id from private.clients_to_invite() as c (client_id) loop
        perform private.invite_next(item.client_id);
    end loop;
    perform private.release_threads();
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
'The safety net under the doorbell, run by pg_cron: counts what was spent, admits what waits, makes what only commits'' notes ask for (project reports, notifications), and rings for every queue with something due. Everything it does is idempotent.';

-- source: sql/30_rules/98_take_isa_token.sql sha256:15b267a661dc58d199a96366cebb835049bd1b52c870f9f3045dc2befe2241ee
create or replace function private.take_isa_token(token text, out command_id uuid, out plan jsonb)
language plpgsql security definer set search_path = ''
as $$
declare
    t private.isa_tokens;
begin
    -- SECURITY: somebody else's token is answered as one that never was. Whoever comes second waits for the first and finds it used.
    select * into t
    from private.isa_tokens as x
    where x.token_hash = sha256(convert_to(take_isa_token.token, 'UTF8')) and x.admin_id = private.isa_admin()
    for update;
    if not found then
        raise exception 'there is no such token of yours' using errcode = 'PT403';
    elsif t.used_at is not null then
        raise exception 'this token was used already' using errcode = 'PT409', hint = 'What came of it is in isa_commands.';
    elsif t.expires_at <= clock_timestamp() then
        raise exception 'this token has expired' using errcode = 'PT410', hint = 'Give the command again.';
    end if;
    update private.isa_tokens as x set used_at = clock_timestamp() where x.command_id = t.command_id;
    command_id := t.command_id;
    plan := t.plan;
end
$$;
comment on function private.take_isa_token(text, out uuid, out jsonb) is
'The plan that a token confirms, once: raises PT403 for a token that is not the caller''s, PT409 for a used one, PT410 for a late one. Locks the token until the transaction ends, which brings it back if the plan could not be run.';

-- source: sql/40_triggers/10_touch.sql sha256:a39eae834a395dfe2349cc48b32462aa85eec2649b60e6e7456716d65cf28e6a
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
        'interviews', 'conversations', 'interview_answers', 'deliveries', 'notifications', 'reminders', 'reports', 'media', 'sending_rules', 'callbacks', 'qualifications', 'budgets'
    ] loop
        execute format('create or replace trigger _100_touch before update on public.%I for each row execute function private.touch()', t);
    end loop;
end
$$;

-- source: sql/40_triggers/26_same_client.sql sha256:45886616867ec92240f2531ba91412bd94a3962d13d0dee4f5e078dbf922b869
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
    foreach t in array array['client_members', 'leads', 'channel_accounts', 'message_templates', 'renus_config', 'projects', 'interviews', 'conversations', 'sending_rules', 'callbacks', 'qualifications', 'budgets'] loop
        execute format(
            'create or replace trigger _100_same_client before update of client_id on public.%I for each row when (new.client_id is distinct from old.client_id) execute function private.same_client()', t
        );
    end loop;
end
$$;

-- source: sql/40_triggers/39_check_budget.sql sha256:1ec4bf90c67f52809b08838fce4e84e909fbd6435f5ece659aecc7a024125587
create or replace function private.check_budget() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    if not exists (
        select from private.model_prices as p where p.currency = new.currency
        union all
        select from private.prices as p where p.currency = new.currency
    ) then
        raise exception 'budgets.currency: there are no prices in %', left(new.currency, 10) using errcode = '22023', hint = 'Amounts are not converted: name the currency of the price lists, USD.';
    end if;
    if tg_op = 'UPDATE' and (new.period, new.currency) is distinct from (old.period, old.currency) then
        -- Counted anew, by the sweep.
        new.period_began := null;
        return new;
    end if;
    if tg_op = 'UPDATE' and new.amount <> old.amount then
        new.told := 'open';
    end if;
    new.state := private.budget_state(new.spent, new.amount, new.warn_at_percent);
    return new;
end
$$;
comment on function private.check_budget() is
'Trigger: a budget''s currency is one that prices are given in; a changed limit holds at once, and a changed period or currency from the next sweep on, which counts what was used.';

create or replace trigger _100_check_budget before insert or update of amount, currency, period, warn_at_percent on public.budgets
for each row execute function private.check_budget();

-- source: sql/40_triggers/43_tell_of_callback.sql sha256:eae447ea649bab9d2cf83e4ae8e37800fd5fb4a3b3205beb2236f4c1b6f49e14
create or replace function private.tell_of_callback() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    perform private.notify(new.client_id, 'callback_requested', null, (
        select format(
            '%s pediu um retorno em %s%s.', coalesce(l.name, l.phone, 'Um contato'),
            to_char(new.due_at at time zone 'America/Sao_Paulo', 'DD/MM/YYYY "às" HH24:MI'), coalesce(': ' || rtrim(new.note, '.'), '')
        )
        from public.leads as l
        where l.id = new.lead_id
    ), 'callback ' || new.id || ' ' || new.due_at);
    if new.told_at is not null then
        update public.callbacks as b set told_at = null where b.id = new.id;
    end if;
    return null;
end
$$;
comment on function private.tell_of_callback() is 'Trigger: the owners are told when a lead asks to be called back, or for another time.';

create or replace trigger _900_tell_of_callback_made after insert on public.callbacks
for each row when (new.status = 'open') execute function private.tell_of_callback();

create or replace trigger _900_tell_of_callback after update of due_at on public.callbacks
for each row when (new.status = 'open' and new.due_at is distinct from old.due_at) execute function private.tell_of_callback();

-- source: sql/40_triggers/44_check_agent.sql sha256:c46a5fafa6aca930346eedc9ad1083c15997ce3bd4e32ca9ef4bd1e3208f188e
create or replace function private.check_agent() returns trigger
language plpgsql set search_path = ''
as $$
declare
    problem text := private.agent_config_problem(new.config);
begin
    if problem is not null then
        raise exception 'renus_config.config: %', problem using errcode = '22023';
    end if;
    return new;
end
$$;
comment on function private.check_agent() is 'Trigger: an agent''s config is checked when it is written.';

create or replace trigger _100_check_agent before insert or update of config on public.renus_config
for each row execute function private.check_agent();

-- source: sql/40_triggers/45_check_tool.sql sha256:94e6917d7862964ebac2c1b16f0b2eeab10ecc7ed5497f1349cfc7c2a1941ad9
create or replace function private.check_tool() returns trigger
language plpgsql set search_path = ''
as $$
declare
    -- What is no object at all, the constraint says.
    problem text := case when new.parameters_schema ->> 'type' = 'object' then private.schema_problem(new.parameters_schema) end;
begin
    if problem is not null then
        raise exception 'tools.parameters_schema: %', problem using errcode = '22023';
    end if;
    return new;
end
$$;
comment on function private.check_tool() is 'Trigger: what a tool''s schema asks for must be something that is checked.';

create or replace trigger _100_check_tool before insert or update of parameters_schema on public.tools
for each row execute function private.check_tool();

-- source: sql/40_triggers/46_judge_qualification.sql sha256:bac08f3c5706cbfe724a66d53c228be0a1b090ca9cb6bf2fdf6591a6f7295e86
create or replace function private.judge_qualification() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
    t private.threads := private.turn_thread();
    agent public.renus_config;
    refused_at timestamptz;
    verdict record;
begin
    if t.id is null then
        -- In nobody's turn: the engine settles, takes back, erases.
        return new;
    end if;
    if tg_op = 'UPDATE' and old.status <> 'open' then
        return old;
    end if;
    select * into agent from public.renus_config as r where r.id = t.agent_id;
    if not coalesce(agent.config ? 'qualification', false) then
        raise exception 'this agent has no questions to qualify anybody by' using errcode = '22023';
    end if;
    -- SECURITY: of what an agent writes, the proposed answers alone are taken. Whatever else it might come to be granted is made here.
    if tg_op = 'INSERT' then
        refused_at := (
            select max(q.decided_at) from public.qualifications as q
            where q.client_id = t.client_id and q.lead_id = t.lead_id and q.status = 'not_qualified'
        );
        if refused_at > private.now() - make_interval(days => private.setting_int('requalify_days')) then
            raise exception 'this person did not qualify, and is not asked again before %', to_char(
                (refused_at + make_interval(days => private.setting_int('requalify_days'))) at time zone 'America/Sao_Paulo', 'YYYY-MM-DD'
            ) using errcode = '22023';
        end if;
        new.answers := '{}';
        new.created_at := now();
    else
        new.id := old.id;
        new.answers := old.answers;
        new.created_at := old.created_at;
    end if;
    select r.answers, r.problems into new.answers, new.problems
    from private.read_qualification(agent.config, new.answers, new.proposed, t.lease, private.setting_int('max_tries')) as r;
    select * into verdict from private.qualification_verdict(agent.config -> 'qualification', new.answers);
    new.client_id := t.client_id;
    new.lead_id := t.lead_id;
    new.conversation_id := t.conversation_id;
    new.renus_config_id := agent.id;
    new.renus_config_version := agent.version;
    new.threshold := (agent.config #>> '{qualification,threshold}')::numeric;
    new.status := verdict.status;
    new.score := verdict.score;
    new.reason := verdict.reason;
    new.decided_at := case when verdict.status <> 'open' then private.now() end;
    new.settled_at := null;
    return new;
end
$$;
comment on function private.judge_qualification() is
'Trigger: what an agent''s tool proposes as answers is read, scored and decided by the configuration of the live turn''s agent; the tool itself can write neither status nor score. What is decided stays.';

create or replace trigger _100_judge_qualification before insert or update on public.qualifications
for each row execute function private.judge_qualification();

-- source: sql/40_triggers/47_keep_audit_log.sql sha256:69af5372967ff681584b9558a610b33bf17397b94a6a1a0e04b37f8530f85264
create or replace function private.keep_audit_log() returns trigger
language plpgsql set search_path = ''
as $$
begin
    raise exception 'the audit log is append-only' using errcode = '42501';
end
$$;
comment on function private.keep_audit_log() is 'Trigger: nothing in the audit log is changed or removed.';

create or replace trigger _100_keep_audit_log before update or delete on public.audit_log
for each row execute function private.keep_audit_log();

-- source: sql/40_triggers/60_count_dialogue.sql sha256:b7b8af7d645e8df10828ed500750c9d8e581653fe9a1b7529eecaae8a71f2f04
create or replace function private.count_dialogue() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
    said jsonb := (
        select jsonb_agg(jsonb_build_object(
            'thread_id', t.id, 'seq', n.seq, 'metadata', n.metadata - 'payload', 'content', n.content, 'answered', private.is_answered(t)
        ))
        from new_rows as n
        join private.threads as t on t.client_id = n.client_id and t.conversation_id = n.conversation_id
        where n.role = 'user'
    );
begin
    if said is null then
        return null;
    end if;
    if said @? '$[*] ? (@.answered == true)' then
        perform private.count_said((select jsonb_agg(s.v) from jsonb_array_elements(said) as s (v) where (s.v ->> 'answered')::boolean));
    end if;
    -- What no agent answers waits for no turn.
    update private.threads as t
    set last_seq = s.newest, inbound_seq = s.newest, handled_seq = s.newest, last_inbound_at = private.now()
    from (
        select (m.v ->> 'thread_id')::uuid as thread_id, max((m.v ->> 'seq')::bigint) as newest
        from jsonb_array_elements(said) as m (v)
        where not (m.v ->> 'answered')::boolean
        group by 1
    ) as s
    where t.id = s.thread_id;
    return null;
end
$$;
comment on function private.count_dialogue() is
'Trigger: what leads said in conversations is counted on their threads, and has a turn where an agent answers (private.is_answered); else it is a person''s to read.';

create or replace trigger _900_count_dialogue after insert on public.messages
referencing new table as new_rows
for each statement execute function private.count_dialogue();

-- source: sql/40_triggers/60_count_inbound.sql sha256:7264ba510d6bcfa07fe02d7fff0ee0e291c652178c95814b1037b170b58b27e3
create or replace function private.count_inbound() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
    said jsonb := (
        select jsonb_agg(jsonb_build_object('thread_id', t.id, 'seq', n.seq, 'metadata', n.metadata - 'payload', 'content', n.content))
        from new_rows as n
        join private.threads as t on t.client_id = n.client_id and t.interview_id = n.interview_id
        where n.role = 'user'
    );
begin
    if said is not null then
        perform private.count_said(said);
    end if;
    return null;
end
$$;
comment on function private.count_inbound() is 'Trigger: what leads said in interviews is counted on their threads, and has a turn (private.count_said).';

create or replace trigger _900_count_inbound after insert on public.interview_messages
referencing new table as new_rows
for each statement execute function private.count_inbound();

-- source: sql/40_triggers/64_note_message.sql sha256:e60ccb487f16d8bdfb063ff12035c957105d90e52307d847854673ef565ad7e7
create or replace function private.note_message() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    with
    charged as (
        -- The provider's word, else the template's category, else what free text in an open window is called.
        select a.provider, coalesce(
            lower(new.pricing ->> 'category'),
            (
                select t.category from public.message_templates as t
                where new.content ->> 'type' = 'template' and t.client_id = new.client_id and t.name = new.content ->> 'name' and t.language = new.content ->> 'language'
                    and (t.channel_account_id is null or t.channel_account_id = new.channel_account_id)
                order by t.channel_account_id nulls last
                limit 1
            ),
            'service'
        ) as category
        from public.channel_accounts as a
        join private.providers as p on p.provider = a.provider and p.channel = a.channel
        where a.id = new.channel_account_id and (new.status in ('delivered', 'read') or not p.reports_delivery)
            and exists (select from private.prices as x where x.provider = a.provider)
    ),
    noted as (
        insert into public.usage as n (client_id, project_id, kind, item, delivery_id, amount, currency)
        select new.client_id,
            case
                when new.interview_id is not null then (select i.project_id from public.interviews as i where i.id = new.interview_id)
                else (select private.project_of(t) from private.threads as t where t.id = new.thread_id and t.interview_id is null)
            end,
            'message', c.provider || '/' || c.category, new.id,
            case when new.pricing -> 'billable' = 'false' then 0 else trim_scale(p.amount) end, p.currency
        from charged as c
        left join lateral (
            select x.amount, x.currency
            from private.prices as x
            where x.provider = c.provider and x.item = c.category and x.valid_from <= (private.now() at time zone 'America/Sao_Paulo')::date
            order by x.valid_from desc
            limit 1
        ) as p on true
        on conflict do nothing
        returning n.client_id, n.project_id, n.currency, n.amount, n.occurred_at
    )
    insert into private.spendings (client_id, project_id, currency, amount, occurred_at)
    select n.client_id, n.project_id, n.currency, n.amount, n.occurred_at from noted as n where n.amount > 0;
    return null;
end
$$;
comment on function private.note_message() is
'Trigger: a message that its provider charges goes into the ledger once: when it is delivered, or sent where the provider does not tell of deliveries. Nothing is noted of providers without a price list.';

create or replace trigger _900_note_message after update of status on public.deliveries
for each row when (new.status in ('sent', 'delivered', 'read') and old.status not in ('delivered', 'read') and old.status is distinct from new.status)
execute function private.note_message();

-- source: sql/40_triggers/65_keep_version.sql sha256:9d6d3f0c963b9d497e0e6d6ab3de9d8d1a4dee0a8a1e6d45ecf0e676cdff3d79
create or replace function private.keep_version() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    insert into public.renus_config_versions (renus_config_id, client_id, version, agent_type, config, prompts, created_by)
    values (new.id, new.client_id, new.version, new.agent_type, new.config, new.prompts, (select p.id from public.profiles as p where p.id = private.current_profile_id()))
    on conflict on constraint a_version_is_kept_once do nothing;
    return null;
end
$$;
comment on function private.keep_version() is 'Trigger: every version of an agent''s configuration is kept as it was.';

create or replace trigger _500_keep_version after insert or update on public.renus_config
for each row execute function private.keep_version();

-- source: sql/60_rpc/public/begin_isa_command.sql sha256:3484cc3154ba9bdd655e10a04461fde5298d844088df5c068ac62267f5292d58
create or replace function public.begin_isa_command(command_id uuid, command text) returns jsonb
language plpgsql set search_path = ''
as $$
begin
    insert into public.isa_commands (id, admin_id, command)
    values (begin_isa_command.command_id, private.isa_admin(), begin_isa_command.command)
    on conflict (id) do nothing;
    return jsonb_build_object('id', begin_isa_command.command_id, 'today', (now() at time zone 'America/Sao_Paulo')::date);
end
$$;
comment on function public.begin_isa_command(uuid, text) is
'Admins, through the function isa: notes a command before anything is read for it. Returns {"id", "today": the date in São Paulo}. Idempotent by id.';

-- source: sql/60_rpc/public/end_isa_command.sql sha256:6953ed6419da5a5abef51cd55d84c826763ce3d94064677404f15c4754dc2881
create or replace function public.end_isa_command(command_id uuid, result jsonb, target_type public.isa_target_type default null, target_id uuid default null)
returns void
language plpgsql set search_path = ''
as $$
begin
    perform private.isa_admin();
    -- What is planned is run, or not: its row is written by public.run_isa_plan.
    if exists (select from public.isa_commands as c where c.id = end_isa_command.command_id and c.result is null) then
        perform private.note_isa_result(end_isa_command.command_id, end_isa_command.result, end_isa_command.target_type, end_isa_command.target_id, true);
    end if;
end
$$;
comment on function public.end_isa_command(uuid, jsonb, public.isa_target_type, uuid) is
'Admins, through the function isa: what came of a command of the own that changes nothing, and what it was about. Once: a later call changes nothing. Idempotent.';

-- source: sql/60_rpc/public/find_isa_targets.sql sha256:701ffbfe94b9bc521d398b974f9ebd4b0cba8802a140432fd72067adc68bf4cf
create or replace function public.find_isa_targets(kinds text[], words text, client_ids uuid[] default null)
returns table (kind text, id uuid, name text, client_id uuid, client text, status text, phone text)
-- Planned for what is asked at hand: with a client named, its leads alone are read.
language plpgsql stable set search_path = '' set plan_cache_mode = 'force_custom_plan'
as $$
#variable_conflict use_column
declare
    wanted text := private.plain(find_isa_targets.words);
    digits text := regexp_replace(find_isa_targets.words, '[^0-9]', '', 'g');
    -- A name with a number in it is no telephone number.
    number text := case when find_isa_targets.words !~ '[[:alpha:]@]' and length(digits) between 8 and 15 then private.normalize_phone(find_isa_targets.words) end;
    the_id uuid := case when btrim(find_isa_targets.words) ~* '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$' then btrim(find_isa_targets.words)::uuid end;
    address text := case when find_isa_targets.words like '%@%' then lower(btrim(find_isa_targets.words)) end;
    parts text[];
begin
    perform private.isa_admin();
    if btrim(coalesce(find_isa_targets.words, '')) = '' then
        return;
    end if;
    parts := array(select ' ' || p || ' ' from unnest(string_to_array(nullif(wanted, ''), ' ')) as p (p));
    return query
    with
    named as (
        select 'client' as kind, c.id, c.company_name as name, c.id as client_id, c.company_name as client, c.status::text as status, null::text as phone,
            coalesce(c.id = the_id or (length(digits) = 14 and c.cnpj = digits), false) as exact
        from public.clients as c
        where 'client' = any (find_isa_targets.kinds) and (find_isa_targets.client_ids is null or c.id = any (find_isa_targets.client_ids))
        union all
        select 'project', p.id, p.name, p.client_id, null, p.status::text, null, coalesce(p.id = the_id, false)
        from public.projects as p
        where 'project' = any (find_isa_targets.kinds) and (find_isa_targets.client_ids is null or p.client_id = any (find_isa_targets.client_ids))
        union all
        -- By number or id it is found by its index, by name among all.
        select 'lead', l.id, l.name, l.client_id, null, l.status::text, l.phone, true
        from public.leads as l
        where 'lead' = any (find_isa_targets.kinds) and (find_isa_targets.client_ids is null or l.client_id = any (find_isa_targets.client_ids))
            and (l.phone in (number, '+' || digits) or l.id = the_id or lower(l.email) = address)
        union all
        select 'lead', l.id, l.name, l.client_id, null, l.status::text, l.phone, false
        from public.leads as l
        where 'lead' = any (find_isa_targets.kinds) and (find_isa_targets.client_ids is null or l.client_id = any (find_isa_targets.client_ids))
            and number is null and the_id is null and address is null
    ),
    ranked as (
        select n.*, case
            when n.exact then 1
            when the_id is not null or address is not null or number is not null then null
            when s.said = wanted and wanted <> '' or (wanted = '' and lower(btrim(n.name)) = lower(btrim(find_isa_targets.words))) then 1
            when wanted <> '' and concat(' ', s.said, ' ') like '% ' || wanted || ' %' then 2
            when cardinality(parts) > 0 and concat(' ', s.said, ' ') like all (array(select '%' || p || '%' from unnest(parts) as p (p))) then 3
            when length(wanted) >= 3 and s.said like wanted || '%' then 4
            when kind = 'lead' and length(digits) >= 4 and wanted ~ '^[0-9 ]+$' and n.phone like '%' || digits then 4
        end as tier
        from named as n
        cross join lateral (select private.plain(n.name) as said) as s
    )
    select r.kind, r.id, r.name, r.client_id, coalesce(r.client, c.company_name), r.status, r.phone
    from (
        select x.*, dense_rank() over (order by x.tier, array_position(find_isa_targets.kinds, x.kind)) as place
        from ranked as x
        where x.tier is not null
    ) as r
    join public.clients as c on c.id = r.client_id
    where r.place = 1
    order by r.name, c.company_name, r.id
    limit 21;
end
$$;
comment on function public.find_isa_targets(text[], text, uuid[]) is
'Admins, through the function isa: whom or what a command''s words name. kinds: client, project, lead, in the order in which they are meant; words: an id, a phone, an e-mail address, a CNPJ or a name, without regard to case and accents. Only the best matches come back, of one kind: exactly so named, else with these words in this order, else in any, else so beginning. At most 21. Read-only, under the caller''s rights.';

-- source: sql/60_rpc/public/hand_back.sql sha256:8779226789768cf81dd40f56352942f58c320461361e1f6bf929b687cc4d2e50
create or replace function public.hand_back(conversation_id uuid) returns public.conversations
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
    c public.conversations;
begin
    select * into c from public.conversations as x where x.id = hand_back.conversation_id and x.client_id in (select private.visible_client_ids());
    if not found then
        raise exception 'there is no such conversation' using errcode = 'PT404';
    end if;
    perform private.lock_threads(array[c.thread_id]);
    perform private.hand_back(c.id);
    select * into c from public.conversations as x where x.id = c.id;
    return c;
end
$$;
comment on function public.hand_back(uuid) is
'A client''s people: the agent has the conversation again. It answers the lead''s next message, knows what was said meanwhile, and says that it is back. Idempotent.';

-- source: sql/60_rpc/public/plan_isa_command.sql sha256:c301e3ceac10d1d3fd5df78368385ddcbafcb8518ac89808015673b33af913c9
create or replace function public.plan_isa_command(command_id uuid, acts jsonb) returns jsonb
language plpgsql set search_path = ''
as $$
declare
    planned jsonb;
    problems jsonb;
    plan jsonb;
    token record;
begin
    perform private.isa_admin();
    if jsonb_typeof(plan_isa_command.acts) is distinct from 'array' or jsonb_array_length(plan_isa_command.acts) not between 1 and 20 then
        raise exception 'acts must be a list of 1 to 20' using errcode = '22023';
    end if;
    -- The same act twice is one.
    select jsonb_agg(a.act order by a.ord) filter (where not a.act ? 'problem'), jsonb_agg(a.act -> 'problem' order by a.ord) filter (where a.act ? 'problem')
    into planned, problems
    from (
        select p.act, min(g.ord) as ord
        from jsonb_array_elements(plan_isa_command.acts) with ordinality as g (given, ord)
        cross join lateral private.plan_isa_act(g.given) as p (act)
        group by p.act
    ) as a;
    -- All of it or none: half of what was asked for might be the wrong half.
    if problems is not null then
        return jsonb_build_object('plan', null, 'problems', problems, 'token', null, 'expires_at', null);
    end if;
    plan := jsonb_build_object('acts', planned, 'text', 'Vou ' || (
        select string_agg(a.act ->> 'text', '; ' order by a.ord) from jsonb_array_elements(planned) with ordinality as a (act, ord)
    ) || '.');
    select t.token, t.expires_at into token from private.issue_isa_token(plan_isa_command.command_id, plan) as t;
    perform private.note_isa_result(
        plan_isa_command.command_id, jsonb_build_object('outcome', 'planned', 'plan', plan),
        (planned #>> '{0,target_type}')::public.isa_target_type, (planned #>> '{0,target_id}')::uuid, false
    );
    return jsonb_build_object('plan', plan, 'problems', '[]'::jsonb, 'token', token.token, 'expires_at', token.expires_at);
end
$$;
comment on function public.plan_isa_command(uuid, jsonb) is
'Admins, through the function isa: what a command of the own would change, resolved to rows, and a token that confirms just that within five minutes. Changes nothing else. acts: a list of what private.plan_isa_act takes. Returns {"plan": {"acts", "text"}, "problems": [], "token", "expires_at"}; where one act cannot be done, nothing is planned: plan and token are null and problems says why. A second plan of a command voids the token of the first.';

-- source: sql/60_rpc/public/resend_invitation.sql sha256:724d9a15f3aaf1ba833db6b4e444ace4ad8255376522f610bc21c0cb59e172c3
create or replace function public.resend_invitation(interview_id uuid) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    i public.interviews;
    t private.threads;
    project public.projects;
    lead public.leads;
    company text;
    template public.message_templates;
    waiting public.deliveries;
    d public.deliveries;
    verdict record;
begin
    select x.* into i from public.interviews as x
    where x.id = resend_invitation.interview_id and x.client_id in (select private.visible_client_ids());
    if not found then
        raise exception 'there is no such interview' using errcode = 'PT404';
    end if;
    -- Lock order: the interview, then its thread.
    perform from public.interviews as x where x.id = i.id for no key update;
    if i.thread_id is not null then
        perform private.lock_threads(array[i.thread_id]);
    end if;
    select x.* into i from public.interviews as x where x.id = i.id;
    select x.* into project from public.projects as x where x.id = i.project_id;
    select x.* into t from private.threads as x where x.id = i.thread_id;
    if i.status <> 'pending' or project.status <> 'active' then
        return jsonb_build_object(
            'outcome', 'none', 'delivery_id', null, 'due_at', null,
            'reason', case when i.status <> 'pending' then 'the interview has begun, or has ended' else 'the project is not running' end
        );
    end if;
    if i.invited_at is null or t.interview_id is distinct from i.id then
        return jsonb_build_object('outcome', 'waiting', 'delivery_id', null, 'due_at', null, 'reason', 'the first invitation waits for its turn');
    end if;
    select x.* into waiting from public.deliveries as x
    where x.client_id = i.client_id and x.interview_id = i.id and x.kind in ('invitation', 'reminder') and x.status in ('queued', 'deferred', 'sending', 'unknown')
    order by x.seq
    limit 1;
    if found then
        return jsonb_build_object('outcome', 'waiting', 'delivery_id', waiting.id, 'due_at', waiting.due_at, 'reason', waiting.reason);
    end if;
    template := private.template_for(project.client_id, t.channel_account_id, 'invitation', project.config #>> '{invitation,template}');
    if template.id is null then
        raise exception '%', private.no_template(project.client_id, t.channel_account_id, 'invitation', project.config #>> '{invitation,template}')
            using errcode = '22023';
    end if;
    select x.* into lead from public.leads as x where x.id = i.lead_id;
    select c.company_name into company from public.clients as c where c.id = i.client_id;
    d := jsonb_populate_record(null::public.deliveries, jsonb_build_object(
        'id', gen_random_uuid(), 'client_id', i.client_id, 'lead_id', i.lead_id, 'thread_id', t.id, 'interview_id', i.id,
        'channel_account_id', t.channel_account_id, 'kind', 'invitation', 'content', private.template_content(template, lead.name, company, project.name, null),
        'message_id', gen_random_uuid(), 'queue', 'default', 'seq', t.last_seq + 1
    ));
    -- Somebody asks for it and waits for the answer: what policy forbids is refused, not stored as cancelled.
    select * into verdict from private.policy_verdict(d);
    if verdict.verdict = 'cancel' then
        raise exception '%', verdict.reason using errcode = '42501';
    end if;
    insert into public.deliveries as x (id, client_id, lead_id, thread_id, interview_id, channel_account_id, kind, content, message_id, queue, seq)
    values (d.id, d.client_id, d.lead_id, d.thread_id, d.interview_id, d.channel_account_id, d.kind, d.content, d.message_id, d.queue, d.seq)
    returning x.* into d;
    insert into public.interview_messages (id, interview_id, role, content, metadata, client_id, seq)
    values (d.message_id, i.id, 'assistant', d.content ->> 'text', jsonb_build_object('type', 'template', 'delivery_id', d.id), i.client_id, d.seq);
    update private.threads as x set last_seq = d.seq where x.id = t.id;
    if d.status = 'queued' then
        perform private.admit_deliveries(i.client_id, 'default');
        perform private.ring('deliver');
    end if;
    return jsonb_build_object('outcome', d.status, 'delivery_id', d.id, 'due_at', d.due_at, 'reason', d.reason);
end
$$;
comment on function public.resend_invitation(uuid) is
'A client''s people and admins: sends a lead who has not answered its invitation once more, within policy. Returns {"outcome": queued | deferred (until due_at, for the reason) | waiting (one is still on its way: no other is made) | none (there is nothing to invite to any more), "delivery_id", "due_at", "reason"}. Raises PT404 for an interview that is not the caller''s, 22023 without an approved template, 42501 where policy speaks against it. While one waits, calling again sends nothing more.';

-- source: sql/60_rpc/public/reverse_conversion.sql sha256:53e931cb8556bd915874299e7465f1ce9be417991282ab1cff4b6696648119e1
create or replace function public.reverse_conversion(conversion_id uuid, reason text) returns public.conversions
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
    v public.conversions;
    why text := btrim(coalesce(reverse_conversion.reason, ''));
begin
    if not private.is_admin() then
        raise exception 'only an admin takes back a conversion' using errcode = '42501';
    end if;
    select * into v from public.conversions as x where x.id = reverse_conversion.conversion_id;
    if not found then
        raise exception 'there is no such conversion' using errcode = 'PT404';
    end if;
    if why = '' or char_length(why) > 1000 then
        raise exception 'reason must be a text of 1 to 1000 characters' using errcode = '22023';
    end if;
    -- Lock order: threads, the lead, what hangs on it.
    perform private.lock_threads(array(select t.id from private.threads as t where t.client_id = v.client_id and t.lead_id = v.lead_id));
    perform from public.leads as l where l.id = v.lead_id for no key update;
    select * into strict v from public.conversions as x where x.id = v.id for no key update;
    if v.reversed_at is not null then
        return v;
    end if;
    update public.conversations as c set customer_client_id = null where c.client_id = v.client_id and c.lead_id = v.lead_id and c.customer_client_id = v.made_client_id;
    update public.qualifications as q set status = 'reversed', reason = why where q.id = v.qualification_id;
    update public.leads as l set qualified_at = null where l.id = v.lead_id;
    -- Nothing that its people may have made meanwhile is deleted. Without people and active status nobody sees it, and nothing goes out.
    update public.projects as p set status = 'paused' where p.client_id = v.made_client_id and p.status = 'active';
    update public.client_members as m set status = 'removed' where m.client_id = v.made_client_id and m.status <> 'removed';
    update public.clients as k set status = 'inactive' where k.id = v.made_client_id;
    update public.conversions as x set reversed_at = private.now(), reversed_by = private.current_profile_id(), reason = why where x.id = v.id returning * into v;
    perform private.audit(v.client_id, 'conversion_reversed', 'lead', v.lead_id, jsonb_build_object(
        'conversion_id', v.id, 'qualification_id', v.qualification_id, 'client_id', v.made_client_id, 'project_id', v.made_project_id
    ));
    perform private.audit(v.made_client_id, 'client_deactivated', 'client', v.made_client_id, jsonb_build_object('by', 'conversion_reversed'));
    return v;
end
$$;
comment on function public.reverse_conversion(uuid, text) is
'Admins: takes back that a lead became a client. The client becomes inactive and its people lose their access, its running projects pause, the conversation is one with a lead again, who may qualify anew. Nothing is deleted. Idempotent. Returns the conversions row.';

-- source: sql/60_rpc/public/run_isa_plan.sql sha256:4f3f4191dbc736be4400afd6a869939de6669ac913b8641b75156d35649546f7
create or replace function public.run_isa_plan(token text) returns jsonb
language plpgsql set search_path = ''
as $$
declare
    taken record;
    act jsonb;
    outcome jsonb;
    outcomes jsonb := '[]';
    result jsonb;
begin
    perform private.isa_admin();
    select t.command_id, t.plan into taken from private.take_isa_token(run_isa_plan.token) as t;
    for act in select a.act from jsonb_array_elements(taken.plan -> 'acts') with ordinality as a (act, ord) order by a.ord
    loop
        begin
            outcome := private.do_isa_act(act);
        exception when others then
            -- What is about the moment is for the caller to try again: the token comes back with the transaction. A rule that speaks against an
            -- act is its answer, and the other acts are done all the same.
            if sqlstate ~ '^(08|40|53|55|57|58|XX)' then
                raise;
            end if;
            outcome := jsonb_build_object('act', act -> 'act', 'done', false, 'text', format('Não foi possível %s: %s.', act ->> 'text', rtrim(sqlerrm, '.')));
        end;
        outcomes := outcomes || jsonb_build_array(outcome);
    end loop;
    result := jsonb_build_object(
        'outcome', case when outcomes @> '[{"done": true}]' then 'done' else 'unchanged' end, 'plan', taken.plan, 'acts', outcomes,
        'text', (select string_agg(o.outcome ->> 'text', ' ' order by o.ord) from jsonb_array_elements(outcomes) with ordinality as o (outcome, ord))
    );
    perform private.note_isa_result(
        taken.command_id, result, (taken.plan #>> '{acts,0,target_type}')::public.isa_target_type, (taken.plan #>> '{acts,0,target_id}')::uuid, true
    );
    return jsonb_build_object('id', taken.command_id) || (result - 'plan');
end
$$;
comment on function public.run_isa_plan(text) is
'Admins: does what a confirmed token''s plan says, once, in one transaction and under the caller''s own rights, and writes what came of it into the command''s row. Returns {"id", "outcome": done | unchanged, "acts": [{"act", "done", "text"}], "text"}. Refuses a token that is not the caller''s (403), was used (409) or is late (410); repeated after a lost answer it says used, and isa_commands has the result.';

-- source: sql/60_rpc/public/take_over.sql sha256:d40a6f26c1dc728ca6c95203f9a66221320984d34730672dfad7b54498e9d385
create or replace function public.take_over(lead_id uuid) returns setof public.conversations
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
    lead public.leads;
    ids uuid[];
begin
    select * into lead from public.leads as l where l.id = take_over.lead_id and l.client_id in (select private.visible_client_ids());
    if not found then
        raise exception 'there is no such lead' using errcode = 'PT404';
    end if;
    ids := array(select t.id from private.threads as t where t.client_id = lead.client_id and t.lead_id = lead.id order by t.id);
    perform private.lock_threads(ids);
    return query
    select c.*
    from unnest(ids) as u (id)
    cross join lateral private.hand_over(u.id, 'a person took over', private.current_profile_id()) as h (conversation_id)
    join public.conversations as c on c.id = h.conversation_id;
end
$$;
comment on function public.take_over(uuid) is
'A client''s people: from now on a person has the dialogue with a lead. A turn under way says nothing any more, what an agent has not sent yet is cancelled, a running interview ends as handed_over. Idempotent. Returns the conversations.';

-- source: sql/60_rpc/worker/call_tool.sql sha256:10a3eec74b5853f036a8673741ed937a444c711bcc8ec30414bd4712f1e0a5aa
create or replace function worker.call_tool(thread_id uuid, lease uuid, call_id text, tool text, arguments jsonb, sub_agent_id uuid default null) returns jsonb
language plpgsql security definer set search_path = '' set statement_timeout = '5s'
as $$
#variable_conflict use_column
declare
    t private.threads;
    made public.tool_calls;
    agent public.renus_config;
    called public.tools;
    began timestamptz := clock_timestamp();
    outcome jsonb;
    problem text;
begin
    -- One and the same call, made again while it still runs, waits for its answer.
    perform pg_advisory_xact_lock(hashtextextended('call_tool ' || call_tool.lease || ' ' || call_tool.call_id, 0));
    select * into t from private.threads as x where x.id = call_tool.thread_id;
    if not found or t.lease is distinct from call_tool.lease or t.lease_until <= clock_timestamp() or t.conversation_id is null then
        return '{"verdict": "stale"}';
    end if;
    select * into made from public.tool_calls as c where c.turn_id = t.lease and c.call_id = call_tool.call_id;
    if found then
        return private.outcome_of(made);
    end if;
    select * into agent from public.renus_config as r where r.id = t.agent_id;
    -- SECURITY: the row says which function; only what is enabled for this agent is looked for.
    select o.* into called from private.tools_of(agent, call_tool.sub_agent_id) as o where o.name = call_tool.tool;
    problem := case
        when (select count(*) from public.tool_calls as c where c.turn_id = t.lease)
            >= coalesce((agent.config #>> '{conversation,limits,tool_calls}')::integer, private.setting_int('tool_calls_per_turn')) then 'no more tools can be called in this turn'
        when called.id is null then 'there is no such tool for this agent'
        when octet_length(call_tool.arguments::text) > 16384 then 'the arguments are too long'
        else coalesce(private.tool_problem(called.function_name), private.arguments_problem(coalesce(call_tool.arguments, '{}'), called.parameters_schema))
    end;
    if problem is null then
        -- SECURITY: the lease, which nobody can guess, says whose turn it is; the tool runs as renum_agent, whose policies ask it. A tenant's id in
        -- its place could be set by the tool to another one's.
        perform set_config('renum.lease', t.lease::text, true);
        begin
            execute format('select agent_tools.%I($1)', called.function_name) into outcome using coalesce(call_tool.arguments, '{}');
        exception
            when deadlock_detected or lock_not_available or query_canceled then
                raise;
            when others then
                -- SECURITY: a rule's own sentence is for the model; anything else may quote what the row holds.
                problem := case when sqlstate in ('22023', '42501', 'P0001') then left(sqlerrm, 500) else format('the tool failed (%s)', sqlstate) end;
        end;
        perform set_config('renum.lease', '', true);
    end if;
    insert into public.tool_calls (client_id, lead_id, thread_id, turn_id, call_id, tool, sub_agent_id, arguments, result, error, duration_ms)
    values (
        t.client_id, t.lead_id, t.id, t.lease, left(call_tool.call_id, 200), left(call_tool.tool, 100), call_tool.sub_agent_id,
        case when octet_length(call_tool.arguments::text) <= 16384 then coalesce(call_tool.arguments, '{}') else '{}' end,
        case when problem is null then coalesce(outcome, 'null') end, problem, extract(epoch from clock_timestamp() - began) * 1000
    )
    returning * into made;
    return private.outcome_of(made);
end
$$;
comment on function worker.call_tool(uuid, uuid, text, text, jsonb, uuid) is
'Runs a tool for the turn under this lease: {"verdict": "done", "result"} | {"verdict": "refused", "error": why, as a sentence for the model} | {"verdict": "stale"}: the lease is lost, stop. The tool must be active and enabled for the agent or the named specialist, its arguments follow its schema, its function belong to renum_agent, as whom it runs under row level security bound to the turn''s lead. Every call is kept in tool_calls. Idempotent by lease and call_id.';

-- source: sql/60_rpc/worker/commit_turns.sql sha256:84a5c631d4c60d055547308aa5e549e1d6e1a54c765021b740338d64a8e0e83e
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
                perform private.note_run(item);
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
'Commits turns, each whole or not at all: [{"thread_id", "lease", "proposal", "model", "graph", "steps", "usage": [{"model", "input_tokens", "output_tokens"}], …}] → [{"thread_id", "lease", "verdict", "task", "delivery"}]. verdict: committed, partial (a further turn follows), superseded (task: the same lease with merged input, run it again), stale (the lease was lost, nothing written; a commit repeated because its answer got lost hears its answer again), failed (an error, retried later). delivery: the reply, claimed for the caller to send at once. Idempotent by the lease.';

-- source: sql/60_rpc/worker/fail_task.sql sha256:ce63eb4afdf8cc0dee34015d346d8847d0cd57fbec23d018ecbc90c2ac37a299
create or replace function worker.fail_task(task text, id uuid, claim uuid, error jsonb, retryable boolean) returns jsonb
language plpgsql security definer set search_path = ''
as $$
begin
    case fail_task.task
        when 'agent_turn' then
            perform private.lock_threads(array[fail_task.id]);
            perform private.note_run(jsonb_build_object(
                'thread_id', fail_task.id, 'lease', fail_task.claim, 'usage', fail_task.error -> 'usage',
                -- Of a claim that was lost, the run it was lost in.
                'reruns', (select x.reruns from public.turns as x where x.id = fail_task.claim)
            ));
            if exists (select from private.threads as t where t.id = fail_task.id and t.lease = fail_task.claim) then
                return private.retry_turn(fail_task.id, fail_task.error, fail_task.retryable, 'failed');
            end if;
        when 'delivery' then
            perform from public.deliveries as d where d.id = fail_task.id and d.claim = fail_task.claim and d.status = 'sending' for no key update;
            if found then
                return private.retry_delivery(fail_task.id, fail_task.error, fail_task.retryable);
            end if;
        when 'report' then
            perform private.note_usage(r.client_id, r.project_id, null, 0, fail_task.error -> 'usage', r.id, fail_task.claim)
            from public.reports as r where r.id = fail_task.id;
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
'A claimed task failed: {"outcome": "retry" | "dead" | "stale", "retry_in_ms"}. Retries after 1, 5, 25 seconds; then, or at once when not retryable, a row in failed_tasks. error may carry "usage" ([{"model", "input_tokens", "output_tokens"}]): what was paid for in vain goes into the ledger. Idempotent by the claim.';

-- source: sql/60_rpc/worker/ingest.sql sha256:283950dc51ffce0d6bdf5f9f47546569068bacc9772eebbd88053c5471b8571e
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
        union
        select t.id
        from jsonb_array_elements(fresh) as x (v)
        cross join lateral (select private.lead_of_sender(account.client_id, x.v #> '{event,sender}') as lead_id) as l
        join private.threads as t on t.lead_id = l.lead_id and t.channel_account_id = (x.v ->> 'account_id')::uuid
        where x.v #> '{event,echo}' is not null
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
    perform private.follow_echo((x.v ->> 'account_id')::uuid, x.v -> 'event')
    from (select y.v from jsonb_array_elements(fresh) as y (v) where y.v #> '{event,echo}' is not null order by (y.v ->> 'ord')::bigint) as x;
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

-- source: sql/60_rpc/worker/save_report.sql sha256:2fcb883c524ec92f149ff9b466ba67242ea07b7586c1302ec9cfbdb7a6f0417a
create or replace function worker.save_report(report_id uuid, claim uuid, summary text, markdown text, model text, usage jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    r public.reports;
begin
    select * into r from public.reports as x where x.id = save_report.report_id for update;
    if not found then
        return '{"verdict": "stale"}';
    end if;
    -- Paid for, whether it is saved or not.
    perform private.note_usage(
        r.client_id, r.project_id, null, 0,
        coalesce(save_report.usage -> 'uses', jsonb_build_array(save_report.usage || jsonb_build_object('model', save_report.model))),
        r.id, save_report.claim
    );
    if r.claim is null or r.claim is distinct from save_report.claim then
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
'Stores a written report under its claim: {"verdict": "saved" | "stale"}, and what it used (usage: {"input_tokens", "output_tokens", "uses": [{"model", "input_tokens", "output_tokens"}]}) in the ledger. What changed since it was claimed keeps it stale, and it is written again.';

-- source: sql/70_cron/20_housekeeping.sql sha256:9a951d93a1922f12107ce711404a6b04bff738f52c25ef80c813d673c51f4fa2
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
    -- What they planned is in isa_commands.
    delete from private.isa_tokens as t where t.expires_at < now() - interval '1 day';
    get diagnostics gone = row_count;
    done := done || jsonb_build_object('isa_tokens', gone);
    delete from cron.job_run_details as d where d.end_time < now() - make_interval(days => private.setting_int('keep_job_runs_days'));
    get diagnostics gone = row_count;
    return done || jsonb_build_object('job_runs', gone);
end
$$;
comment on function private.housekeeping() is 'Daily: partitions ahead, and the purge of raw webhook items, of ISA''s old tokens and of pg_cron''s run log. Idempotent; says what it did.';

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

-- source: sql/80_views/10_project_costs.sql sha256:bf88e2a1b8b7d4feba230e8fb7fb29e1f7a6e009f17258b8e77bffd28ad3404a
create or replace view public.project_costs with (security_invoker = true) as
select
    s.client_id,
    s.project_id,
    s.currency,
    s.amount,
    s.models,
    s.messages,
    p.completed,
    s.amount / nullif(p.completed, 0) as per_completed_interview
from (
    select
        u.client_id,
        u.project_id,
        u.currency,
        sum(u.amount) as amount,
        coalesce(sum(u.amount) filter (where u.kind = 'model'), 0) as models,
        coalesce(sum(u.amount) filter (where u.kind = 'message'), 0) as messages
    from public.usage as u
    where u.project_id is not null and u.amount is not null
    group by u.client_id, u.project_id, u.currency
) as s
left join lateral (
    select count(*) as completed
    from public.interviews as i
    where i.client_id = s.client_id and i.project_id = s.project_id and i.status = 'completed'
) as p on true;
comment on view public.project_costs is 'What each project has cost so far, models and messages, and what that is for each completed interview. Under the reader''s own rights.';

-- source: sql/80_views/10_usage_summary.sql sha256:29083ef535093e120b1e6169bfeeb17aa07ac31782c849ac69d25d839d1bb363
create or replace view public.usage_summary with (security_invoker = true) as
select
    u.client_id,
    u.project_id,
    u.kind,
    u.item,
    u.currency,
    (u.occurred_at at time zone 'America/Sao_Paulo')::date as day,
    sum(u.quantity) as quantity,
    sum(u.input_tokens) as input_tokens,
    sum(u.output_tokens) as output_tokens,
    sum(u.amount) as amount,
    count(*) filter (where u.amount is null) as without_price
from public.usage as u
group by u.client_id, u.project_id, u.kind, u.item, u.currency, (u.occurred_at at time zone 'America/Sao_Paulo')::date;
comment on view public.usage_summary is
'What was used, by day in São Paulo, project, and model or kind of message. amount is exact; without_price: entries that no price was known for, which it leaves out. Under the reader''s own rights.';

-- source: sql/80_views/refuse_write.sql sha256:d364be13163e54dab9b01f8db53ba969b4bc6b932b82caa8e9f798982fa7d817
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

create or replace trigger _100_refuse_write instead of insert or update or delete on public.usage_summary
for each row execute function private.refuse_write();

create or replace trigger _100_refuse_write instead of insert or update or delete on public.project_costs
for each row execute function private.refuse_write();

-- source: sql/90_agent_tools/hand_over.sql sha256:fa5d02c152fd2a5027de5004f9acdbad6fa9c6ae0f22d074eec6cb841bfd3939
create or replace function agent_tools.hand_over(arguments jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
begin
    insert into private.intents (client_id, lead_id, turn_id, kind, details)
    values (private.turn_client_id(), private.turn_lead_id(), private.turn_lease(), 'hand_over', jsonb_build_object('reason', arguments -> 'reason'));
    return '{"handed_over": true}';
end
$$;
comment on function agent_tools.hand_over(jsonb) is 'A person is to go on with the dialogue: {"reason"}. The turn''s commit stops the agent after its reply and tells the client''s owners.';

insert into public.tools (name, description, function_name, parameters_schema) values (
    'hand_over', 'Passa a conversa para uma pessoa da equipe: quando a pessoa pede, reclama, ou quando você não pode resolver.', 'hand_over',
    '{"type": "object", "required": ["reason"], "properties": {
        "reason": {"type": "string", "minLength": 1, "maxLength": 300, "description": "O motivo, em poucas palavras."}
    }}'
) on conflict (name) do nothing;

-- source: sql/90_agent_tools/look_up_lead.sql sha256:22b5bdb5e439963f6af9d3512578adf8100c90c880eb9387183ce086f12af287
create or replace function agent_tools.look_up_lead(arguments jsonb) returns jsonb
language sql stable security definer set search_path = ''
as $$
    select jsonb_build_object(
        'name', l.name, 'phone', l.phone, 'email', l.email, 'profile', coalesce(l.metadata -> 'profile', '{}'), 'known_since', l.created_at,
        'interviews', (
            select coalesce(jsonb_agg(jsonb_build_object('project', p.name, 'status', i.status, 'completed_at', i.completed_at) order by i.created_at), '[]')
            from public.interviews as i
            join public.projects as p on p.id = i.project_id
            where i.lead_id = l.id
        ),
        'callback', (select jsonb_build_object('due_at', b.due_at, 'note', b.note) from public.callbacks as b where b.lead_id = l.id and b.status = 'open')
    )
    from public.leads as l
    where l.id = private.turn_lead_id();
$$;
comment on function agent_tools.look_up_lead(jsonb) is 'What the client knows of the lead whose turn it is. No arguments. Read-only.';

insert into public.tools (name, description, function_name, parameters_schema) values (
    'look_up_lead', 'Consulta os dados que a empresa tem desta pessoa: nome, telefone, e-mail, perfil, pesquisas e retorno agendado.', 'look_up_lead',
    '{"type": "object", "properties": {}}'
) on conflict (name) do nothing;

-- source: sql/90_agent_tools/open_interview.sql sha256:3631d50d30c9d52415b15538fd33e18e203248e0acabec9307e510551c643bd3
create or replace function agent_tools.open_interview(arguments jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    found_ones jsonb := (
        select coalesce(jsonb_agg(jsonb_build_object('id', p.id, 'name', p.name) order by p.created_at), '[]')
        from public.projects as p
        where p.status = 'active' and p.type in ('survey', 'campaign') and (not arguments ? 'project' or lower(p.name) = lower(btrim(arguments ->> 'project')))
            and not exists (select from public.interviews as i where i.project_id = p.id and i.status <> 'pending')
    );
begin
    case jsonb_array_length(found_ones)
        when 0 then
            raise exception 'there is no running survey that this person has not answered' using errcode = '22023';
        when 1 then
            insert into private.intents (client_id, lead_id, turn_id, kind, details)
            values (private.turn_client_id(), private.turn_lead_id(), private.turn_lease(), 'open_interview', jsonb_build_object('project_id', found_ones #> '{0,id}'));
            return jsonb_build_object('begins', found_ones #> '{0,name}');
        else
            return jsonb_build_object('which', jsonb_path_query_array(found_ones, '$[*].name'));
    end case;
end
$$;
comment on function agent_tools.open_interview(jsonb) is
'The lead wants to answer a survey now: {"project"?: its name}. With the turn''s commit its first question follows the reply. Where several run, they are named and nothing begins.';

insert into public.tools (name, description, function_name, parameters_schema) values (
    'open_interview', 'Começa agora uma pesquisa que a pessoa quer responder. A primeira pergunta é enviada depois da sua resposta.', 'open_interview',
    '{"type": "object", "properties": {"project": {"type": "string", "maxLength": 200, "description": "O nome da pesquisa, se houver mais de uma."}}}'
) on conflict (name) do nothing;

-- source: sql/90_agent_tools/qualify.sql sha256:4e1fb79f73c2ecc072134a723bde9bd5a90f53959032f89086c3d66cb7c69fcd
create or replace function agent_tools.qualify(arguments jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    given jsonb := coalesce(arguments -> 'answers', '{}');
    known_as text := private.turn_qualification() ->> 'status';
begin
    if known_as is null then
        insert into public.qualifications as q (client_id, lead_id, proposed)
        values (private.turn_client_id(), private.turn_lead_id(), given)
        -- In another thread of the same lead it may have begun this moment.
        on conflict (lead_id) where status in ('open', 'qualified') do update set proposed = excluded.proposed;
    elsif known_as = 'open' then
        update public.qualifications as q set proposed = given
        where q.lead_id = private.turn_lead_id() and q.status = 'open';
    end if;
    return private.turn_qualification();
end
$$;
comment on function agent_tools.qualify(jsonb) is
'Records what the lead answered to the qualification''s questions: {"answers": {key: value | {"value", "quote"?} | {"refused": true}}}; {} begins. Says what is next, or what it came to, by rules in SQL (private.judge_qualification). What follows happens with the turn''s commit.';

insert into public.tools (name, description, function_name, parameters_schema) values (
    'qualify', 'Registra o que a pessoa interessada respondeu às perguntas de qualificação e diz qual é a próxima. Sem respostas, começa.', 'qualify',
    '{"type": "object", "properties": {"answers": {
        "type": "object", "maxProperties": 30, "additionalProperties": true,
        "description": "Para cada pergunta respondida, pela chave: o valor, ou {\"value\", \"quote\": as palavras da pessoa}, ou {\"refused\": true} se ela não quer responder."
    }}}'
) on conflict (name) do nothing;

-- source: sql/90_agent_tools/register_opt_out.sql sha256:10fffbca93ff39476f1fc19791a2356690a11699ec1a86b90c00319b1ccd5df8
create or replace function agent_tools.register_opt_out(arguments jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
begin
    -- At once, not with the commit: a turn that comes to nothing must not swallow it.
    insert into public.consents (client_id, lead_id, granted, legal_basis, evidence)
    select l.client_id, l.id, false, 'consent', jsonb_build_object('source', 'agent', 'turn_id', private.turn_lease())
    from public.leads as l
    where l.id = private.turn_lead_id() and l.opted_out_at is null;
    return '{"opted_out": true}';
end
$$;
comment on function agent_tools.register_opt_out(jsonb) is 'The lead wants no more messages. No arguments. Idempotent. The turn answers with the goodbye.';

insert into public.tools (name, description, function_name, parameters_schema) values (
    'register_opt_out', 'Registra que a pessoa não quer mais receber mensagens da empresa.', 'register_opt_out',
    '{"type": "object", "properties": {}}'
) on conflict (name) do nothing;

-- source: sql/90_agent_tools/schedule_callback.sql sha256:5fa04357c67b2b0dcb721ba7793dc05777a9142ad37b8fabef60b921a8c79dc2
create or replace function agent_tools.schedule_callback(arguments jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
    -- Without an offset it is the time where the lead lives.
    at timestamptz := case when arguments ->> 'due_at' ~ '(Z|[+-][0-9]{2}:?[0-9]{2})$'
        then (arguments ->> 'due_at')::timestamptz
        else (arguments ->> 'due_at')::timestamp at time zone 'America/Sao_Paulo'
    end;
begin
    if at <= private.now() or at > private.now() + interval '90 days' then
        raise exception 'due_at must lie within the next 90 days; now it is %', to_char(private.now() at time zone 'America/Sao_Paulo', 'YYYY-MM-DD"T"HH24:MI') using errcode = '22023';
    end if;
    update public.callbacks as b
    set due_at = at, note = coalesce(arguments ->> 'note', b.note)
    where b.lead_id = private.turn_lead_id() and b.status = 'open';
    if not found then
        insert into public.callbacks (client_id, lead_id, due_at, note)
        values (private.turn_client_id(), private.turn_lead_id(), at, arguments ->> 'note');
    end if;
    return jsonb_build_object('scheduled_for', to_char(at at time zone 'America/Sao_Paulo', 'DD/MM/YYYY HH24:MI'));
end
$$;
comment on function agent_tools.schedule_callback(jsonb) is
'A person is to call the lead back: {"due_at": time, "note"?}. A lead has one callback to come; asked again, it is moved. The client''s owners are told.';

insert into public.tools (name, description, function_name, parameters_schema) values (
    'schedule_callback', 'Agenda um retorno: uma pessoa da equipe entra em contato no dia e na hora combinados.', 'schedule_callback',
    '{"type": "object", "required": ["due_at"], "properties": {
        "due_at": {"type": "string", "format": "date-time", "description": "Dia e hora no fuso da pessoa, por exemplo 2027-01-31T14:30."},
        "note": {"type": "string", "maxLength": 1000, "description": "O assunto, em poucas palavras."}
    }}'
) on conflict (name) do nothing;

-- source: sql/90_agent_tools/update_lead.sql sha256:0aa63ae659f60769927ac9a1cd8682161a19c6e12f4529a2770866be4ad9ada6
create or replace function agent_tools.update_lead(arguments jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
begin
    update public.leads as l
    set name = coalesce(arguments ->> 'name', l.name),
        email = coalesce(arguments ->> 'email', l.email),
        -- Beside what the company keeps of the lead, which may choose audiences.
        metadata = case when arguments ? 'profile'
            then jsonb_set(l.metadata, '{profile}', coalesce(l.metadata -> 'profile', '{}') || (arguments -> 'profile'))
            else l.metadata
        end
    where l.id = private.turn_lead_id()
        and (select count(*) from jsonb_object_keys(coalesce(l.metadata -> 'profile', '{}') || coalesce(arguments -> 'profile', '{}'))) <= 50;
    if not found then
        raise exception 'the profile has at most 50 fields' using errcode = '22023';
    end if;
    return '{"saved": true}';
end
$$;
comment on function agent_tools.update_lead(jsonb) is 'Changes name, e-mail address and profile fields (metadata.profile) of the lead whose turn it is. {"name"?, "email"?, "profile"?: {word: text}}. Idempotent.';

insert into public.tools (name, description, function_name, parameters_schema) values (
    'update_lead', 'Guarda o que a pessoa disse sobre si mesma: nome, e-mail ou outros dados do perfil.', 'update_lead',
    '{"type": "object", "minProperties": 1, "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 200},
        "email": {"type": "string", "format": "email", "maxLength": 254},
        "profile": {"type": "object", "maxProperties": 20, "additionalProperties": {"type": "string", "maxLength": 500}}
    }}'
) on conflict (name) do nothing;

-- source: policies/05_roles.sql sha256:47f15c5596df9d78cde7f68779d649fb4cd5ccc7083f76bafca96ed6a0f5313f
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
grant execute on function private.agent_config_problem(jsonb) to authenticated, service_role;
grant execute on function private.qualification_problem(jsonb) to authenticated, service_role;
grant execute on function private.schema_problem(jsonb, text) to authenticated, service_role;
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
-- What ISA's RPCs, which run as the admin, plan and do with. Each asks itself whether an admin calls; none is reached through the API.
grant execute on function private.isa_admin() to authenticated;
grant execute on function private.isa_word(text) to authenticated;
grant execute on function private.isa_name_of(public.projects) to authenticated;
grant execute on function private.plan_isa_act(jsonb) to authenticated;
grant execute on function private.do_isa_act(jsonb) to authenticated;
grant execute on function private.issue_isa_token(uuid, jsonb) to authenticated;
grant execute on function private.take_isa_token(text) to authenticated;
grant execute on function private.note_isa_result(uuid, jsonb, public.isa_target_type, uuid, boolean) to authenticated;

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
grant execute on function private.turn_lease() to renum_agent;
grant execute on function private.turn_qualification() to renum_agent;
-- What the triggers ask that run as whoever writes.
grant execute on function private.checked_phone(text) to renum_agent;
grant execute on function private.normalize_phone(text) to renum_agent;
grant execute on function private.is_email(text) to renum_agent;

-- source: policies/agent_tools.sql sha256:c0344da045a0d77dc2942a3e02b28af995d7be3dc9ad8b4adc9b41d430d33898
-- SECURITY: every function that agents can call runs as renum_agent, whom row level security binds to the turn's lead. One that a migration adds is
-- given to it by the same three statements (or this block again); worker.call_tool calls no other.
grant create on schema agent_tools to renum_agent;

do $$
declare
    f regprocedure;
begin
    for f in select p.oid from pg_catalog.pg_proc as p where p.pronamespace = 'agent_tools'::regnamespace and p.proowner <> 'renum_agent'::regrole loop
        execute format('alter function %s owner to renum_agent', f);
    end loop;
    for f in select p.oid from pg_catalog.pg_proc as p where p.pronamespace = 'agent_tools'::regnamespace loop
        execute format('revoke all on function %s from public', f);
        execute format('grant execute on function %s to postgres', f);
    end loop;
end
$$;

revoke create on schema agent_tools from renum_agent;

-- source: policies/audit_log.sql sha256:813df4d8a40fdbe75eae97c9a70cc82b66383234685b9506ec3abfa2f68f7ea4
-- SECURITY: append-only, and by the engine alone: private.audit writes, not even the platform's own key does.
alter table public.audit_log enable row level security;
alter table public.audit_log force row level security;

grant select on public.audit_log to authenticated, service_role;

-- What is no client's matter is for admins; the list of clients that they see does not hold null.
create policy audit_log_select on public.audit_log for select to authenticated
using (((select private.is_admin()) or client_id = any(array(select private.visible_client_ids()))) and private.asks_for_rows());

-- source: policies/budgets.sql sha256:da6f48bd07f04a99796907f9893d06d01c508bc859a7592b00f1e5fd2306679b
-- What it may cost is the owner's to say; the staff see it. What is spent is the engine's to say.
alter table public.budgets enable row level security;
alter table public.budgets force row level security;

grant select, delete on public.budgets to authenticated;
grant insert (id, client_id, project_id, period, amount, currency, warn_at_percent, on_reached) on public.budgets to authenticated;
grant update (period, amount, currency, warn_at_percent, on_reached) on public.budgets to authenticated;
grant select, insert, update, delete on public.budgets to service_role;

create policy budgets_select on public.budgets for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());

create policy budgets_insert on public.budgets for insert to authenticated
with check (client_id = any(array(select private.owned_client_ids())));

create policy budgets_update on public.budgets for update to authenticated
using (client_id = any(array(select private.owned_client_ids())))
with check (client_id = any(array(select private.owned_client_ids())));

create policy budgets_delete on public.budgets for delete to authenticated
using (client_id = any(array(select private.owned_client_ids())));

-- source: policies/callbacks.sql sha256:d0264d81b6c0220260d25f173474e8ea91cfeb29f24b7ff2b28937a59733d947
-- Made by agents' tools, settled by a client's people.
alter table public.callbacks enable row level security;
alter table public.callbacks force row level security;

grant select on public.callbacks to authenticated;
grant insert (client_id, lead_id, due_at, note) on public.callbacks to authenticated;
grant update (due_at, note, status) on public.callbacks to authenticated;
grant select, insert, update, delete on public.callbacks to service_role;

create policy callbacks_select on public.callbacks for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());

create policy callbacks_insert on public.callbacks for insert to authenticated
with check (client_id = any(array(select private.visible_client_ids())));

create policy callbacks_update on public.callbacks for update to authenticated
using (client_id = any(array(select private.visible_client_ids())))
with check (client_id = any(array(select private.visible_client_ids())));

-- SECURITY: a tool sees and sets the callback of the lead whose turn it works in.
grant select (client_id, lead_id, due_at, note, status) on public.callbacks to renum_agent;
grant insert (client_id, lead_id, due_at, note) on public.callbacks to renum_agent;
grant update (due_at, note) on public.callbacks to renum_agent;

create policy callbacks_select_by_agents on public.callbacks for select to renum_agent
using (client_id = (select private.turn_client_id()) and lead_id = (select private.turn_lead_id()));

create policy callbacks_insert_by_agents on public.callbacks for insert to renum_agent
with check (client_id = (select private.turn_client_id()) and lead_id = (select private.turn_lead_id()) and status = 'open');

create policy callbacks_update_by_agents on public.callbacks for update to renum_agent
using (client_id = (select private.turn_client_id()) and lead_id = (select private.turn_lead_id()))
with check (client_id = (select private.turn_client_id()) and lead_id = (select private.turn_lead_id()));

-- first: policies/consents.sql
drop policy if exists "consents_select" on public.consents;
drop policy if exists "consents_insert" on public.consents;
drop policy if exists "consents_insert_by_agents" on public.consents;
-- source: policies/consents.sql sha256:0cb1cf257e7ec3988466aa9477f6fe72a3565bd4e184d9ff2f983c0eed177251
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

-- SECURITY: a tool records that the turn's lead wants no more, never that it wants.
grant insert (client_id, lead_id, granted, legal_basis, evidence) on public.consents to renum_agent;

create policy consents_insert_by_agents on public.consents for insert to renum_agent
with check (client_id = (select private.turn_client_id()) and lead_id = (select private.turn_lead_id()) and not granted);

-- source: policies/conversions.sql sha256:50ee77a79cdc619c350f6149212f449134313c356689b26b89fd85319404b5fc
-- Written by turns' commits, taken back by public.reverse_conversion.
alter table public.conversions enable row level security;
alter table public.conversions force row level security;

grant select on public.conversions to authenticated;
grant select, insert, update, delete on public.conversions to service_role;

create policy conversions_select on public.conversions for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());

-- source: policies/functions.sql sha256:bf13938894620dfcacae1dcf1730ed4362f7412a3f3c38ffa973d4695d3c50a5
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
grant execute on function public.take_over(uuid) to authenticated;
grant execute on function public.hand_back(uuid) to authenticated;
grant execute on function public.reverse_conversion(uuid, text) to authenticated;
grant execute on function public.resend_invitation(uuid) to authenticated;
-- ISA's: for admins, who are asked for in each.
grant execute on function public.begin_isa_command(uuid, text) to authenticated;
grant execute on function public.find_isa_targets(text[], text, uuid[]) to authenticated;
grant execute on function public.plan_isa_command(uuid, jsonb) to authenticated;
grant execute on function public.end_isa_command(uuid, jsonb, public.isa_target_type, uuid) to authenticated;
grant execute on function public.run_isa_plan(text) to authenticated;

-- source: policies/intents.sql sha256:68819fc5b7115c677325fa876b9963e339c92342c0e9fbd0a3f855d58dc9cf42
-- SECURITY: a tool asks for something in its own turn and for its own lead, and reads nothing of it; the commit decides.
alter table private.intents enable row level security;
alter table private.intents force row level security;

grant insert (client_id, lead_id, turn_id, kind, details) on private.intents to renum_agent;

create policy intents_insert_by_agents on private.intents for insert to renum_agent
with check (client_id = (select private.turn_client_id()) and lead_id = (select private.turn_lead_id()) and turn_id = (select private.turn_lease()));

-- first: policies/interviews.sql
drop policy if exists "interviews_select" on public.interviews;
drop policy if exists "interviews_update" on public.interviews;
drop policy if exists "interviews_select_by_agents" on public.interviews;
-- source: policies/interviews.sql sha256:56fe5ba07d94cb5e1324d539abe381271b66ea7b8aebb3c46d9d3a5293cc95f7
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

grant select (id, client_id, lead_id, project_id, status, completed_at, created_at) on public.interviews to renum_agent;

create policy interviews_select_by_agents on public.interviews for select to renum_agent
using (client_id = (select private.turn_client_id()) and lead_id = (select private.turn_lead_id()));

-- source: policies/isa_tokens.sql sha256:e5c8edd0f7d86adc7f4eb501ec6354baf72c4ad147a3af49b2575859ef275274
-- Nobody but the owner.
alter table private.isa_tokens enable row level security;
alter table private.isa_tokens force row level security;

-- first: policies/leads.sql
drop policy if exists "leads_select" on public.leads;
drop policy if exists "leads_insert" on public.leads;
drop policy if exists "leads_update" on public.leads;
drop policy if exists "leads_delete" on public.leads;
drop policy if exists "leads_select_by_agents" on public.leads;
drop policy if exists "leads_update_by_agents" on public.leads;
-- source: policies/leads.sql sha256:c7160bf6b3693d15889d6f83746364d3abea710d1c77beda1eb84020e1641081
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

-- SECURITY: a tool sees and describes the lead whose turn it works in.
grant select (id, client_id, phone, name, email, metadata, created_at, opted_out_at) on public.leads to renum_agent;
grant update (name, email, metadata) on public.leads to renum_agent;

create policy leads_select_by_agents on public.leads for select to renum_agent
using (client_id = (select private.turn_client_id()) and id = (select private.turn_lead_id()));

create policy leads_update_by_agents on public.leads for update to renum_agent
using (client_id = (select private.turn_client_id()) and id = (select private.turn_lead_id()))
with check (client_id = (select private.turn_client_id()) and id = (select private.turn_lead_id()));

-- source: policies/model_prices.sql sha256:90221a5094a84e766fb448b59864317a6b31d942b9eefd8d0d465ada011dd246
-- Nobody but the owner.
alter table private.model_prices enable row level security;
alter table private.model_prices force row level security;

-- source: policies/project_costs.sql sha256:56e90246cdfd5ec4a3175b74fcb9895207af7b353ed80fcba3cf1be7843642ac
grant select on public.project_costs to authenticated, service_role;

-- first: policies/projects.sql
drop policy if exists "projects_select" on public.projects;
drop policy if exists "projects_insert" on public.projects;
drop policy if exists "projects_update" on public.projects;
drop policy if exists "projects_delete" on public.projects;
drop policy if exists "projects_select_by_agents" on public.projects;
-- source: policies/projects.sql sha256:4d50af14d93f3ebb7f27a716762eb2100a567967896544755b5738b15836be92
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

-- SECURITY: names of what runs, of the turn's client; not what is asked, nor whom.
grant select (id, client_id, name, type, status, created_at) on public.projects to renum_agent;

create policy projects_select_by_agents on public.projects for select to renum_agent
using (client_id = (select private.turn_client_id()));

-- source: policies/qualifications.sql sha256:b5ea93454ecd996ef3a1d372e00e834a0627c214594092925647edf413363111
-- Proposed by agents' tools, judged by private.judge_qualification, settled by commits; people read.
alter table public.qualifications enable row level security;
alter table public.qualifications force row level security;

grant select on public.qualifications to authenticated;
grant select, insert, update, delete on public.qualifications to service_role;

create policy qualifications_select on public.qualifications for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());

-- SECURITY: a tool proposes answers of the lead whose turn it works in, and writes nothing else: not the score, not the status.
grant select (client_id, lead_id, status, proposed) on public.qualifications to renum_agent;
grant insert (client_id, lead_id, proposed) on public.qualifications to renum_agent;
grant update (proposed) on public.qualifications to renum_agent;

create policy qualifications_select_by_agents on public.qualifications for select to renum_agent
using (client_id = (select private.turn_client_id()) and lead_id = (select private.turn_lead_id()));

create policy qualifications_insert_by_agents on public.qualifications for insert to renum_agent
with check (client_id = (select private.turn_client_id()) and lead_id = (select private.turn_lead_id()));

create policy qualifications_update_by_agents on public.qualifications for update to renum_agent
using (client_id = (select private.turn_client_id()) and lead_id = (select private.turn_lead_id()))
with check (client_id = (select private.turn_client_id()) and lead_id = (select private.turn_lead_id()));

-- source: policies/renus_config_versions.sql sha256:736fa7b398a3a37f9b87886099a7d3b68ac8fe25e3fd8da2875f5d51972df649
-- Written by trigger, never changed.
alter table public.renus_config_versions enable row level security;
alter table public.renus_config_versions force row level security;

grant select on public.renus_config_versions to authenticated;
grant select, insert, update, delete on public.renus_config_versions to service_role;

create policy renus_config_versions_select on public.renus_config_versions for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());

-- source: policies/spendings.sql sha256:6b3d92eadcc473f210ba6f6ae61a446f311d331d54d7d1963b0889d128a12496
-- Nobody but the owner.
alter table private.spendings enable row level security;
alter table private.spendings force row level security;

-- source: policies/tool_calls.sql sha256:f6335b3c3028f1dedf7a69acd7e62dacd1bdcf95028931c6041372cb18f38db3
-- Written by worker.call_tool.
alter table public.tool_calls enable row level security;
alter table public.tool_calls force row level security;

grant select on public.tool_calls to authenticated;
grant select, insert, update, delete on public.tool_calls to service_role;

create policy tool_calls_select on public.tool_calls for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());

-- source: policies/usage.sql sha256:70bb04ccd4f1869b2ac4753cca3de9b50b7acdf41c2efd00f4d5f9d99c2c6d4f
-- The ledger: the engine adds to it, and nobody changes it, the platform's own key included.
alter table public.usage enable row level security;
alter table public.usage force row level security;

grant select on public.usage to authenticated, service_role;

create policy usage_select on public.usage for select to authenticated
using (client_id = any(array(select private.visible_client_ids())) and private.asks_for_rows());

-- source: policies/usage_summary.sql sha256:0359bf7b388e42d799798b0de9637d9295176e0e893e73fd2710e9c41a87c0c4
grant select on public.usage_summary to authenticated, service_role;

-- The versions that are in use when versions begin to be kept.
insert into public.renus_config_versions (renus_config_id, client_id, version, agent_type, config, prompts)
select r.id, r.client_id, r.version, r.agent_type, r.config, r.prompts from public.renus_config as r
on conflict do nothing;
