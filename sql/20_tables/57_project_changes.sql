create table private.project_changes (
    id bigint generated always as identity primary key,
    project_id uuid not null references public.projects (id) on delete cascade
);
create index idx_project_changes_project_id on private.project_changes (project_id);
comment on table private.project_changes is
'Projects whose figures changed. Only inserted into by commits, so that two of them never wait for one report row; the sweep empties it.';
