create table public.media (
    id uuid primary key default gen_random_uuid(),
    client_id uuid not null references public.clients (id),
    lead_id uuid not null,
    channel_account_id uuid not null,
    message_id uuid not null,
    message_kind text not null,
    type text not null,
    provider_media_id text not null,
    provider_url text,
    mime_type text,
    file_name text,
    sha256 text,
    size bigint,
    fetch_before timestamptz not null,
    status public.media_status not null,
    storage_path text,
    attempts integer not null default 0,
    due_at timestamptz not null default now(),
    task_id bigint,
    claim uuid,
    error jsonb,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    stored_at timestamptz,
    unique (client_id, id),
    foreign key (client_id, lead_id) references public.leads (client_id, id),
    foreign key (client_id, channel_account_id) references public.channel_accounts (client_id, id),
    constraint message_kind_is_a_table_of_messages check (message_kind in ('interview_messages', 'messages')),
    constraint stored_ones_say_where check ((storage_path is not null) = (status = 'stored') and (stored_at is not null) = (status = 'stored')),
    constraint failed_and_expired_ones_say_why check (status not in ('failed', 'expired') or error is not null),
    constraint only_waiting_ones_have_a_task check (task_id is null or status = 'waiting'),
    constraint size_is_not_negative check (size >= 0)
);
create index idx_media_client_id on public.media (client_id, created_at);
create index idx_media_lead_id on public.media (client_id, lead_id);
create index idx_media_channel_account_id on public.media (client_id, channel_account_id);
create index idx_media_message_id on public.media (message_id);
create index idx_media_waiting on public.media (client_id, due_at) where status = 'waiting';
comment on table public.media is 'Files that leads sent: what is needed to fetch each in time, and where it lies once it was.';
comment on column public.media.message_id is 'The message it came with, a row of the table that message_kind names. (Messages are partitioned: no foreign key.)';
comment on column public.media.sha256 is 'As the provider says it, in hex or base64, until the file is stored; then its own, in hex.';
comment on column public.media.fetch_before is 'Until when the provider keeps the file.';
comment on column public.media.storage_path is 'In the bucket that the setting media_bucket names: <client_id>/<lead_id>/<id>.';
comment on column public.media.task_id is 'Its task in pgmq; null: not admitted yet, or done.';
