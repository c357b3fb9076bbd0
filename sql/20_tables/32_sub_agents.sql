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
    constraint tools_is_an_array check (jsonb_typeof(tools) = 'array'),
    constraint name_has_1_to_100_characters check (btrim(name) <> '' and char_length(name) <= 100),
    constraint description_has_at_most_4000_characters check (char_length(description) <= 4000),
    constraint tools_holds_ids check (
        jsonb_typeof(tools) <> 'array'
        or not tools @? '$[*] ? (@.type() != "string" || !(@ like_regex "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" flag "i"))'
    ),
    constraint tools_are_at_most_100 check (jsonb_typeof(tools) <> 'array' or jsonb_array_length(tools) <= 100),
    constraint config_has_at_most_64_kilobytes_and_20_levels check (octet_length(config::text) <= 65536 and not config @? '$.**{20}')
);
comment on table public.sub_agents is 'Specialists that an agent can hand the dialogue to. tools holds ids of public.tools.';
