create table public.interview_answers (
    id uuid primary key default gen_random_uuid(),
    client_id uuid not null,
    interview_id uuid not null,
    question_key text not null,
    status public.answer_status not null,
    value jsonb,
    quote text,
    message_seq bigint,
    tries integer not null default 0,
    probes integer not null default 0,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint a_question_is_answered_once_per_interview unique (interview_id, question_key),
    foreign key (client_id, interview_id) references public.interviews (client_id, id) on delete cascade,
    constraint value_only_when_answered check ((value is not null) = (status = 'answered'))
);
create index idx_interview_answers_interview_id on public.interview_answers (client_id, interview_id);
comment on table public.interview_answers is 'What became of each question of an interview, with the lead''s own words (quote) and where they stand (message_seq).';
