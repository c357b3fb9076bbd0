create table public.risk_acceptances (
    id uuid primary key default gen_random_uuid(),
    client_id uuid not null references public.clients (id),
    agent_type public.agent_type not null,
    text text not null,
    accepted_by uuid not null references public.profiles (id),
    accepted_at timestamptz not null default now(),
    constraint text_has_20_to_4000_characters check (char_length(btrim(text)) >= 20 and char_length(text) <= 4000)
);
create index idx_risk_acceptances_client_id on public.risk_acceptances (client_id, agent_type);
create index idx_risk_acceptances_accepted_by on public.risk_acceptances (accepted_by);
comment on table public.risk_acceptances is
'What an admin accepted in writing for a client: that an agent of this type writes from an official account although the channel''s terms may have the account closed for it. Append-only.';
