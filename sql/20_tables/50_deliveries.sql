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
    due_at timestamptz not null default private.now(),
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
    begun_at timestamptz,
    initiated boolean not null default false,
    pair_at timestamptz,
    throttles integer not null default 0,
    repeats integer not null default 0,
    released_by uuid,
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
create index idx_deliveries_initiated on public.deliveries (client_id, begun_at) where initiated;
create unique index a_provider_message_is_one_delivery on public.deliveries (channel_account_id, provider_message_id);
comment on table public.deliveries is 'The outbox: everything sent or to be sent, and what became of it.';
comment on column public.deliveries.content is '{"type": "text", "text"} or {"type": "template", "name", "language", "parameters", "text"}.';
comment on column public.deliveries.due_at is 'When to look at it next: to be sent, the end of a claim, or of the grace period of an unknown one.';
comment on column public.deliveries.task_id is 'Its task in pgmq; null: not admitted yet, or done.';
comment on column public.deliveries.begun_at is 'When its last attempt was let go, by private.now().';
comment on column public.deliveries.initiated is 'Whether it went, or goes, to somebody outside an open window: what daily limits and frequency caps count.';
comment on column public.deliveries.pair_at is 'Until when the pair of sender and recipient has used up its rate by this message (a virtual scheduling clock).';
comment on column public.deliveries.throttles is 'How often in a row the provider sent it away for going too fast.';
comment on column public.deliveries.repeats is 'How often it was sent again because nobody said what became of it.';
comment on column public.deliveries.released_by is 'The claim whose completion claimed this one: that completion, repeated, hands it out again.';
