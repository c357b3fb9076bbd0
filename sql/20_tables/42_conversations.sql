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
    renus_config_id uuid,
    project_id uuid,
    sub_agent_id uuid references public.sub_agents (id) on delete set null,
    memory jsonb not null default '{}',
    summary text,
    summary_seq bigint not null default 0,
    summary_at timestamptz,
    handed_over_at timestamptz,
    handed_over_reason text,
    handed_over_by uuid,
    person_wrote_at timestamptz,
    resuming boolean not null default false,
    customer_client_id uuid,
    unique (client_id, id),
    foreign key (client_id, lead_id) references public.leads (client_id, id),
    foreign key (client_id, thread_id) references private.threads (client_id, id),
    foreign key (client_id, renus_config_id) references public.renus_config (client_id, id),
    foreign key (client_id, project_id) references public.projects (client_id, id),
    constraint the_other_side_is_a_lead_or_a_profile check (num_nonnulls(lead_id, profile_id) = 1),
    constraint memory_is_an_object check (jsonb_typeof(memory) = 'object'),
    constraint what_is_handed_over_has_a_reason check ((handed_over_at is null) = (handed_over_reason is null))
);
create index idx_conversations_lead_id on public.conversations (lead_id);
create index idx_conversations_client_id on public.conversations (client_id, last_message_at);
create index idx_conversations_client_lead on public.conversations (client_id, lead_id);
create index idx_conversations_profile_id on public.conversations (profile_id);
create index idx_conversations_thread_id on public.conversations (client_id, thread_id);
create index idx_conversations_renus_config_id on public.conversations (client_id, renus_config_id);
create index idx_conversations_project_id on public.conversations (client_id, project_id);
create index idx_conversations_sub_agent_id on public.conversations (sub_agent_id);
create unique index a_profile_has_one_conversation_per_client on public.conversations (client_id, profile_id) where profile_id is not null;
comment on table public.conversations is 'Dialogues that are no interview: with a lead, or (notifications) with one of the client''s people.';
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

alter table private.threads
add constraint the_live_conversation_is_of_the_same_client
foreign key (client_id, conversation_id) references public.conversations (client_id, id);
create index idx_threads_conversation_id on private.threads (client_id, conversation_id);
