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
    subject text not null default '',
    attempts jsonb not null default '[]',
    sender_client_id uuid,
    told_at timestamptz,
    constraint a_person_is_told_once unique (profile_id, client_id, event, subject),
    foreign key (client_id, interview_id) references public.interviews (client_id, id),
    constraint the_delivery_is_the_senders foreign key (sender_client_id, delivery_id) references public.deliveries (client_id, id),
    constraint event_is_a_word check (event ~ '^[a-z][a-z_]{0,62}$'),
    constraint skipped_and_failed_ones_have_a_reason check (status not in ('skipped', 'failed') or reason is not null),
    constraint a_delivery_has_its_sender check ((delivery_id is null) = (sender_client_id is null)),
    constraint attempts_are_a_list check (jsonb_typeof(attempts) = 'array')
);
create index idx_notifications_client_id on public.notifications (client_id, created_at);
create index idx_notifications_interview_id on public.notifications (client_id, interview_id);
create index idx_notifications_delivery_id on public.notifications (sender_client_id, delivery_id);
create index idx_notifications_to_send on public.notifications (profile_id, client_id, created_at) where status = 'queued';
create index idx_notifications_told on public.notifications (profile_id, client_id, told_at) where told_at is not null;
comment on table public.notifications is
'What a client''s people were told: one row for each event and person. Several may share one delivery, where many came at once.';
comment on column public.notifications.event is 'interview_completed, project_completed, person_needed, account_stopped, budget_reached, task_failed, …: private.notification_words has their words.';
comment on column public.notifications.subject is 'What the event is about: nobody is told twice of the same event about the same thing.';
comment on column public.notifications.attempts is
'The channels tried so far, in order: [{"channel", "delivery_id", "reason"}]. reason: why it did not get through; without a delivery_id nothing was sent by that channel.';
comment on column public.notifications.delivery_id is 'The delivery under way, or the one that got through.';
comment on column public.notifications.sender_client_id is
'Whose account sends: the client''s own, or the house client''s, where the client has none for that channel. The message and its delivery are the sender''s rows.';
comment on column public.notifications.told_at is 'When its first delivery was made, by private.now().';
