create table public.erasures (
    id uuid primary key default gen_random_uuid(),
    client_id uuid not null references public.clients (id),
    lead_id uuid not null,
    reason text,
    requested_by uuid references public.profiles (id) on delete set null,
    due_at timestamptz not null default private.now() + interval '1 hour',
    done_at timestamptz,
    created_at timestamptz not null default now(),
    foreign key (client_id, lead_id) references public.leads (client_id, id) on delete cascade,
    constraint reason_has_at_most_1000_characters check (char_length(reason) <= 1000)
);
create index idx_erasures_client_id on public.erasures (client_id, created_at);
create index idx_erasures_lead_id on public.erasures (client_id, lead_id);
create index idx_erasures_requested_by on public.erasures (requested_by);
create index idx_erasures_due on public.erasures (due_at) where done_at is null;
create unique index a_lead_has_one_erasure_to_come on public.erasures (lead_id) where done_at is null;
comment on table public.erasures is
'Leads whose personal data is to be erased (LGPD art. 18 VI; TSE Res. 23.610/2019 art. 33: within 48 hours), and when that was done. Asked for by people, or by an opt-out where the agent''s pack says so. Append-only.';
comment on column public.erasures.due_at is 'When it is carried out: an hour after a person asked, so that a slip of the hand can still be told to an admin.';
