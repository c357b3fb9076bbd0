create table public.reports (
    id uuid primary key default gen_random_uuid(),
    client_id uuid not null references public.clients (id),
    kind public.report_kind not null,
    project_id uuid not null,
    interview_id uuid,
    status public.report_status not null default 'queued',
    stale boolean not null default true,
    statistics jsonb,
    summary text,
    markdown text,
    model text,
    usage jsonb,
    error jsonb,
    attempts integer not null default 0,
    due_at timestamptz not null default now(),
    task_id bigint,
    claim uuid,
    generated_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    foreign key (client_id, project_id) references public.projects (client_id, id),
    foreign key (client_id, interview_id) references public.interviews (client_id, id),
    constraint one_report_per_interview_and_one_per_project unique nulls not distinct (project_id, interview_id),
    constraint an_interview_report_names_its_interview check ((kind = 'interview') = (interview_id is not null)),
    constraint ready_reports_are_written check (status <> 'ready' or (statistics is not null and markdown is not null))
);
create index idx_reports_client_id on public.reports (client_id, created_at);
create index idx_reports_project_id on public.reports (client_id, project_id);
create index idx_reports_interview_id on public.reports (client_id, interview_id);
create index idx_reports_waiting on public.reports (client_id, due_at) where stale and task_id is null;
create index idx_reports_admitted on public.reports (client_id, due_at) where task_id is not null;
comment on table public.reports is 'Reports of interviews and of projects: figures by SQL, words by the model, kept as JSON (statistics) and Markdown.';
comment on column public.reports.stale is 'Something happened since it was written: it will be written again.';
