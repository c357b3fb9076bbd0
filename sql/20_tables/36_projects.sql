create table public.projects (
    id uuid primary key default gen_random_uuid(),
    client_id uuid not null references public.clients (id),
    name text not null,
    description text,
    type public.project_type not null default 'survey',
    status public.project_status not null default 'draft',
    config jsonb not null default '{}',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    renus_config_id uuid,
    channel_account_id uuid,
    unique (client_id, id),
    foreign key (client_id, renus_config_id) references public.renus_config (client_id, id),
    foreign key (client_id, channel_account_id) references public.channel_accounts (client_id, id),
    constraint name_is_not_blank check (btrim(name) <> ''),
    constraint name_has_at_most_200_characters check (char_length(name) <= 200),
    constraint config_is_an_object check (jsonb_typeof(config) = 'object'),
    constraint description_has_at_most_10000_characters check (char_length(description) <= 10000),
    constraint config_has_at_most_4096_kilobytes_and_20_levels check (octet_length(config::text) <= 4194304 and not config @? '$.**{20}')
);
create index idx_projects_client_id on public.projects (client_id, created_at);
create index idx_projects_renus_config_id on public.projects (client_id, renus_config_id);
create index idx_projects_channel_account_id on public.projects (client_id, channel_account_id);
create index idx_projects_active on public.projects (id) where status = 'active';
comment on table public.projects is 'A client''s surveys, campaigns and support lines.';
comment on column public.projects.config is 'goal, audience, questionnaire, invitation, reminders, expire_after, stretch (spread over days what the account''s daily limit does not take at once): checked by private.project_config_problem.';
comment on column public.projects.channel_account_id is 'The number that writes; null until started, then the client''s oldest active WhatsApp account.';
