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
