create table private.account_paces (
    channel_account_id uuid primary key,
    client_id uuid not null,
    next_at timestamptz not null default clock_timestamp(),
    not_before timestamptz,
    reason text,
    foreign key (client_id, channel_account_id) references public.channel_accounts (client_id, id) on delete cascade
) with (fillfactor = 50);
create index idx_account_paces_client_id on private.account_paces (client_id, channel_account_id);
comment on table private.account_paces is 'How fast each account has sent lately. One row for each account that has a throughput, or whose provider asked for a pause.';
comment on column private.account_paces.next_at is 'When the next send would be due if all were spread evenly (a virtual scheduling clock).';
comment on column private.account_paces.not_before is 'Until when the provider wants nothing from this account.';
