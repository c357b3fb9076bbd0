create table public.conversions (
    id uuid primary key default gen_random_uuid(),
    client_id uuid not null,
    lead_id uuid not null,
    qualification_id uuid not null,
    turn_id uuid,
    made_client_id uuid not null references public.clients (id),
    made_renus_config_id uuid not null,
    made_project_id uuid,
    member_id uuid references public.client_members (id) on delete set null,
    created_at timestamptz not null default now(),
    reversed_at timestamptz,
    reversed_by uuid references public.profiles (id) on delete set null,
    reason text,
    unique (client_id, id),
    foreign key (client_id, lead_id) references public.leads (client_id, id),
    foreign key (client_id, qualification_id) references public.qualifications (client_id, id),
    foreign key (made_client_id, made_renus_config_id) references public.renus_config (client_id, id),
    foreign key (made_client_id, made_project_id) references public.projects (client_id, id) on delete set null (made_project_id),
    constraint who_reverses_says_why check ((reversed_at is null) = (reason is null)),
    constraint reason_has_at_most_1000_characters check (char_length(reason) <= 1000)
);
create index idx_conversions_client_id on public.conversions (client_id, created_at);
create index idx_conversions_lead_id on public.conversions (client_id, lead_id);
create index idx_conversions_qualification_id on public.conversions (client_id, qualification_id);
create index idx_conversions_made_client_id on public.conversions (made_client_id, made_renus_config_id);
create index idx_conversions_made_project_id on public.conversions (made_client_id, made_project_id);
create index idx_conversions_member_id on public.conversions (member_id);
create index idx_conversions_reversed_by on public.conversions (reversed_by);
create unique index a_lead_becomes_one_client on public.conversions (lead_id) where reversed_at is null;
comment on table public.conversions is 'Leads of the house client that have become clients, and what was made for each. Written by the commit of a turn, taken back by public.reverse_conversion.';
comment on column public.conversions.turn_id is 'The turn whose commit did it.';
