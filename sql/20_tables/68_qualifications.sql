create table public.qualifications (
    id uuid primary key default gen_random_uuid(),
    client_id uuid not null,
    lead_id uuid not null,
    conversation_id uuid,
    renus_config_id uuid,
    renus_config_version integer,
    status public.qualification_status not null default 'open',
    proposed jsonb not null default '{}',
    problems jsonb not null default '{}',
    answers jsonb not null default '{}',
    score numeric not null default 0,
    threshold numeric,
    reason text,
    decided_at timestamptz,
    settled_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (client_id, id),
    foreign key (client_id, lead_id) references public.leads (client_id, id) on delete cascade,
    foreign key (client_id, conversation_id) references public.conversations (client_id, id),
    foreign key (client_id, renus_config_id) references public.renus_config (client_id, id),
    constraint proposed_answers_are_an_object check (jsonb_typeof(proposed) = 'object' and octet_length(proposed::text) <= 65536),
    constraint answers_are_an_object check (jsonb_typeof(answers) = 'object'),
    constraint problems_are_an_object check (jsonb_typeof(problems) = 'object'),
    constraint decided_at_once_decided check ((decided_at is null) = (status = 'open')),
    constraint who_does_not_qualify_is_told_why check (status <> 'not_qualified' or reason is not null),
    constraint settled_after_decided check (settled_at is null or decided_at is not null)
);
create index idx_qualifications_client_id on public.qualifications (client_id, created_at);
create index idx_qualifications_lead_id on public.qualifications (client_id, lead_id, created_at);
create index idx_qualifications_conversation_id on public.qualifications (client_id, conversation_id);
create index idx_qualifications_renus_config_id on public.qualifications (client_id, renus_config_id);
create unique index a_lead_has_one_qualification_at_a_time on public.qualifications (lead_id) where status in ('open', 'qualified');
comment on table public.qualifications is
'What a lead that showed interest was asked, and whether that is enough: scored by private.qualification_verdict from the configuration of the agent that asked.';
comment on column public.qualifications.proposed is 'What the agent took from the lead''s messages in its last call of the tool: the only thing agents write.';
comment on column public.qualifications.problems is 'Why proposed answers are none, in the words the lead may read: {question key: sentence}.';
comment on column public.qualifications.answers is '{question key: {"status": answered | invalid | refused, "value", "quote"?, "tries"?, "turn"?}}.';
comment on column public.qualifications.renus_config_id is 'The agent whose questions they are, and renus_config_version the version it was last judged by.';
comment on column public.qualifications.reason is 'Why it is not enough; or why what should have followed did not, or why it was taken back.';
comment on column public.qualifications.settled_at is 'When a commit carried out what follows.';
