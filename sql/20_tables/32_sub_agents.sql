create table public.sub_agents (
    id uuid primary key default gen_random_uuid(),
    name text not null unique,
    type public.sub_agent_type not null default 'custom',
    description text not null default '',
    config jsonb not null default '{}',
    tools jsonb not null default '[]',
    active boolean not null default true,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint config_is_an_object check (jsonb_typeof(config) = 'object'),
    constraint tools_is_an_array check (jsonb_typeof(tools) = 'array')
);
comment on table public.sub_agents is 'Specialists that an agent can hand the dialogue to. tools holds ids of public.tools.';
