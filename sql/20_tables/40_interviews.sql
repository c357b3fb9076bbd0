create table public.interviews (
    id uuid primary key default gen_random_uuid(),
    lead_id uuid not null,
    project_id uuid not null,
    status public.interview_status not null default 'pending',
    started_at timestamptz,
    completed_at timestamptz,
    metadata jsonb not null default '{}',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    client_id uuid not null references public.clients (id),
    end_reason public.end_reason,
    thread_id uuid,
    current_question text,
    invited_at timestamptz,
    unique (client_id, id),
    constraint a_lead_is_interviewed_once_per_project unique (project_id, lead_id),
    foreign key (client_id, lead_id) references public.leads (client_id, id),
    foreign key (client_id, project_id) references public.projects (client_id, id),
    foreign key (client_id, thread_id) references private.threads (client_id, id),
    constraint metadata_is_an_object check (jsonb_typeof(metadata) = 'object'),
    constraint completed_at_only_when_completed check ((completed_at is not null) = (status = 'completed')),
    constraint end_reason_only_when_ended check ((end_reason is not null) = (status in ('completed', 'cancelled'))),
    constraint completed_is_the_reason_of_completed_ones check ((end_reason = 'completed') = (status = 'completed') or end_reason is null),
    constraint started_at_once_in_progress check (status not in ('in_progress', 'completed') or started_at is not null)
);
create index idx_interviews_lead_id on public.interviews (lead_id);
create index idx_interviews_status on public.interviews (status);
create index idx_interviews_client_lead on public.interviews (client_id, lead_id);
create index idx_interviews_client_project on public.interviews (client_id, project_id);
create index idx_interviews_thread_id on public.interviews (client_id, thread_id);
create index idx_interviews_to_invite on public.interviews (project_id, created_at, id) where status = 'pending' and invited_at is null;
create index idx_interviews_running on public.interviews (project_id, lead_id) where status in ('pending', 'in_progress');
comment on table public.interviews is 'One lead''s interview in one project.';
comment on column public.interviews.current_question is 'Key of the question last put to the lead; null while only the invitation went out.';
comment on column public.interviews.invited_at is 'When the invitation was made. A second survey of a lead waits for the first to end.';

alter table private.threads
add constraint the_live_interview_is_of_the_same_client
foreign key (client_id, interview_id) references public.interviews (client_id, id);
create index idx_threads_interview_id on private.threads (client_id, interview_id);
