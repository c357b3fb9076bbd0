create table public.notifications (
    id uuid primary key default gen_random_uuid(),
    client_id uuid not null references public.clients (id),
    profile_id uuid not null references public.profiles (id) on delete cascade,
    event text not null,
    interview_id uuid,
    text text not null,
    status public.notification_status not null default 'queued',
    reason text,
    delivery_id uuid,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint a_person_is_told_once unique (profile_id, event, interview_id),
    foreign key (client_id, interview_id) references public.interviews (client_id, id),
    foreign key (client_id, delivery_id) references public.deliveries (client_id, id),
    constraint event_is_known check (event in ('interview_completed', 'account_stopped', 'person_needed')),
    constraint skipped_and_failed_ones_have_a_reason check (status not in ('skipped', 'failed') or reason is not null)
);
create index idx_notifications_client_id on public.notifications (client_id, created_at);
create index idx_notifications_interview_id on public.notifications (client_id, interview_id);
create index idx_notifications_delivery_id on public.notifications (client_id, delivery_id);
create index idx_notifications_to_send on public.notifications (created_at) where status = 'queued' and delivery_id is null;
comment on table public.notifications is 'What a client''s people were told: one row for each event and person.';
