create type public.budget_state as enum ('open', 'warned', 'reached');
comment on type public.budget_state is 'How far a budget is used: in the order of severity.';
