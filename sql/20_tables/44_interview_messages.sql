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
