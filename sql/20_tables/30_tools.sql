create table public.tools (
    id uuid primary key default gen_random_uuid(),
    name text not null unique,
    description text not null,
    function_name text not null,
    parameters_schema jsonb not null default '{"type": "object", "properties": {}}',
    active boolean not null default true,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint function_name_is_an_identifier check (function_name ~ '^[a-z_][a-z0-9_]*$'),
    constraint parameters_schema_describes_an_object check (coalesce(parameters_schema ->> 'type' = 'object', false))
);
comment on table public.tools is 'What agents can call: function_name is a function in agent_tools.';
