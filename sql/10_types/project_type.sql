create type public.project_type as enum ('survey', 'campaign', 'support');
comment on type public.project_type is 'What a project is for.';
