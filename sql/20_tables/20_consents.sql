create table public.consents (
    id uuid primary key default gen_random_uuid(),
    client_id uuid not null references public.clients (id),
    lead_id uuid not null,
    granted boolean not null,
    legal_basis public.legal_basis not null,
    text_version text,
    evidence jsonb not null default '{}',
    created_at timestamptz not null default now(),
    purpose text not null default 'mensagens',
    foreign key (client_id, lead_id) references public.leads (client_id, id) on delete cascade,
    constraint text_version_has_at_most_200_characters check (char_length(text_version) <= 200),
    constraint purpose_has_1_to_200_characters check (btrim(purpose) <> '' and char_length(purpose) <= 200),
    constraint evidence_is_an_object check (jsonb_typeof(evidence) = 'object'),
    constraint evidence_has_at_most_1024_kilobytes_and_20_levels check (octet_length(evidence::text) <= 1048576 and not evidence @? '$.**{20}')
);
create index idx_consents_lead_id on public.consents (client_id, lead_id, created_at);
comment on table public.consents is 'On what ground each lead may be contacted, and when that was withdrawn. Append-only; the newest row counts.';
comment on column public.consents.purpose is 'What for the lead may be written to, in words.';
comment on column public.consents.text_version is 'Which wording of the consent was shown.';
comment on column public.consents.evidence is '{"source": import | message | agent | provider | erasure | person, "recorded_by", …}: how it can be proved. source is the engine''s to say.';
