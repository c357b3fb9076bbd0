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
