grant select on public.usage_summary to authenticated, service_role;
