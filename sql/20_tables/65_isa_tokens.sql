create table private.isa_tokens (
    command_id uuid primary key references public.isa_commands (id) on delete cascade,
    admin_id uuid not null references public.profiles (id) on delete cascade,
    token_hash bytea not null unique,
    plan jsonb not null,
    expires_at timestamptz not null,
    used_at timestamptz,
    created_at timestamptz not null default now(),
    constraint token_hash_is_a_sha256 check (octet_length(token_hash) = 32)
);
create index idx_isa_tokens_admin_id on private.isa_tokens (admin_id);
create index idx_isa_tokens_expires_at on private.isa_tokens (expires_at);
comment on table private.isa_tokens is 'What ISA planned and an admin may confirm: once, within five minutes, and only the admin who asked. The token itself is not kept.';
