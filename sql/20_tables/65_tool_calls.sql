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
