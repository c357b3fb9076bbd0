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
