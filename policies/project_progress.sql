grant select on public.project_progress to authenticated, service_role;
