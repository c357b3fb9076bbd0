create table public.leads (
    id uuid primary key default gen_random_uuid(),
    client_id uuid not null references public.clients (id),
    phone text,
    name text,
    email text,
    metadata jsonb not null default '{}',
    status public.lead_status not null default 'active',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    consent_basis public.legal_basis not null default 'not_informed',
    opted_out_at timestamptz,
    time_zone text,
    qualified_at timestamptz,
    unique (client_id, id),
    constraint a_phone_is_once_a_lead_of_a_client unique (client_id, phone),
    constraint phone_is_e164 check (phone ~ '^\+[1-9][0-9]{7,14}$'),
    constraint metadata_is_an_object check (jsonb_typeof(metadata) = 'object'),
    constraint name_has_at_most_200_characters check (char_length(name) <= 200),
    constraint time_zone_is_a_name_such_as_america_sao_paulo check (time_zone ~ '^[A-Za-z]+(/[A-Za-z0-9_+-]+)+$' and char_length(time_zone) <= 100),
    constraint metadata_has_at_most_64_kilobytes_and_20_levels check (octet_length(metadata::text) <= 65536 and not metadata @? '$.**{20}')
);
create index idx_leads_client_id on public.leads (client_id, created_at);
create index idx_leads_phone on public.leads (phone);
comment on table public.leads is 'The people a client talks with. They never log in.';
comment on column public.leads.phone is 'E.164, Brazilian mobiles with their ninth digit. null where only another identity is known.';
comment on column public.leads.opted_out_at is 'Since when nothing may be sent to this lead. Kept by trigger from consents.';
comment on column public.leads.time_zone is 'IANA name. null: by the area code of the phone, else America/Sao_Paulo (private.zone_of).';
comment on column public.leads.qualified_at is 'Since when this lead counts as qualified: by an agent''s questions and the rules of its configuration (public.qualifications). Kept by the engine.';
