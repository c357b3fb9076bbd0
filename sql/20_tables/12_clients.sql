create table public.clients (
    id uuid primary key default gen_random_uuid(),
    profile_id uuid references public.profiles (id) on delete set null,
    company_name text not null,
    cnpj text,
    plan public.client_plan not null default 'basic',
    status public.client_status not null default 'active',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    is_house boolean not null default false,
    constraint company_name_is_not_blank check (btrim(company_name) <> ''),
    constraint company_name_has_at_most_200_characters check (char_length(company_name) <= 200),
    constraint cnpj_has_14_letters_or_digits check (cnpj ~ '^[0-9A-Z]{12}[0-9]{2}$')
);
create index idx_clients_profile_id on public.clients (profile_id);
create unique index there_is_one_house_client on public.clients (is_house) where is_house;
comment on table public.clients is 'The companies that buy agents: the tenants. The house client is RENUM itself.';
comment on column public.clients.profile_id is 'The owner, kept by trigger from client_members.';
comment on column public.clients.cnpj is 'Company number without punctuation: 12 letters or digits and 2 check digits.';
