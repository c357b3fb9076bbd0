create type public.end_reason as enum ('completed', 'opted_out', 'expired', 'cancelled', 'handed_over');
comment on type public.end_reason is 'Why an interview ended.';
