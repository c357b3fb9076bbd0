create table public.failed_tasks (
    id uuid primary key default gen_random_uuid(),
    client_id uuid not null references public.clients (id),
    queue text not null,
    task text not null,
    task_row_id uuid not null,
    payload jsonb not null,
    error jsonb not null,
    attempts integer not null,
    status public.failed_task_status not null default 'dead',
    created_at timestamptz not null default now(),
    replayed_at timestamptz,
    resolved_at timestamptz,
    msg_id bigint
);
create index idx_failed_tasks_client_id on public.failed_tasks (client_id, created_at);
create index idx_failed_tasks_dead on public.failed_tasks (created_at) where status = 'dead';
create index idx_failed_tasks_task_row_id on public.failed_tasks (task_row_id) where status <> 'resolved';
comment on table public.failed_tasks is 'The dead letters: work that failed for good, with its error. The queue of the same name carries their ids.';
comment on column public.failed_tasks.msg_id is 'The message in the queue failed_tasks that carries this row''s id, while it is dead.';
