create table public.usage (
    id uuid primary key default gen_random_uuid(),
    client_id uuid not null references public.clients (id),
    project_id uuid,
    kind public.usage_kind not null,
    item text not null,
    turn_id uuid,
    run integer not null default 0,
    report_id uuid,
    claim uuid,
    delivery_id uuid,
    input_tokens bigint not null default 0,
    output_tokens bigint not null default 0,
    quantity integer not null default 1,
    amount numeric,
    currency text,
    occurred_at timestamptz not null default private.now(),
    foreign key (client_id, project_id) references public.projects (client_id, id) on delete set null (project_id),
    constraint a_run_counts_a_model_once unique (turn_id, run, item),
    constraint a_claim_counts_a_model_once unique (claim, item),
    constraint a_delivery_counts_once unique (delivery_id),
    constraint it_is_of_a_turn_a_report_or_a_delivery check (num_nonnulls(turn_id, claim, delivery_id) = 1),
    constraint an_amount_has_its_currency check ((amount is null) = (currency is null)),
    constraint amount_is_not_negative check (amount >= 0)
);
create index idx_usage_client_id on public.usage (client_id, occurred_at);
create index idx_usage_project_id on public.usage (client_id, project_id);
comment on table public.usage is
'The ledger: what every turn, report and message used, and what that costs by the price lists of its day. Only added to. Amounts are exact; whoever shows them rounds. Rows outlive the turns, reports and deliveries that they name.';
comment on column public.usage.item is 'The model''s name; of a message its provider and category, whatsapp_cloud/marketing say.';
comment on column public.usage.run is 'Which run of the turn: one that was thrown away because the lead wrote meanwhile was paid for as well.';
comment on column public.usage.claim is 'The attempt at a report.';
comment on column public.usage.quantity is 'Calls of the model, or messages.';
comment on column public.usage.amount is 'null: no price is known.';
