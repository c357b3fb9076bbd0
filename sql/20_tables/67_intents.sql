create table private.intents (
    id bigint generated always as identity primary key,
    client_id uuid not null,
    lead_id uuid not null,
    turn_id uuid not null,
    kind text not null,
    details jsonb not null default '{}',
    created_at timestamptz not null default clock_timestamp(),
    foreign key (client_id, lead_id) references public.leads (client_id, id) on delete cascade,
    constraint kind_is_a_word check (kind ~ '^[a-z][a-z_]{0,62}$'),
    constraint details_is_an_object check (jsonb_typeof(details) = 'object')
);
create index idx_intents_turn_id on private.intents (turn_id, id);
create index idx_intents_lead_id on private.intents (client_id, lead_id);
comment on table private.intents is
'What tools asked for in a turn that goes beyond the lead''s own rows: performed by the turn''s commit, by rules, or never. Gone with the commit.';
