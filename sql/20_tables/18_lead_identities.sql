create table public.lead_identities (
    id uuid primary key default gen_random_uuid(),
    client_id uuid not null references public.clients (id),
    lead_id uuid not null,
    kind public.identity_kind not null,
    value text not null,
    created_at timestamptz not null default now(),
    constraint an_identity_is_one_lead_of_a_client unique (client_id, kind, value),
    foreign key (client_id, lead_id) references public.leads (client_id, id) on delete cascade
);
create index idx_lead_identities_lead_id on public.lead_identities (client_id, lead_id);
comment on table public.lead_identities is 'Everything a lead is known by. A phone number alone is not an identity: webhooks may carry only a BSUID or a lid.';
