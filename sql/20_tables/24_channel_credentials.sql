create table private.channel_credentials (
    channel_account_id uuid primary key,
    client_id uuid not null,
    ciphertext text not null,
    key_id text not null,
    updated_at timestamptz not null default now(),
    foreign key (client_id, channel_account_id) references public.channel_accounts (client_id, id) on delete cascade
);
create index idx_channel_credentials_client_id on private.channel_credentials (client_id, channel_account_id);
comment on table private.channel_credentials is 'AES-256-GCM ciphertext, bound to its account. The key is in the functions'' environment only.';
