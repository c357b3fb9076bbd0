create table public.pets (
    id uuid primary key default gen_random_uuid(),
    name text not null,
    born date not null,
    constraint name_is_not_empty check (name <> '')
);
comment on table public.pets is 'What the sample is about.';
