create table public.profiles (
    id uuid primary key references auth.users (id) on delete cascade,
    email text unique,
    full_name text,
    role public.user_role not null default 'client',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    phone text,
    constraint phone_is_e164 check (phone ~ '^\+[1-9][0-9]{7,14}$'),
    constraint full_name_has_at_most_200_characters check (char_length(full_name) <= 200)
);
comment on table public.profiles is 'The people who use RENUM: its admins and the clients'' staff. One row for each auth.users row.';
