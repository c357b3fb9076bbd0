create type public.failed_task_status as enum ('dead', 'replayed', 'resolved');
comment on type public.failed_task_status is 'Life of a dead letter.';
