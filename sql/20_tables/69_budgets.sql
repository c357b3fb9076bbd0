create table public.budgets (
    id uuid primary key default gen_random_uuid(),
    client_id uuid not null references public.clients (id),
    project_id uuid,
    period public.budget_period not null default 'month',
    amount numeric(14, 2) not null,
    currency text not null default 'USD',
    warn_at_percent integer not null default 80,
    on_reached public.budget_action not null default 'degrade',
    spent numeric not null default 0,
    state public.budget_state not null default 'open',
    told public.budget_state not null default 'open',
    period_began timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    foreign key (client_id, project_id) references public.projects (client_id, id) on delete cascade,
    constraint one_budget_per_project_and_period unique nulls not distinct (client_id, project_id, period),
    constraint amount_is_not_negative check (amount >= 0),
    constraint warn_at_percent_is_1_to_100 check (warn_at_percent between 1 and 100)
);
create index idx_budgets_period_began on public.budgets (period_began);
comment on table public.budgets is
'What a client, or one of its projects, may cost, and what happens when that is reached. People write the limits; spent, state, told and period_began are the engine''s.';
comment on column public.budgets.project_id is 'null: everything the client uses, its projects included.';
comment on column public.budgets.currency is 'Only what is priced in this currency counts: nothing is converted.';
comment on column public.budgets.spent is 'Exact, of the period under way; a second behind the ledger.';
comment on column public.budgets.told is 'The gravest state of which the owners were told, of this amount and in this period.';
comment on column public.budgets.period_began is 'What was used before this is another period''s. null: not counted yet, which the next sweep does.';
