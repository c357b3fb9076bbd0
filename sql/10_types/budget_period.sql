create type public.budget_period as enum ('month', 'total');
comment on type public.budget_period is 'month: begins anew with every month in São Paulo. total: for ever.';
