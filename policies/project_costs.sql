grant select on public.project_costs to authenticated, service_role;
