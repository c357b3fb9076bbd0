create type public.client_plan as enum ('basic', 'pro', 'enterprise');
comment on type public.client_plan is 'What a client pays for.';
