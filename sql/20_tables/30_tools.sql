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
    constraint parameters_schema_describes_an_object check (coalesce(parameters_schema ->> 'type' = 'object', false)),
    constraint name_has_1_to_100_characters check (btrim(name) <> '' and char_length(name) <= 100),
    constraint description_has_at_most_4000_characters check (char_length(description) <= 4000),
    constraint function_name_has_at_most_63_characters check (char_length(function_name) <= 63),
    constraint the_schema_has_at_most_64_kilobytes_and_20_levels check (octet_length(parameters_schema::text) <= 65536 and not parameters_schema @? '$.**{20}')
);
comment on table public.tools is 'What agents can call: function_name is a function in agent_tools.';
