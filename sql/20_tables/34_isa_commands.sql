create table public.isa_commands (
    id uuid primary key default gen_random_uuid(),
    admin_id uuid not null references public.profiles (id),
    command text not null,
    target_type public.isa_target_type,
    target_id uuid,
    result jsonb,
    executed_at timestamptz,
    created_at timestamptz not null default now(),
    constraint command_has_1_to_10000_characters check (btrim(command) <> '' and char_length(command) <= 10000),
    constraint result_is_an_object check (jsonb_typeof(result) = 'object'),
    constraint result_has_at_most_1024_kilobytes_and_20_levels check (octet_length(result::text) <= 1048576 and not result @? '$.**{20}'),
    constraint executed_at_is_in_this_century check (executed_at >= '2000-01-01' and executed_at < '2100-01-01')
);
create index idx_isa_commands_admin_id on public.isa_commands (admin_id, created_at);
comment on table public.isa_commands is 'What admins asked of ISA and what came of it.';
