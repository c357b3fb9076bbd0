create type public.project_status as enum ('draft', 'active', 'paused', 'completed');
comment on type public.project_status is 'Life of a project: only an active one invites.';
