create table public.callbacks (
    id uuid primary key default gen_random_uuid(),
    client_id uuid not null,
    lead_id uuid not null,
    due_at timestamptz not null,
    note text,
    status public.callback_status not null default 'open',
    told_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    foreign key (client_id, lead_id) references public.leads (client_id, id) on delete cascade,
    constraint note_has_at_most_1000_characters check (char_length(note) <= 1000),
    constraint due_at_is_in_this_century check (due_at >= '2000-01-01' and due_at < '2100-01-01')
);
create index idx_callbacks_client_id on public.callbacks (client_id, due_at);
create index idx_callbacks_lead_id on public.callbacks (client_id, lead_id);
create index idx_callbacks_untold on public.callbacks (due_at) where status = 'open' and told_at is null;
create unique index a_lead_has_one_open_callback on public.callbacks (lead_id) where status = 'open';
comment on table public.callbacks is 'Leads who asked to be called back, and when. Made by agents'' tools, settled by people.';
comment on column public.callbacks.told_at is 'When the owners were told that it is due.';
