create table public.renus_config (
    id uuid primary key default gen_random_uuid(),
    client_id uuid not null references public.clients (id),
    agent_type public.agent_type not null default 'renus_base',
    config jsonb not null default '{}',
    prompts jsonb not null default '{}',
    active boolean not null default true,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    version integer not null default 1,
    unique (client_id, id),
    constraint config_is_an_object check (jsonb_typeof(config) = 'object'),
    constraint prompts_is_an_object check (jsonb_typeof(prompts) = 'object')
);
comment on table public.renus_config is 'How a client''s agent speaks and acts. version grows with every change; turns record it.';
