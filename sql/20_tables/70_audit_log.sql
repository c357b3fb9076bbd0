create table public.audit_log (
    id uuid primary key default gen_random_uuid(),
    client_id uuid references public.clients (id),
    actor_id uuid,
    action text not null,
    subject_type text not null,
    subject_id uuid not null,
    details jsonb not null default '{}',
    at timestamptz not null default clock_timestamp(),
    constraint action_is_a_word check (action ~ '^[a-z][a-z_]{0,62}$'),
    constraint subject_type_is_a_word check (subject_type ~ '^[a-z][a-z_]{0,62}$'),
    constraint details_is_an_object check (jsonb_typeof(details) = 'object')
);
create index idx_audit_log_client_id on public.audit_log (client_id, at);
create index idx_audit_log_subject on public.audit_log (subject_id, at);
comment on table public.audit_log is
'Who did what to what, for good: written by private.audit, never changed. Ids and figures only: what a person said or is called is not in it, so that an erasure has nothing to find here.';
comment on column public.audit_log.client_id is 'Whose matter it is; null: RENUM''s own.';
comment on column public.audit_log.actor_id is 'The person (profiles.id; stays when the person has gone); null: the engine.';
