create table public.consents (
    id uuid primary key default gen_random_uuid(),
    client_id uuid not null references public.clients (id),
    lead_id uuid not null,
    granted boolean not null,
    legal_basis public.legal_basis not null,
    text_version text,
    evidence jsonb not null default '{}',
    created_at timestamptz not null default now(),
    foreign key (client_id, lead_id) references public.leads (client_id, id) on delete cascade,
    constraint text_version_has_at_most_200_characters check (char_length(text_version) <= 200),
    constraint evidence_is_an_object check (jsonb_typeof(evidence) = 'object'),
    constraint evidence_has_at_most_1024_kilobytes_and_20_levels check (octet_length(evidence::text) <= 1048576 and not evidence @? '$.**{20}')
);
create index idx_consents_lead_id on public.consents (client_id, lead_id, created_at);
comment on table public.consents is 'On what ground each lead may be contacted, and when that was withdrawn. Append-only; the newest row counts.';
