create type public.interview_status as enum ('pending', 'in_progress', 'completed', 'cancelled');
comment on type public.interview_status is 'Life of an interview.';
