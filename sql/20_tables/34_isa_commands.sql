create table public.isa_commands (
    id uuid primary key default gen_random_uuid(),
    admin_id uuid not null references public.profiles (id),
    command text not null,
    target_type public.isa_target_type,
    target_id uuid,
    result jsonb,
    executed_at timestamptz,
    created_at timestamptz not null default now()
);
create index idx_isa_commands_admin_id on public.isa_commands (admin_id, created_at);
comment on table public.isa_commands is 'What admins asked of ISA and what came of it.';
