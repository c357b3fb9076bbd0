create table public.message_templates (
    id uuid primary key default gen_random_uuid(),
    client_id uuid not null references public.clients (id),
    channel_account_id uuid,
    name text not null,
    language text not null default 'pt_BR',
    category text not null default 'utility',
    body text not null,
    parameters text[] not null default '{}',
    status public.template_status not null default 'pending',
    purpose public.template_purpose not null default 'other',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    provider_id text,
    reason text,
    components jsonb,
    synced_at timestamptz,
    unique nulls not distinct (client_id, channel_account_id, name, language),
    foreign key (client_id, channel_account_id) references public.channel_accounts (client_id, id),
    constraint name_has_lower_case_letters_digits_and_underscores check (name ~ '^[a-z0-9_]+$' and char_length(name) <= 512),
    constraint category_is_known check (category in ('marketing', 'utility', 'authentication')),
    constraint parameters_are_known check (
        parameters <@ array['lead.name', 'lead.first_name', 'client.company_name', 'project.name', 'notification.text']
    ),
    constraint body_has_1_to_4096_characters check (btrim(body) <> '' and char_length(body) <= 4096),
    constraint language_is_a_code_such_as_pt_br check (language ~ '^[a-z]{2,3}(_[A-Za-z]{2,4})?$'),
    constraint parameters_are_at_most_20 check (cardinality(parameters) <= 20),
    constraint reason_has_at_most_500_characters check (char_length(reason) <= 500),
    constraint components_are_a_list_of_at_most_64_kilobytes check (jsonb_typeof(components) = 'array' and octet_length(components::text) <= 65536)
);
create index idx_message_templates_account on public.message_templates (client_id, channel_account_id);
comment on table public.message_templates is 'Messages the provider approved for writing first. {{1}} in body stands for the first of parameters.';
comment on column public.message_templates.channel_account_id is 'Whose template it is; null: any account''s of the client, until that account''s own list was fetched.';
comment on column public.message_templates.provider_id is 'The provider''s id of it.';
comment on column public.message_templates.reason is 'Why it is not approved, in the provider''s words.';
comment on column public.message_templates.components is 'Header, body, footer and buttons as the provider keeps them; null: written here, a body alone.';
comment on column public.message_templates.synced_at is 'As of when status, category and body are the provider''s word; null: never, they are what people wrote.';
