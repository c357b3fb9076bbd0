create table public.tools (
    id uuid primary key default gen_random_uuid(),
    name text not null unique,
    description text not null,
    function_name text not null,
    parameters_schema jsonb not null default '{}',
    active boolean not null default true
);
