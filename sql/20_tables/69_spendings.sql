create table private.spendings (
    id bigint generated always as identity primary key,
    client_id uuid not null references public.clients (id),
    project_id uuid,
    currency text not null,
    amount numeric not null,
    occurred_at timestamptz not null
);
create index idx_spendings_client_id on private.spendings (client_id);
comment on table private.spendings is
'What was added to the ledger and is not counted against the budgets yet. Only inserted into by commits, so that two of them never wait for one budget''s row; the sweep empties it.';
