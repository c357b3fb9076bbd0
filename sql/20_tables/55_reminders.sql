create table public.reminders (
    id uuid primary key default gen_random_uuid(),
    client_id uuid not null references public.clients (id),
    interview_id uuid not null,
    step integer not null,
    channel public.channel,
    due_at timestamptz not null,
    status public.reminder_status not null default 'waiting',
    reason text,
    delivery_id uuid,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint an_interview_has_each_step_once unique (interview_id, step),
    foreign key (client_id, interview_id) references public.interviews (client_id, id),
    foreign key (client_id, delivery_id) references public.deliveries (client_id, id),
    constraint step_is_0_to_5 check (step between 0 and 5),
    constraint every_step_but_the_end_has_a_channel check ((step = 0) = (channel is null)),
    constraint skipped_and_cancelled_ones_have_a_reason check (status not in ('skipped', 'cancelled') or reason is not null)
);
create index idx_reminders_client_id on public.reminders (client_id, due_at);
create index idx_reminders_interview_id on public.reminders (client_id, interview_id);
create index idx_reminders_delivery_id on public.reminders (client_id, delivery_id);
create index idx_reminders_due on public.reminders (due_at) where status = 'waiting' and delivery_id is null;
comment on table public.reminders is
'The ladder of each invitation that went out: when the lead is reminded, by which channel, and when the interview expires. Made when the provider took the invitation, or could not.';
comment on column public.reminders.step is 'Which of projects.config.reminders, from 1. 0: the end of the ladder, when the interview expires.';
comment on column public.reminders.due_at is 'By private.now().';
comment on column public.reminders.delivery_id is 'What was sent, or is to be sent, for it.';
