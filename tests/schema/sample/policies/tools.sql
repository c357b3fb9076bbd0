alter table public.tools enable row level security;
alter table public.tools force row level security;
