create table public.client_members (
    id uuid primary key default gen_random_uuid(),
    client_id uuid not null references public.clients (id) on delete cascade,
    profile_id uuid references public.profiles (id) on delete set null,
    email text not null,
    role public.member_role not null default 'staff',
    status public.member_status not null default 'invited',
    invited_by uuid references public.profiles (id) on delete set null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (client_id, email),
    constraint email_is_lower_case_with_an_at check (email = lower(email) and email ~ '^[^@\s]+@[^@\s]+$'),
    constraint active_members_have_a_profile check (status <> 'active' or profile_id is not null),
    constraint email_has_at_most_254_characters check (char_length(email) <= 254)
);
create unique index a_profile_is_once_a_member on public.client_members (profile_id, client_id);
create index idx_client_members_email on public.client_members (email);
create index idx_client_members_invited_by on public.client_members (invited_by);
comment on table public.client_members is 'Who works at a client. An invited row becomes active when a person confirms its e-mail address.';
