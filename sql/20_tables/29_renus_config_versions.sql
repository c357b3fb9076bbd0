create table public.renus_config_versions (
    id uuid primary key default gen_random_uuid(),
    renus_config_id uuid not null,
    client_id uuid not null,
    version integer not null,
    agent_type public.agent_type not null,
    config jsonb not null,
    prompts jsonb not null,
    created_at timestamptz not null default now(),
    created_by uuid references public.profiles (id) on delete set null,
    constraint a_version_is_kept_once unique (renus_config_id, version),
    foreign key (client_id, renus_config_id) references public.renus_config (client_id, id) on delete cascade
);
create index idx_renus_config_versions_client_id on public.renus_config_versions (client_id, renus_config_id);
create index idx_renus_config_versions_created_by on public.renus_config_versions (created_by);
comment on table public.renus_config_versions is 'Every version of every agent''s configuration: turns name the one they were begun with. Written by trigger, never changed.';
