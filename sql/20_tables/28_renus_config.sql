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
    constraint prompts_is_an_object check (jsonb_typeof(prompts) = 'object'),
    constraint the_model_in_config_is_a_text check (coalesce(jsonb_typeof(config -> 'model'), 'null') in ('string', 'null')),
    constraint prompts_are_texts check (not prompts @? '$.* ? (@.type() != "string" && @.type() != "null")'),
    constraint config_has_at_most_64_kilobytes_and_20_levels check (octet_length(config::text) <= 65536 and not config @? '$.**{20}'),
    constraint prompts_has_at_most_64_kilobytes_and_20_levels check (octet_length(prompts::text) <= 65536 and not prompts @? '$.**{20}')
);
comment on table public.renus_config is 'How a client''s agent speaks and acts. version grows with every change; turns record it.';
