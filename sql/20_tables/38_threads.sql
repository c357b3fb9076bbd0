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
    agent_id uuid,
    agent_version integer,
    held boolean not null default false,
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
create index idx_threads_waiting on private.threads (client_id, due_at) where task_id is null and due_at is not null;
create index idx_threads_queued on private.threads (client_id) where task_id is not null;
create index idx_threads_lease on private.threads (lease) where lease is not null;
create index idx_threads_held on private.threads (client_id) where held;
comment on table private.threads is
'One for each lead and channel account: the lock, the order (last_seq), the counters of what came in and what was handled, and the one live interview or conversation.';
comment on column private.threads.task_id is 'The agent_turn task in pgmq, if there is one. Only a commit or the last failed attempt removes it.';
comment on column private.threads.lease is 'The fencing token of the turn under way. A commit with another token writes nothing.';
comment on column private.threads.agent_id is 'The agent (renus_config) that the turn under way was begun with, and agent_version its version then: what its commit records, whatever people change meanwhile.';
comment on column private.threads.held is 'Its turn was not begun because a budget is used up: the sweep queues it when that budget opens again.';
comment on column private.threads.due_at is 'When the turn is to be looked at next: an estimate that the sweep rings by. With a due_at and no task_id the turn waits for admission; null: nothing waits.';
comment on column private.threads.address is 'How the lead wrote last, verbatim: {"wa_id", "bsuid", "lid"?, "phone"?}, phone being an SMS sender''s number. Replies go there.';
