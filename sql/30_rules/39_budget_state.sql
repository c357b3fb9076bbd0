create or replace function private.budget_state(spent numeric, amount numeric, warn_at_percent integer) returns public.budget_state
language sql immutable set search_path = ''
as $$
    select case when spent >= amount then 'reached' when spent * 100 >= amount * warn_at_percent then 'warned' else 'open' end::public.budget_state;
$$;
comment on function private.budget_state(numeric, numeric, integer) is 'How far a budget is used.';
